import Glibc

/// Which file a path leads to at the moment: its device and its inode.
struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64

    /// `nil` if the path leads to no file.
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
