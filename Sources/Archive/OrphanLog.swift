/// The write-ahead log of a recording that was deleted.
package enum OrphanLog {
    /// Takes the log of the deleted recording at `path` out of the way of other files, to `NAME.lost-wal`, and removes its
    /// index.
    ///
    /// Returns the new path of the log; `nil` if the recording is there, or has no log.
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
