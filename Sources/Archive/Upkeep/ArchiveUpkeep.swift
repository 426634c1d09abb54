import Glibc

/// The right to change recordings of a directory that are not being written, even while a recorder runs there.
///
/// Only one process at a time has it, by a lock on `.upkeep`. If no recorder is running, this also holds the writer's
/// lock, so that none starts meanwhile, and every recording may be changed. While a recorder runs, the newest recording
/// and any recording with a write-ahead log must not be changed.
final class ArchiveUpkeep {
    let directory: String
    private let descriptor: Int32
    private let lock: ArchiveLock?

    /// - Throws: ``ArchiveError/Code/busy`` if another process has the right.
    init(directory: String) throws(ArchiveError) {
        self.directory = directory
        let path = FilePath.joined(directory, ".upkeep")
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FilePath.failure("write to", directory, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw ArchiveError(
                code: .busy,
                path: directory,
                detail: "'\(directory)' is being compacted, pruned, rebuilt or repaired by another feedrec",
                hint: "wait until it has ended"
            )
        }
        self.descriptor = descriptor
        do throws(ArchiveError) {
            lock = try ArchiveLock(directory: directory)
        } catch  where error.code == .busy {
            lock = nil
        }
    }

    deinit { close(descriptor) }

    /// True while a recorder or an import runs in the directory.
    var isBeingWritten: Bool { lock == nil }

    /// True if the recording may be open for writing at present.
    func isWritten(_ path: String) -> Bool {
        guard lock == nil else { return false }
        if case .file(let bytes) = FilePath.kind(of: path + "-wal"), bytes > 0 { return true }
        let names = (try? FilePath.names(in: directory)) ?? []
        return names.last { $0.hasSuffix(ArchiveLocation.fileExtension) } == FilePath.name(of: path)
    }

    func checkNotWritten(_ path: String) throws(ArchiveError) {
        guard isWritten(path) else { return }
        throw ArchiveError(
            code: .busy,
            path: path,
            detail: "'\(path)' is being written",
            hint: "stop the recorder first"
        )
    }

    /// Folds the write-ahead log of a killed writer into its recording.
    func foldLog(of path: String) throws(ArchiveError) {
        guard let lock, case .file(let bytes) = FilePath.kind(of: path + "-wal"), bytes > 0 else { return }
        _ = lock
        let database = try RecordingFile.openForWriting(path)
        do {
            try database.run { handle in
                try WriterConnection(handle: handle, path: path, fileSystem: SystemFileSystem()).finish()
            }
            try database.close(path: path)
        } catch {
            throw ArchiveError(error, action: "open", path: path)
        }
    }
}
