package import Archive
import BarBuilding
import JournalFormat
import MarketModel
import Venues

/// Finishes what a recorder began that was killed: folds its journal into the recordings and ends its sessions.
///
/// Each transaction says with its rows how far into the journal they go, and segments are removed only after the last of
/// them: recovery may be killed itself and is repeated from where it was. It runs under the archive's lock.
///
/// Messages whose recording is gone, or cannot take them, go into another file. If not even that is possible, their
/// segments are set aside, so that they stop neither a recorder nor a reader.
package struct ArchiveRecovery: Sendable {
    private let directory: String
    private let lock: ArchiveLock
    private let zones: ZoneLookup
    private let countsSessions: Bool
    private let programVersion: String
    private let fileSystem: any FileSystem
    /// How many of the newest recordings may know the connections of the journal: the last two, of a kill at a seam.
    private static let filesMax = 2

    /// `zones` finds the zone of a broker's clocks that a feed was recorded with.
    ///
    /// Counting what killed sessions have stored means reading their recordings whole; a recorder does it later.
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

    /// True where a dead recorder left a journal, or one is still alive, which the archive's lock tells.
    package static func isJournalPresent(in directory: String) throws(ArchiveError) -> Bool {
        try !JournalScan(archive: directory).isEmpty
    }

    /// Recovers; a second call finds nothing to do.
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
                // Somebody reads it. What its sessions lack is made up for later.
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

    /// Takes the logs of deleted recordings away, whose messages other files have now.
    private func setLogsAside(_ report: inout RecoveryReport) throws(ArchiveError) {
        for file in report.replacedFiles {
            let path = FilePath.joined(directory, FilePath.lastComponent(of: file))
            guard let aside = try OrphanLog.setAside(of: path, fileSystem: fileSystem) else { continue }
            report.warnings.append(
                "the write-ahead log of '\(file)', which was deleted, is '\(FilePath.lastComponent(of: aside))' now; "
                    + "it is not read"
            )
        }
    }

    /// Recordings that may take messages, the newest first: of two that know a connection the newer one goes on with it.
    private func candidates(_ survey: JournalSurvey) throws(ArchiveError) -> [String] {
        let unsealed = try OwnRecordings.unsealed(in: directory)
        let named = Set(survey.connections.compactMap(\.place?.file))
        return unsealed.enumerated().reversed().filter { index, path in
            index >= unsealed.count - Self.filesMax || named.contains(FilePath.lastComponent(of: path))
        }.map(\.element)
    }

    /// Recovers one recording, and takes out of `connections` those that belong to it.
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
            let fold = FeedFold(file: file, lock: lock, scan, survey, zones, fileSystem)
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

    /// Stores what no recording took in files of their own, and takes it out of `connections`.
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
                // A file is full. If it took anything at all, yet another one takes the rest.
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
                    && connection.place.flatMap { Venue(rawValue: $0.venue) } != nil
            }
            guard !own.isEmpty else { continue }
            let successor = SuccessorFile(directory: directory, lock: lock, programVersion, fileSystem)
            let (file, known) = try await successor.begin(for: own, stored: stored)
            let fold = FeedFold(file: file, isSuccessor: true, lock: lock, scan, survey, zones, fileSystem)
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
    /// True for a failure that another file would not have.
    fileprivate var isOfOneFile: Bool {
        switch code {
        case .corrupted, .notARecording, .newerSchema, .notFound, .database, .permissionDenied, .fileTooLarge: true
        default: false
        }
    }
}
