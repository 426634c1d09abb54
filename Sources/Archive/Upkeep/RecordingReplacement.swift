import CSQLite
import Glibc
import Migrations

/// A new version of a recording, written beside it and put in place when it is complete.
///
/// Until ``putInPlace()`` the recording is unchanged, whatever happens. A file left by a killed process (`.NAME.new`)
/// does no harm and is removed by the next attempt. Not `Sendable`: use it from one task at a time.
final class RecordingReplacement {
    let original: String
    /// The file that tables are copied from: the recording itself, or a copy of it with the newest schema.
    let source: String
    let path: String
    private(set) var handle: OpaquePointer?
    private let fileSystem: any FileSystem
    private var isInPlace = false

    /// Creates the empty file with the schema of `version`, and begins a transaction.
    init(
        of original: String,
        source: String? = nil,
        version: Int = Migrations.version,
        fileSystem: any FileSystem
    ) throws(ArchiveError) {
        self.fileSystem = fileSystem
        let absolute = FilePath.absolute(original)
        self.original = absolute
        self.source = source ?? absolute
        path = FilePath.joined(FilePath.parent(of: absolute), "." + FilePath.name(of: absolute) + ".new")
        Self.remove(path)
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI
        guard sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK else {
            let error = ArchiveError(handle: handle, action: "create", path: path)
            sqlite3_close_v2(handle)
            throw error
        }
        // The file is not visible before it is complete and synchronised, so a journal of its own would protect
        // nothing.
        try execute("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        for step in Migrations.steps.prefix(version) { try execute(step) }
        try execute("PRAGMA user_version = \(version); PRAGMA cache_size = -32768; BEGIN")
    }

    deinit {
        sqlite3_close_v2(handle)
        if !isInPlace { Self.remove(path) }
    }

    func execute(_ sql: String) throws(ArchiveError) {
        try RecordingFile.execute(sql, handle, path)
    }

    func statement(_ sql: String) throws(ArchiveError) -> PreparedStatement {
        try PreparedStatement(sql, on: handle, path: path)
    }

    /// Migrates the schema to the newest version.
    func migrate(from version: Int) throws(ArchiveError) {
        guard version < Migrations.version else { return }
        for step in Migrations.steps.dropFirst(version) { try execute(step) }
        try execute("PRAGMA user_version = \(Migrations.version)")
    }

    /// Ends the transaction; after this, ``path`` can be read as a recording.
    func finish() throws(ArchiveError) {
        try keepOwner()
        try fileSystem.willCommit(path)
        try execute("COMMIT")
        sqlite3_close_v2(handle)
        handle = nil
    }

    /// Marks the new file as the original if the old one was, so that a recorder may continue in it.
    private func keepOwner() throws(ArchiveError) {
        guard try RowQueries.hasTable("identity", on: handle, path: path) else { return }
        let update = try statement("UPDATE identity SET inode = ? WHERE inode = ?")
        update.bind(1, FilePath.inode(of: path).map { Int64(bitPattern: $0) })
        update.bind(2, FilePath.inode(of: original).map { Int64(bitPattern: $0) })
        try update.run()
    }

    /// Begins a new transaction after ``finish()``.
    func reopen() throws(ArchiveError) {
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else {
            throw ArchiveError(handle: handle, action: "open", path: path)
        }
        try execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")
    }

    /// Replaces the recording durably and in one step; the owner and permissions of the file stay the same.
    ///
    /// - Precondition: ``finish()`` has been called.
    func putInPlace() throws(ArchiveError) {
        try synchronise()
        try fileSystem.rename(path, to: original)
        isInPlace = true
        try fileSystem.syncDirectory(FilePath.parent(of: original))
    }

    /// Copies owner and permissions from the old file to the new one, and makes the new one durable.
    private func synchronise() throws(ArchiveError) {
        let descriptor = try fileSystem.openFile(path)
        defer { fileSystem.closeFile(descriptor) }
        var status = stat()
        if stat(original, &status) == 0 {
            // The recorder may run as another user; if we may not change the owner, the file stays ours.
            _ = fchown(descriptor, status.st_uid, status.st_gid)
            _ = fchmod(descriptor, status.st_mode & 0o7777)
        }
        try fileSystem.sync(descriptor, path: path)
    }

    /// Lets `interruption`, which must outlive the new file's connection, interrupt statements on it.
    func obey(_ interruption: Interruption) {
        interruption.install(on: handle)
    }

    /// Removes the new file; the recording is unchanged.
    func abandon() {
        sqlite3_close_v2(handle)
        handle = nil
        Self.remove(path)
    }

    private static func remove(_ path: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
    }
}
