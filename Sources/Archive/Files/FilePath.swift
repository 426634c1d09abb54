import Glibc

/// The kind of file at a path.
enum FileKind: Hashable {
    case directory
    case file(bytes: Int)
    case missing
}

/// The archive's file system queries and their error texts.
package enum FilePath {
    static func kind(of path: String) -> FileKind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .missing }
        return status.st_mode & S_IFMT == S_IFDIR ? .directory : .file(bytes: Int(status.st_size))
    }

    /// The names in a directory in byte order: those that do not begin with a dot, or only those that do if
    /// `areHidden`.
    static func names(in directory: String, areHidden: Bool = false) throws(ArchiveError) -> [String] {
        guard let stream = opendir(directory) else { throw failure("read", directory, errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") == areHidden { names.append(name) }
        }
        return names.sorted()
    }

    /// Creates a directory and its parents; existing ones are accepted.
    static func createDirectory(_ path: String) throws(ArchiveError) {
        if kind(of: path) == .directory { return }
        let parent = parent(of: path)
        if parent != path, kind(of: parent) == .missing { try createDirectory(parent) }
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw failure("create", path, errno) }
        guard kind(of: path) == .directory else { throw failure("create", path, ENOTDIR) }
    }

    static func parent(of path: String) -> String {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// The name after the last slash.
    package static func lastComponent(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    package static func joined(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    /// The absolute path, needed for SQLite's URIs.
    static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static func makeReadOnly(_ path: String) throws(ArchiveError) {
        guard chmod(path, 0o444) == 0 else { throw failure("seal", path, errno) }
    }

    /// The length of a file in bytes; 0 if it does not exist.
    static func bytes(of path: String) -> Int64 {
        if case .file(let bytes) = kind(of: path) { Int64(bytes) } else { 0 }
    }

    /// The inode of a file; `nil` if it does not exist.
    static func inode(of path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    /// True if a directory has an entry with this path, including a dangling link.
    static func isTaken(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Returns `path` itself, or `path-2` and so on if that is taken.
    static func untaken(_ path: String) -> String {
        var untaken = path
        var number = 2
        while isTaken(untaken) {
            untaken = "\(path)-\(number)"
            number += 1
        }
        return untaken
    }

    /// The last part of a path.
    static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// Makes a file's content, or a directory's names, survive a power failure.
    static func synchronise(_ path: String) throws(ArchiveError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("write", path, errno) }
    }

    /// True for an existing file whose mode gives no one the right to write.
    static func isWriteProtected(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o222 == 0
    }

    static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }

    /// An error for a failed system call.
    static func failure(_ action: String, _ path: String, _ number: Int32) -> ArchiveError {
        if let limit = SystemLimit.meaning(of: number) {
            return ArchiveError(
                code: limit.code,
                path: path,
                detail: "cannot \(action) '\(path)': \(limit.reason)",
                hint: limit.hint
            )
        }
        let code: ArchiveError.Code =
            switch number {
            case ENOENT: .notFound
            case EACCES, EPERM: .permissionDenied
            case EROFS: .readOnly
            default: .ioFailed
            }
        let reason = String(cString: strerror(number)).lowercased()
        return ArchiveError(code: code, path: path, detail: "cannot \(action) '\(path)': \(reason)")
    }
}
