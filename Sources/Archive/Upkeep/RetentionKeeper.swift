package import MarketModel

/// Prunes an archive time and again beside the recorder that writes it.
///
/// The work is done on a thread of its own. What the recorder writes is left alone, see ``ArchivePruner``, and so are copies
/// of recordings that people made.
package final class RetentionKeeper: Sendable {
    private let directory: String
    private let policy: RetentionPolicy
    private let programVersion: String
    private let interruption = Interruption()

    package init(directory: String, policy: RetentionPolicy, programVersion: String) {
        self.directory = directory
        self.policy = policy
        self.programVersion = programVersion
    }

    /// Prunes what is over its limit at `now`; returns what lost something.
    ///
    /// - Throws: `ArchiveError`; ``ArchiveError/Code/interrupted`` after ``stop()``. What was done until then is done.
    package func prune(at now: UnixNanoseconds) async throws(ArchiveError) -> [PruneOutcome] {
        let stamp = UpkeepStamp(now: now, programVersion: programVersion)
        let (directory, policy, interruption) = (directory, policy, interruption)
        return try await BackgroundWork.run { () throws(ArchiveError) in
            let pruner = ArchivePruner(policy, stamp, fileSystem: SystemFileSystem(), interruption: interruption)
            let files = try ArchiveLocation(directory).files
            let copies = OwnRecordings.copies(among: files)
            return try pruner.prune(files.filter { !copies.contains($0) }).filter { !$0.tiers.isEmpty && !$0.isWritten }
        }
    }

    /// Ends the work that is going on as soon as possible, and lets none begin.
    package func stop() {
        interruption.request()
    }
}
