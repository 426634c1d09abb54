/// Handles the write-ahead log of a deleted recording.
package enum OrphanLog {
    /// Moves the log of the deleted recording at `path` to `NAME.lost-wal`, and removes its index.
    ///
    /// Returns the new path of the log; `nil` if the recording exists or has no log.
    package static func setAside(
        of path: String,
        fileSystem: any FileSystem = SystemFileSystem()
    ) throws(ArchiveError) -> String? {
        guard !FilePath.isTaken(path) else { return nil }
        try fileSystem.unlink(path + "-shm")
        let log = path + "-wal"
        guard FilePath.bytes(of: log) > 0 else {
            try fileSystem.unlink(log)
            return nil
        }
        let aside = FilePath.untaken(path + ".lost-wal")
        try fileSystem.rename(log, to: aside)
        return aside
    }
}
