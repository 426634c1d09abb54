import Archive
import JournalFormat
import MarketModel

/// A recording that replaces one that is gone or cannot take its messages.
///
/// Its session, feeds and connections are those of the lost recording, as far as the journal has them.
struct SuccessorFile {
    private let directory: String
    private let lock: ArchiveLock
    private let programVersion: String
    private let fileSystem: any FileSystem

    init(directory: String, lock: ArchiveLock, _ programVersion: String, _ fileSystem: any FileSystem) {
        self.directory = directory
        self.lock = lock
        self.programVersion = programVersion
        self.fileSystem = fileSystem
    }

    /// Begins the file with rows for `connections`, all of one lost recording; the rows have the journal positions from
    /// which to continue.
    func begin(
        for connections: [JournalSurvey.Connection],
        stored: StoredPositions
    ) async throws -> (file: String, known: [JournaledConnection]) {
        let tsFirst = connections.compactMap(\.tsFirst).min() ?? UnixNanoseconds(0)
        let file = try RecordingName.next(in: directory, day: tsFirst.utcDay)
        let writer = try ArchiveWriter.open(file: file, lock: lock, fileSystem: fileSystem)
        do {
            let known = try await addRows(for: connections, stored, to: writer)
            await writer.close()
            return (file, known)
        } catch {
            await writer.close()
            throw error
        }
    }

    private func addRows(
        for connections: [JournalSurvey.Connection],
        _ stored: StoredPositions,
        to writer: ArchiveWriter
    ) async throws -> [JournaledConnection] {
        let sessionID = try await writer.beginSession(
            SessionStart(
                kind: .record,
                tsStart: connections.compactMap { $0.place?.origin?.tsBegun }.min() ?? UnixNanoseconds(0),
                host: nil,
                programVersion: programVersion,
                configuration: "{}"
            )
        )
        var feedIDs: [Int64: Int64] = [:]
        var known: [JournaledConnection] = []
        for connection in connections {
            guard let place = connection.place, let origin = place.origin else { continue }
            let feedID: Int64
            if let existing = feedIDs[place.feedID] {
                feedID = existing
            } else {
                feedID = try await writer.addFeed(FeedRow(sessionID: sessionID, place, origin))
                feedIDs[place.feedID] = feedID
            }
            let position =
                stored[connection.key] ?? JournalPosition(received: origin.received, sent: origin.sent)
            var opened = ConnectionOpened(feedID: feedID, tsOpened: connection.tsOpened ?? UnixNanoseconds(0))
            opened.journalKey = connection.key
            opened.journalPosition = position
            known.append(
                JournaledConnection(
                    connectionID: try await writer.openConnection(opened),
                    feedID: feedID,
                    key: connection.key,
                    position: position
                )
            )
        }
        return known
    }

    /// Ends the session of `file` like that of a killed recorder; returns the number of ended sessions.
    func end(_ file: String, countsSessions: Bool) async throws -> Int {
        let writer = try ArchiveWriter.open(file: file, lock: lock, fileSystem: fileSystem)
        do {
            let count = try await writer.endKilledSessions()
            if countsSessions { try await writer.countKilledSessions() }
            await writer.close()
            return count
        } catch {
            await writer.close()
            throw error
        }
    }
}

extension SuccessorFile {
    /// Ends the session of `file`, whose feeds continue in the next one: without a gap and without journal keys.
    func endRestored(_ file: String) async throws {
        let writer = try ArchiveWriter.open(file: file, lock: lock, fileSystem: fileSystem)
        do {
            _ = try await writer.endKilledSessions(opensGaps: false)
            try await writer.forgetJournalKeys()
            await writer.close()
        } catch {
            await writer.close()
            throw error
        }
    }
}

extension FeedRow {
    fileprivate init(sessionID: Int64, _ place: JournalConnection, _ origin: JournalConnection.Origin) {
        self.init(
            sessionID: sessionID,
            name: origin.feedName,
            venue: place.venue,
            url: origin.url,
            subscription: origin.subscription.isEmpty ? nil : origin.subscription
        )
    }
}
