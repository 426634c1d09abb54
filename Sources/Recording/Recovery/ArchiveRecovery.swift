package import Archive
import BarBuilding
import JournalFormat
import MarketModel
import Venues

/// What recovery found and did.
package struct RecoveryReport: Sendable, Hashable {
    /// Messages that were in the journal only.
    package var messages: Int64 = 0
    /// Recordings that got them.
    package var files: [String] = []
    package var killedSessions = 0
    /// What of the journal was not whole, one line each.
    package var damages: [String] = []
    /// Messages that no recording could take, since the journal does not say where they belong.
    package var strayMessages: Int64 = 0

    package init() {}

    package var isEmpty: Bool { self == RecoveryReport() }
}

/// Finishes what a recorder began that was killed: folds its journal into the recordings and ends its sessions.
///
/// Each transaction says with its rows how far into the journal they go, and segments are removed only after the last of
/// them: recovery may be killed itself and is repeated from where it was. It runs under the archive's lock.
package struct ArchiveRecovery: Sendable {
    private let directory: String
    private let lock: ArchiveLock
    private let zones: ZoneLookup
    private let countsSessions: Bool
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
        fileSystem: any FileSystem = SystemFileSystem()
    ) {
        self.directory = directory
        self.lock = lock
        self.zones = zones
        self.countsSessions = countsSessions
        self.fileSystem = fileSystem
    }

    /// True where a dead recorder left a journal, or one is still alive, which the archive's lock tells.
    package static func isJournalPresent(in directory: String) throws(ArchiveError) -> Bool {
        try !JournalScan(archive: directory).isEmpty
    }

    /// Recovers; a second call finds nothing to do.
    package func run() async throws -> RecoveryReport {
        let scan = try JournalScan(archive: directory, fileSystem: fileSystem)
        let survey = try JournalSurvey(scan)
        var report = RecoveryReport()
        report.damages = survey.damages.map(\.description)
        var connections = survey.connections.filter { !$0.isEmpty }
        for file in try candidates(survey) {
            let writer: ArchiveWriter
            do throws(ArchiveError) {
                writer = try ArchiveWriter.open(file: file, lock: lock, fileSystem: fileSystem)
            } catch {
                // Somebody reads it. What its sessions lack is made up for later; messages would have to be folded in now.
                if error.code == .busy, connections.isEmpty { continue }
                throw error
            }
            do {
                try await recover(file, writer, scan, survey, &connections, &report)
            } catch {
                await writer.close()
                throw error
            }
            await writer.close()
        }
        for connection in connections { report.strayMessages += Int64(connection.last - connection.first + 1) }
        // Better two copies than none: what nobody took stays.
        if connections.isEmpty { try scan.remove() }
        return report
    }

    /// Recordings that may take messages, the newest first: of two that know a connection the newer one goes on with it.
    private func candidates(_ survey: JournalSurvey) throws(ArchiveError) -> [String] {
        let unsealed = try RecordingName.unsealed(in: directory)
        let named = Set(survey.connections.compactMap(\.place?.file))
        return unsealed.enumerated().reversed().filter { index, path in
            index >= unsealed.count - Self.filesMax || named.contains(FilePath.lastComponent(of: path))
        }.map(\.element)
    }

    /// Recovers one recording, and takes out of `connections` those that belong to it.
    private func recover(
        _ file: String,
        _ writer: ArchiveWriter,
        _ scan: JournalScan,
        _ survey: JournalSurvey,
        _ connections: inout [JournalSurvey.Connection],
        _ report: inout RecoveryReport
    ) async throws {
        let known = Dictionary(
            try await writer.journaledConnections().map { ($0.key, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let name = FilePath.lastComponent(of: file)
        let own = connections.filter { known[$0.key] != nil || $0.place?.file == name }
        let feedIDs = Set(own.compactMap { known[$0.key]?.feedID ?? $0.place?.feedID }).sorted()
        let messagesBefore = report.messages
        let readings = try FeedReadings(ArchiveReader(path: file), zones)
        for feedID in feedIDs {
            let ofFeed = own.filter { (known[$0.key]?.feedID ?? $0.place?.feedID) == feedID }
            guard let place = ofFeed.compactMap(\.place).last, let venue = Venue(rawValue: place.venue) else {
                continue
            }
            let folder = try await JournalFolder(
                writer: try ArchiveWriter.open(file: file, lock: lock, fileSystem: fileSystem),
                feedID: feedID,
                venue: venue,
                reading: try readings[feedID],
                barIntervals: place.bars.split(separator: ",").compactMap { BarInterval(text: String($0)) },
                connections: ofFeed,
                known: known,
                survey: survey
            )
            report.messages += try await folder.fold(scan)
            connections.removeAll { connection in ofFeed.contains { $0.key == connection.key } }
        }
        if report.messages > messagesBefore { report.files.append(file) }
        report.killedSessions += try await writer.endKilledSessions()
        if countsSessions { try await writer.countKilledSessions() }
    }
}
