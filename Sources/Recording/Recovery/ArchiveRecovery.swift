package import Archive
import BarBuilding
import JournalFormat
package import MarketModel
import Venues

/// Finishes the work of a killed recorder: folds its journal into the recordings and ends its sessions.
///
/// Each transaction stores, with its rows, how far into the journal they reach, and segments are removed only after the
/// last transaction. If recovery is killed, it is repeated from where it was. It runs under the archive's lock.
///
/// Messages whose recording is gone, or cannot take them, go into another file. If that fails too, their segments are
/// set aside, so that they block neither a recorder nor a reader.
package struct ArchiveRecovery: Sendable {
    private let directory: String
    private let lock: ArchiveLock
    private let zones: ZoneLookup
    private let countsSessions: Bool
    private let programVersion: String
    private let fileSystem: any FileSystem
    /// Gets the committed data if the recording has a follower.
    package var commits: CommitStream?
    /// How many of the newest recordings may have connections of the journal: two, after a kill during a rotation.
    private static let filesMax = 2

    /// Creates a recovery; `zones` finds the time zone of a broker's clock, if a feed was recorded with one.
    ///
    /// Counting what killed sessions have stored reads their recordings completely, so a recorder does it later.
    package init(
        directory: String,
        lock: ArchiveLock,
        zones: @escaping ZoneLookup,
        countsSessions: Bool = true,
        programVersion: String = "unknown",
        fileSystem: any FileSystem = SystemFileSystem()
    ) {
        self.directory = directory
        self.lock = lock
        self.zones = zones
        self.countsSessions = countsSessions
        self.programVersion = programVersion
        self.fileSystem = fileSystem
    }

    /// True if a killed recorder left a journal, or if one is running, which the archive's lock shows.
    package static func isJournalPresent(in directory: String) throws(ArchiveError) -> Bool {
        try !JournalScan(archive: directory).isEmpty
    }

    /// Runs the recovery; a second call finds nothing to do.
    package func run() async throws -> RecoveryReport {
        let scan = try JournalScan(archive: directory, fileSystem: fileSystem)
        let survey = JournalSurvey(scan)
        var report = RecoveryReport()
        report.damages = survey.damages.map(\.description)
        var connections = survey.unfinished
        for file in try candidates(survey) {
            do {
                try await recover(file, scan, survey, &connections, &report)
            } catch let error as ArchiveError where error.isOfOneFile {
                // Its messages go into another file.
                report.warnings.append("\(error)")
            } catch let error as ArchiveError where error.code == .busy && connections.isEmpty {
                // A reader has it open. Its sessions are completed later.
                continue
            }
        }
        try await storeUnclaimed(&connections, scan, survey, &report)
        var kept = survey.unreadable
        for connection in connections {
            report.strayMessages += connection.messageCount
            kept.formUnion(connection.segments)
        }
        try setLogsAside(&report)
        report.asideDirectory = try scan.remove(settingAside: kept)
        return report
    }

    /// Moves away the logs of deleted recordings whose messages other files have now.
    private func setLogsAside(_ report: inout RecoveryReport) throws(ArchiveError) {
        for file in report.replacedFiles {
            let path = FilePath.joined(directory, FilePath.lastComponent(of: file))
            guard let aside = try OrphanLog.setAside(of: path, fileSystem: fileSystem) else { continue }
            report.warnings.append(
                "the write-ahead log of '\(file)', which was deleted, is not read; it was renamed to "
                    + "'\(FilePath.lastComponent(of: aside))'"
            )
        }
    }

    /// Recordings that may take messages, the newest first: if two have a connection, the newer one continues it.
    private func candidates(_ survey: JournalSurvey) throws(ArchiveError) -> [String] {
        let unsealed = try OwnRecordings.unsealed(in: directory)
        let named = Set(survey.connections.compactMap(\.place?.file))
        return unsealed.enumerated().reversed().filter { index, path in
            index >= unsealed.count - Self.filesMax || named.contains(FilePath.lastComponent(of: path))
        }.map(\.element)
    }

    /// Recovers one recording, and removes its connections from `connections`.
    private func recover(
        _ file: String,
        _ scan: JournalScan,
        _ survey: JournalSurvey,
        _ connections: inout [JournalSurvey.Connection],
        _ report: inout RecoveryReport
    ) async throws {
        let writer = try ArchiveWriter.open(file: file, lock: lock, fileSystem: fileSystem)
        do {
            let known = try await writer.journaledConnections()
            let reader = try ArchiveReader(path: file)
            let (identity, feeds) = (try reader.identity(), try reader.feeds())
            let own = connections.filter { connection in
                known.contains { $0.key == connection.key }
                    || connection.place?.belongs(to: file, identity, feeds) == true
            }
            var fold = FeedFold(file: file, lock: lock, scan, survey, zones, fileSystem)
            fold.commits = commits
            let folded = try await fold.run(own, known: known)
            connections.removeAll { folded.keys.contains($0.key) }
            if folded.messages > 0 { report.files.append(file) }
            report.messages += folded.messages
            report.killedSessions += try await writer.endKilledSessions()
            if countsSessions { try await writer.countKilledSessions() }
        } catch {
            await writer.close()
            throw error
        }
        await writer.close()
    }

    /// Stores messages that no recording took in new files, and removes them from `connections`.
    private func storeUnclaimed(
        _ connections: inout [JournalSurvey.Connection],
        _ scan: JournalScan,
        _ survey: JournalSurvey,
        _ report: inout RecoveryReport
    ) async throws {
        while !connections.isEmpty {
            let stored = StoredPositions(of: Set(connections.map(\.key)), in: directory)
            connections.removeAll { stored.cover($0) }
            do {
                return try await storeUnclaimed(&connections, stored, scan, survey, &report)
            } catch let error as ArchiveError where error.code == .fileTooLarge {
                // A file is full. If it took anything at all, another file takes the rest.
                guard StoredPositions(of: Set(connections.map(\.key)), in: directory) != stored else { throw error }
            }
        }
    }

    private func storeUnclaimed(
        _ connections: inout [JournalSurvey.Connection],
        _ stored: StoredPositions,
        _ scan: JournalScan,
        _ survey: JournalSurvey,
        _ report: inout RecoveryReport
    ) async throws {
        let recordingIDs = connections.compactMap(\.place?.origin?.recordingID)
        for recordingID in Set(recordingIDs).sorted() {
            let own = connections.filter { connection in
                connection.place?.origin?.recordingID == recordingID
                    && connection.place.flatMap { Venue(named: $0.venue) } != nil
            }
            guard !own.isEmpty else { continue }
            let successor = SuccessorFile(directory: directory, lock: lock, programVersion, fileSystem)
            let (file, known) = try await successor.begin(for: own, stored: stored)
            var fold = FeedFold(file: file, isSuccessor: true, lock: lock, scan, survey, zones, fileSystem)
            fold.commits = commits
            let folded = try await fold.run(own, known: known)
            connections.removeAll { folded.keys.contains($0.key) }
            report.files.append(file)
            report.messages += folded.messages
            report.killedSessions += try await successor.end(file, countsSessions: countsSessions)
            report.replacedFiles += Set(own.compactMap(\.place?.file)).sorted()
        }
    }
}

extension JournalConnection {
    /// True if its messages belong into the recording at `path`.
    fileprivate func belongs(to path: String, _ identity: RecordingIdentity?, _ feeds: [FeedRow]) -> Bool {
        guard feeds.contains(where: { $0.feedID == feedID && $0.venue == venue }) else { return false }
        if let origin, let identity { return origin.recordingID == identity.recordingID }
        return file == FilePath.lastComponent(of: path)
    }
}

extension ArchiveError {
    /// True for a failure that is specific to one file.
    fileprivate var isOfOneFile: Bool {
        switch code {
        case .corrupted, .notARecording, .newerSchema, .notFound, .database, .permissionDenied, .fileTooLarge: true
        default: false
        }
    }
}
