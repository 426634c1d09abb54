import CSQLite
import Glibc
import Migrations

/// A migrated copy of a recording of an older schema: `.NAME.old.new` beside it, deleted after use.
///
/// The recording itself is not changed: it may be read-only, or this may only be a comparison.
final class UpgradedCopy {
    /// From this schema version on, all columns of the rebuilt rows exist.
    private static let sufficient = 7
    let path: String
    /// The schema version of the recording itself.
    let originalVersion: Int

    /// Copies the recording at `original`; `nil` if it can be rebuilt without a copy.
    init?(of original: String, fileSystem: any FileSystem) throws(ArchiveError) {
        let version = try ArchiveReader(path: original).read { handle throws(ArchiveError) in
            try RowQueries.integer("PRAGMA user_version", on: handle, path: original)
        }
        guard version < Self.sufficient else { return nil }
        let absolute = FilePath.absolute(original)
        originalVersion = Int(version)
        path = FilePath.joined(FilePath.parent(of: absolute), "." + FilePath.name(of: absolute) + ".old.new")
        Self.remove(path)
        do throws(ArchiveError) {
            try Self.copy(original, to: path)
            try Self.migrate(path, from: originalVersion)
            try fileSystem.willCommit(path)
        } catch {
            Self.remove(path)
            throw error
        }
    }

    deinit { Self.remove(path) }

    private static func copy(_ original: String, to path: String) throws(ArchiveError) {
        var (from, to): (OpaquePointer?, OpaquePointer?)
        defer {
            sqlite3_close_v2(from)
            sqlite3_close_v2(to)
        }
        guard sqlite3_open_v2(original, &from, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else {
            throw ArchiveError(handle: from, action: "open", path: original)
        }
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        guard sqlite3_open_v2(path, &to, flags, nil) == SQLITE_OK,
            let backup = sqlite3_backup_init(to, "main", from, "main")
        else { throw ArchiveError(handle: to, action: "create", path: path) }
        let result = sqlite3_backup_step(backup, -1)
        sqlite3_backup_finish(backup)
        guard result == SQLITE_DONE else { throw ArchiveError(handle: to, action: "write", path: path) }
    }

    private static func migrate(_ path: String, from version: Int) throws(ArchiveError) {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else {
            throw ArchiveError(handle: handle, action: "open", path: path)
        }
        try RecordingFile.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN", handle, path)
        for step in Migrations.steps.dropFirst(version) { try RecordingFile.execute(step, handle, path) }
        try RecordingFile.execute("PRAGMA user_version = \(Migrations.version); COMMIT", handle, path)
    }

    private static func remove(_ path: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
    }
}
