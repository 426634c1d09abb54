import Glibc

/// What the file system says of a path.
enum FileKind: Hashable {
    case directory
    case file(bytes: Int)
    case missing
}

/// The few questions the archive asks of the file system.
package enum FilePath {
    static func kind(of path: String) -> FileKind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .missing }
        return status.st_mode & S_IFMT == S_IFDIR ? .directory : .file(bytes: Int(status.st_size))
    }

    /// The names in a directory, in byte order, without those that begin with a dot.
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

    /// Creates a directory and those above it; an existing one is fine.
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

    /// The name behind the last slash.
    package static func lastComponent(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    package static func joined(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    /// The path from the root, needed where SQLite wants a URI.
    static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static func makeReadOnly(_ path: String) throws(ArchiveError) {
        guard chmod(path, 0o444) == 0 else { throw failure("seal", path, errno) }
    }

    /// The length of a file; 0 where there is none.
    static func bytes(of path: String) -> Int64 {
        if case .file(let bytes) = kind(of: path) { Int64(bytes) } else { 0 }
    }

    /// Which file a path names; `nil` where there is none.
    static func inode(of path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    /// True if a directory has an entry of this name, also a link that leads nowhere.
    static func isTaken(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// `path` itself, or `path-2` and so on, if that is taken.
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

    /// Makes a file's content, or a directory's names, survive a loss of power.
    static func synchronise(_ path: String) throws(ArchiveError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("write", path, errno) }
    }

    /// True for an existing file that no one has the right to write to, as far as its mode says.
    static func isWriteProtected(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o222 == 0
    }

    static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }

    /// An error that says what the system call said.
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
