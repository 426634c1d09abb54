import Glibc
import Synchronization

/// What became of a recording while it was being written.
package enum RecordingLoss: Hashable, Sendable {
    /// Its file was deleted: what was stored in it is gone.
    case deleted
    /// Its file was cut short: what was stored in it is damaged.
    case cut
    /// Its file has another name now, or another file has its name. It is whole.
    case moved
    /// The write-ahead log, or its index, was deleted. The file is whole.
    case logDeleted

    /// True if what was stored cannot be read any more.
    package var isStoredDataGone: Bool { self == .deleted || self == .cut }
}

/// Tells whether the files of a recording that is being written are still those that its paths name.
///
/// SQLite keeps its files open, and writes to a deleted one without an error.
final class OpenFiles: Sendable {
    private let path: String
    private let stamp: FileStamp?
    /// Those of the write-ahead log and its index, by their suffixes.
    private let companions: [(suffix: String, stamp: FileStamp)]
    /// Leads to the file whatever becomes of its name.
    ///
    /// It is no open file (`O_PATH`), because closing one would free the locks that SQLite holds on it.
    private let descriptor: Int32
    private let bytesMax: Atomic<Int>

    /// Looks at the files of the recording at `path`, which SQLite has just opened.
    init(_ path: String) {
        self.path = path
        stamp = FileStamp(path: path)
        companions = ["-wal", "-shm"].compactMap { suffix in
            FileStamp(path: path + suffix).map { (suffix, $0) }
        }
        // Glibc declares it for `_GNU_SOURCE` only.
        let pathOnly: Int32 = 0o10000000
        descriptor = open(path, pathOnly | O_CLOEXEC)
        bytesMax = Atomic(Int(FilePath.bytes(of: path)))
        if let stamp { WrittenFiles.begin(stamp) }
    }

    deinit {
        if let stamp { WrittenFiles.end(stamp) }
        if descriptor >= 0 { close(descriptor) }
    }

    /// What became of the recording; `nil` while all is well.
    var loss: RecordingLoss? {
        guard let stamp else { return nil }
        var status = stat()
        if descriptor >= 0, fstat(descriptor, &status) == 0 {
            if status.st_nlink == 0 { return .deleted }
            let bytes = Int(status.st_size)
            // While it is being written it only grows.
            if bytes < bytesMax.load(ordering: .relaxed) { return .cut }
            bytesMax.max(bytes, ordering: .relaxed)
        }
        if FileStamp(path: path) != stamp { return .moved }
        return companions.allSatisfy { FileStamp(path: path + $0.suffix) == $0.stamp } ? nil : .logDeleted
    }

    /// Takes the name of a recording away from the file: `NAME.cut`, or `NAME.cut-2` and so on.
    func setAside() {
        rename(path, FilePath.untaken(path + ".cut"))
    }

    /// Removes a write-ahead log that the closed recording left at its old path, where it would become a part of whatever
    /// has that name next.
    func removeOrphans() {
        for (suffix, stamp) in companions where FileStamp(path: path + suffix) == stamp { unlink(path + suffix) }
    }
}
