import Archive
import JournalFormat
import MarketModel

/// Restores what is still in the journal of a recording that was deleted while it was being written.
///
/// The feeds capture nothing meanwhile. The messages that they captured are in the journal, and later messages are not
/// touched.
struct LostRecording {
    let recordingID: String
    let directory: String
    let lock: ArchiveLock
    let zones: ZoneLookup
    let programVersion: String
    let fileSystem: any FileSystem
    var commits: CommitStream?

    /// What was restored.
    struct Outcome {
        /// The file with the restored messages.
        var file: String
        var messages: Int64
        /// The feeds of the lost recording that have restored messages.
        var feedIDs: Set<Int64>
    }

    /// Restores the messages, up to `limits` for open connections; returns `nil` if the journal has none.
    func restore(upTo limits: [UInt64: JournalPosition]) async throws -> Outcome? {
        let scan = try JournalScan(archive: directory, fileSystem: fileSystem)
        let survey = JournalSurvey(scan)
        let own = survey.unfinished.filter { connection in
            connection.place?.origin?.recordingID == recordingID
                && limits[connection.key].map { $0 != JournalPosition() } ?? true
        }
        guard !own.isEmpty else { return nil }
        let successor = SuccessorFile(directory: directory, lock: lock, programVersion, fileSystem)
        let none = StoredPositions(of: [], in: directory)
        let (file, known) = try await successor.begin(for: own, stored: none)
        var fold = FeedFold(file: file, isSuccessor: true, lock: lock, scan, survey, zones, fileSystem)
        fold.limits = limits
        fold.commits = commits
        let folded = try await fold.run(own, known: known)
        try await successor.endRestored(file)
        return Outcome(
            file: file,
            messages: folded.messages,
            feedIDs: Set(own.compactMap(\.place?.feedID))
        )
    }
}
