import Glibc
import Migrations
import SQLiteFormat

/// A directory entry that is named like a recording, checked without SQLite by its type and its header.
enum RecordingEntry {
    /// Why the entry cannot be read; `nil` for a file that looks like a recording.
    ///
    /// Only regular files are opened, because opening a pipe would block.
    static func finding(_ path: String) -> ArchiveFinding? {
        var status = stat()
        guard stat(path, &status) == 0 else { return unreachable(path, errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: return ArchiveFinding(.notAFile, path, "is a directory")
        case S_IFSOCK: return ArchiveFinding(.notAFile, path, "is a socket")
        case S_IFIFO: return ArchiveFinding(.notAFile, path, "is a pipe")
        default: return ArchiveFinding(.notAFile, path, "is a device")
        }
        // This process writes the file, so it is a recording. It must not be opened here: closing it would release
        // SQLite's locks.
        if WrittenFiles.contains(FileStamp(status)) { return nil }
        guard status.st_size > 0 else { return ArchiveFinding(.empty, path, "is empty") }
        return content(path, bytes: Int64(status.st_size))
    }

    /// The finding for a dangling link or a path that cannot be followed.
    private static func unreachable(_ path: String, _ number: Int32) -> ArchiveFinding? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &target, target.count)
        let text = String(cString: strerror(number)).lowercased()
        guard count >= 0 else {
            // The entry was deleted after the directory was read.
            return number == ENOENT ? nil : ArchiveFinding(.unreadable, path, "cannot be read: \(text)")
        }
        guard number == ENOENT else {
            return ArchiveFinding(.unreadable, path, "is a link that cannot be followed: \(text)")
        }
        let name = String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return ArchiveFinding(.danglingLink, path, "is a link to '\(name)', which does not exist")
    }

    /// Checks the first 100 bytes and the length of a file.
    private static func content(_ path: String, bytes: Int64) -> ArchiveFinding? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let number = errno
            guard number != ENOENT else { return nil }
            return ArchiveFinding(
                .unreadable,
                path,
                "cannot be read: \(String(cString: strerror(number)).lowercased())"
            )
        }
        defer { close(descriptor) }
        let start = start(descriptor)
        guard let header = DatabaseHeader(start) else { return noHeader(path, start) }
        guard header.applicationID == Migrations.applicationID else {
            return ArchiveFinding(
                .notARecording,
                path,
                "is a database of another program",
                error: RecordingFile.notARecording(path)
            )
        }
        guard header.userVersion <= Int32(Migrations.version) else {
            let error = RecordingFile.newerSchema(path, Int64(header.userVersion))
            return ArchiveFinding(.newerSchema, path, ArchiveFinding.reason(error, path), error: error)
        }
        // A checkpoint writes the first page before the others, so a file with a log is not reported as truncated.
        let expected = Int64(header.pageCount) * Int64(header.pageBytes)
        if expected > bytes, FilePath.bytes(of: path + "-wal") == 0 {
            return ArchiveFinding(.damaged, path, "is truncated: \(bytes) of \(expected) bytes are there")
        }
        return nil
    }

    private static func start(_ descriptor: Int32) -> [UInt8] {
        var start = [UInt8](repeating: 0, count: DatabaseHeader.bytes)
        let count = pread(descriptor, &start, start.count, 0)
        start.removeLast(start.count - max(0, count))
        return start
    }

    /// True if the file holds the whole recording, without a write-ahead log.
    static func standsAlone(_ path: String) -> Bool {
        guard let stamp = FileStamp(path: path), !WrittenFiles.contains(stamp) else { return false }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return DatabaseHeader(start(descriptor))?.isInLogMode == false
    }

    private static func noHeader(_ path: String, _ start: [UInt8]) -> ArchiveFinding {
        let isCut = start.count < DatabaseHeader.bytes && Array("SQLite format 3\0".utf8).starts(with: start.prefix(16))
        if isCut { return ArchiveFinding(.damaged, path, "is truncated: \(start.count) bytes are there") }
        return ArchiveFinding(
            .notARecording,
            path,
            "is a file of another program",
            error: RecordingFile.notARecording(path)
        )
    }
}
