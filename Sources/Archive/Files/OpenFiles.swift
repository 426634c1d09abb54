import Glibc
import Synchronization

/// What happened to a recording while it was being written.
package enum RecordingLoss: Hashable, Sendable {
    /// The file was deleted: what was stored in it is gone.
    case deleted
    /// The file was cut short: what was stored in it is damaged.
    case cut
    /// The file was renamed, or another file has its name. The recording is complete.
    case moved
    /// The write-ahead log or its index was deleted. The recording is complete.
    case logDeleted

    /// True if what was stored can no longer be read.
    package var isStoredDataGone: Bool { self == .deleted || self == .cut }
}

/// Detects whether the paths of a recording that is being written still lead to its files.
///
/// SQLite keeps its files open, and writes to a deleted file without an error.
final class OpenFiles: Sendable {
    private let path: String
    private let stamp: FileStamp?
    /// The write-ahead log and its index, by their suffixes.
    private let companions: [(suffix: String, stamp: FileStamp)]
    /// Refers to the file even if it is renamed or deleted.
    ///
    /// It is opened with `O_PATH`, because closing a normal descriptor would release SQLite's locks on the file.
    private let descriptor: Int32
    private let bytesMax: Atomic<Int>

    /// Examines the files of the recording at `path`, which SQLite has just opened.
    init(_ path: String) {
        self.path = path
        stamp = FileStamp(path: path)
        companions = ["-wal", "-shm"].compactMap { suffix in
            FileStamp(path: path + suffix).map { (suffix, $0) }
        }
        // Glibc declares `O_PATH` only for `_GNU_SOURCE`.
        let pathOnly: Int32 = 0o10000000
        descriptor = open(path, pathOnly | O_CLOEXEC)
        bytesMax = Atomic(Int(FilePath.bytes(of: path)))
        if let stamp { WrittenFiles.begin(stamp) }
    }

    deinit {
        if let stamp { WrittenFiles.end(stamp) }
        if descriptor >= 0 { close(descriptor) }
    }

    /// What happened to the recording; `nil` if nothing did.
    var loss: RecordingLoss? {
        guard let stamp else { return nil }
        var status = stat()
        if descriptor >= 0, fstat(descriptor, &status) == 0 {
            if status.st_nlink == 0 { return .deleted }
            let bytes = Int(status.st_size)
            // While the file is being written, it only grows.
            if bytes < bytesMax.load(ordering: .relaxed) { return .cut }
            bytesMax.max(bytes, ordering: .relaxed)
        }
        if FileStamp(path: path) != stamp { return .moved }
        return companions.allSatisfy { FileStamp(path: path + $0.suffix) == $0.stamp } ? nil : .logDeleted
    }

    /// Renames the file to `NAME.cut`, or `NAME.cut-2` and so on.
    func setAside() {
        rename(path, FilePath.untaken(path + ".cut"))
    }

    /// Removes a write-ahead log that the closed recording left at its old path, because SQLite would apply it to the
    /// next file of that name.
    func removeOrphans() {
        for (suffix, stamp) in companions where FileStamp(path: path + suffix) == stamp { unlink(path + suffix) }
    }
}
