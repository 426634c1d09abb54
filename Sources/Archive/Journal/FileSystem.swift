import Glibc

/// The file system calls of the journal and the reserve, plus a hook before each SQLite commit; tests make any call
/// fail.
///
/// Every call may come from any thread. Errors are `ArchiveError`s that name the path.
package protocol FileSystem: Sendable {
    /// Opens a file for reading and writing; creates it if it is missing.
    func openFile(_ path: String) throws(ArchiveError) -> Int32
    func closeFile(_ descriptor: Int32)
    /// Allocates `byteCount` bytes on the disk for the file, so that later writes cannot fail on a full disk.
    func allocate(_ descriptor: Int32, byteCount: Int, path: String) throws(ArchiveError)
    /// Cuts the file to `byteCount` bytes and frees the rest on the disk.
    func truncate(_ descriptor: Int32, byteCount: Int, path: String) throws(ArchiveError)
    /// Maps the file, shared, for reading and writing.
    func map(_ descriptor: Int32, byteCount: Int, path: String) throws(ArchiveError) -> UnsafeMutableRawPointer
    func unmap(_ memory: UnsafeMutableRawPointer, byteCount: Int)
    /// Makes everything written to the file durable, including writes through a mapping.
    func sync(_ descriptor: Int32, path: String) throws(ArchiveError)
    /// Makes the names in a directory durable.
    func syncDirectory(_ path: String) throws(ArchiveError)
    /// Returns the whole content of the file.
    func read(_ path: String) throws(ArchiveError) -> [UInt8]
    func rename(_ path: String, to other: String) throws(ArchiveError)
    func unlink(_ path: String) throws(ArchiveError)
    /// The names in a directory in byte order, without hidden ones; empty if the directory is missing.
    func names(in directory: String) throws(ArchiveError) -> [String]
    func createDirectory(_ path: String) throws(ArchiveError)
    /// Removes a directory if it is empty.
    func removeDirectory(_ path: String)
    /// Called before each commit of a recording.
    func willCommit(_ path: String) throws(ArchiveError)
}

/// The file system of the machine.
package struct SystemFileSystem: FileSystem {
    package init() {}

    package func openFile(_ path: String) throws(ArchiveError) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FilePath.failure("open", path, errno) }
        return descriptor
    }

    package func closeFile(_ descriptor: Int32) {
        close(descriptor)
    }

    package func allocate(_ descriptor: Int32, byteCount: Int, path: String) throws(ArchiveError) {
        // `posix_fallocate` returns the error instead of setting `errno`.
        let code = posix_fallocate(descriptor, 0, off_t(byteCount))
        guard code == 0 else { throw FilePath.failure("write", path, code) }
    }

    package func truncate(_ descriptor: Int32, byteCount: Int, path: String) throws(ArchiveError) {
        guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw FilePath.failure("write", path, errno) }
    }

    package func map(_ descriptor: Int32, byteCount: Int, path: String) throws(ArchiveError)
        -> UnsafeMutableRawPointer
    {
        guard let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            memory != UnsafeMutableRawPointer(bitPattern: -1)
        else { throw FilePath.failure("map", path, errno) }
        return memory
    }

    package func unmap(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
        munmap(memory, byteCount)
    }

    package func sync(_ descriptor: Int32, path: String) throws(ArchiveError) {
        guard fdatasync(descriptor) == 0 else { throw FilePath.failure("write", path, errno) }
    }

    package func syncDirectory(_ path: String) throws(ArchiveError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FilePath.failure("open", path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FilePath.failure("write", path, errno) }
    }

    package func read(_ path: String) throws(ArchiveError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FilePath.failure("read", path, errno) }
        defer { close(descriptor) }
        guard case .file(let size) = FilePath.kind(of: path) else { throw FilePath.failure("read", path, EISDIR) }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let step = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
                if step < 0, errno == EINTR { continue }
                if step < 0 { failure = errno }
                guard step > 0 else { break }
                count += step
            }
        }
        guard failure == 0 else { throw FilePath.failure("read", path, failure) }
        return bytes
    }

    package func rename(_ path: String, to other: String) throws(ArchiveError) {
        guard Glibc.rename(path, other) == 0 else { throw FilePath.failure("rename", path, errno) }
    }

    package func unlink(_ path: String) throws(ArchiveError) {
        guard Glibc.unlink(path) == 0 || errno == ENOENT else { throw FilePath.failure("remove", path, errno) }
    }

    package func names(in directory: String) throws(ArchiveError) -> [String] {
        guard FilePath.kind(of: directory) != .missing else { return [] }
        return try FilePath.names(in: directory)
    }

    package func createDirectory(_ path: String) throws(ArchiveError) {
        try FilePath.createDirectory(path)
    }

    package func removeDirectory(_ path: String) {
        rmdir(path)
    }

    package func willCommit(_ path: String) throws(ArchiveError) {}
}
