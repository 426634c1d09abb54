import Archive
import Synchronization

/// Finds recordings that appear in an archive while it is being read, such as a recorder's next file.
final class NewRecordings: Sendable {
    private let paths: [String]
    /// Paths that have been read or reported.
    private let known: Mutex<Set<String>>

    init(paths: [String], known location: ArchiveLocation) {
        self.paths = paths
        known = Mutex(Set(location.files + location.findings.map(\.path)))
    }

    /// Returns the recordings that are new since the last call.
    ///
    /// Files are opened only if there is a new name.
    ///
    /// - Throws: `ArchiveError` if the directory cannot be read.
    func find() throws -> [String] {
        let seen = known.withLock(\.self)
        guard try ArchiveLocation.names(paths).contains(where: { !seen.contains($0) }) else { return [] }
        let location = try ArchiveLocation(paths)
        for finding in location.findings where !seen.contains(finding.path) {
            ArchiveNotice.warn(of: finding)
        }
        known.withLock { $0.formUnion(location.files + location.findings.map(\.path)) }
        return location.files.filter { !seen.contains($0) }
    }
}
