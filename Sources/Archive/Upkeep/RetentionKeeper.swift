package import MarketModel

/// Prunes an archive repeatedly while a recorder writes to it.
///
/// The work runs on a thread of its own. It skips recordings that are being written, see ``ArchivePruner``, and copies
/// of recordings that users made.
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

    /// Prunes what is over its limit at `now`; returns an outcome for each recording that lost data.
    ///
    /// - Throws: `ArchiveError`; ``ArchiveError/Code/interrupted`` after ``stop()``. Recordings done before that stay
    ///   pruned.
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

    /// Interrupts running work as soon as possible, and prevents any more.
    package func stop() {
        interruption.request()
    }
}
