import Glibc

/// The identity of the file that a path leads to at present: its device and its inode.
struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64

    /// `nil` if there is no file at the path.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}
