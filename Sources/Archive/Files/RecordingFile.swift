import CSQLite
import Migrations

/// Opens SQLite files as recordings: checks that they are recordings, and migrates those that we write.
enum RecordingFile {
    /// Opens an existing recording for reading.
    ///
    /// It never writes to the file and never checkpoints its WAL. If SQLite cannot create its shared memory beside the
    /// file (in a read-only directory) and there is no WAL, the file is opened as immutable.
    static func openForReading(
        _ path: String,
        writable: Bool = false,
        setUp: (@Sendable (OpaquePointer?) -> Void)? = nil
    ) throws(ArchiveError) -> SerialDatabase {
        guard FilePath.kind(of: path) != .missing else {
            throw ArchiveError(code: .notFound, path: path, detail: "there is no file '\(path)'")
        }
        let absolute = FilePath.absolute(path)
        do throws(ArchiveError) {
            return try open(absolute, path: path, readonly: !writable, setUp: setUp)
        } catch  where isBlockedByDirectory(error, absolute) && !writable {
            return try open(immutableURI(absolute), path: path, readonly: true, setUp: setUp)
        }
    }

    private static func open(
        _ name: String,
        path: String,
        readonly: Bool,
        setUp: (@Sendable (OpaquePointer?) -> Void)?
    ) throws(ArchiveError) -> SerialDatabase {
        do {
            let database = try SerialDatabase(name, readonly: readonly, path: path, setUp: setUp)
            try database.run { handle in
                try check(applicationID: pragma("application_id", handle, path), path)
                try check(version: pragma("user_version", handle, path), path)
            }
            return database
        } catch {
            throw ArchiveError(error, action: "open", path: path)
        }
    }

    /// Opens or creates a recording for its only writer.
    static func openForWriting(_ path: String) throws(ArchiveError) -> SerialDatabase {
        if !FilePath.isTaken(path) { try NewRecording.create(path) }
        do {
            let database = try SerialDatabase(path, readonly: false, path: path)
            try database.run { handle in try prepareForWriting(handle, path) }
            return database
        } catch {
            throw ArchiveError(error, action: "open", path: path)
        }
    }

    /// Opens an existing recording like ``openForReading(_:writable:setUp:)``, but returns a plain handle.
    ///
    /// The caller closes the handle and uses it on one thread at a time.
    static func openHandle(_ path: String) throws(ArchiveError) -> (handle: OpaquePointer?, version: Int64) {
        guard FilePath.kind(of: path) != .missing else {
            throw ArchiveError(code: .notFound, path: path, detail: "there is no file '\(path)'")
        }
        let absolute = FilePath.absolute(path)
        do throws(ArchiveError) {
            return try openHandle(absolute, path)
        } catch  where isBlockedByDirectory(error, absolute) {
            return try openHandle(immutableURI(absolute), path)
        }
    }

    private static func openHandle(_ name: String, _ path: String) throws(ArchiveError) -> (OpaquePointer?, Int64) {
        var handle: OpaquePointer?
        do throws(ArchiveError) {
            let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX
            guard sqlite3_open_v2(name, &handle, flags, nil) == SQLITE_OK else {
                throw ArchiveError(handle: handle, action: "open", path: path)
            }
            sqlite3_busy_timeout(handle, SerialDatabase.busyMilliseconds)
            try check(applicationID: pragma("application_id", handle, path), path)
            let version = try pragma("user_version", handle, path)
            try check(version: version, path)
            try execute("PRAGMA cache_size = -1024", handle, path)
            return (handle, version)
        } catch {
            sqlite3_close_v2(handle)
            throw error
        }
    }

    /// True if SQLite could not open or share the file although the file itself may be readable.
    private static func isBlockedByDirectory(_ error: ArchiveError, _ path: String) -> Bool {
        guard let code = error.sqliteExtendedCode else { return false }
        let isSharingProblem = [SQLITE_CANTOPEN, SQLITE_READONLY].contains(code & 0xFF)
        switch FilePath.kind(of: path + "-wal") {
        case .file(let bytes) where bytes > 0: return false
        default: return isSharingProblem
        }
    }

    private static func immutableURI(_ path: String) -> String {
        var uri = "file:"
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "%"): uri += "%25"
            case UInt8(ascii: "?"): uri += "%3f"
            case UInt8(ascii: "#"): uri += "%23"
            default: uri.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return uri + "?immutable=1"
    }

    // MARK: Header

    /// True for a schema older than the newest one.
    static func isOlder(_ handle: OpaquePointer?, _ path: String) throws(ArchiveError) -> Bool {
        try pragma("user_version", handle, path) < Migrations.version
    }

    private static func pragma(_ name: String, _ handle: OpaquePointer?, _ path: String) throws(ArchiveError) -> Int64 {
        let statement = try PreparedStatement("PRAGMA \(name)", on: handle, path: path)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }

    private static func check(applicationID: Int64, _ path: String) throws(ArchiveError) {
        guard applicationID == Int64(Migrations.applicationID) else { throw notARecording(path) }
    }

    static func notARecording(_ path: String) -> ArchiveError {
        ArchiveError(code: .notARecording, path: path, detail: "'\(path)' is not a recording of feedrec")
    }

    private static func check(version: Int64, _ path: String) throws(ArchiveError) {
        guard version <= Int64(Migrations.version) else { throw newerSchema(path, version) }
    }

    static func newerSchema(_ path: String, _ version: Int64) -> ArchiveError {
        ArchiveError(
            code: .newerSchema,
            path: path,
            detail: "recording '\(path)' was made by a newer feedrec (schema \(version), this program knows "
                + "\(Migrations.version))",
            hint: "update feedrec to read it"
        )
    }

    /// Checks and migrates the schema, then sets the journal mode of a live recording.
    private static func prepareForWriting(_ handle: OpaquePointer?, _ path: String) throws(ArchiveError) {
        let version = try pragma("user_version", handle, path)
        try check(applicationID: pragma("application_id", handle, path), path)
        try check(version: version, path)
        try migrate(handle, from: Int(version), path)
        try RecordingIdentity.make(on: handle, path: path, file: path)
        // NORMAL: a commit survives the death of the process. A power failure may lose commits since the last
        // checkpoint, but never damages the file. Only ``WriterConnection`` checkpoints.
        try execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; "
                + "PRAGMA cache_size = -32768; PRAGMA journal_size_limit = 67108864",
            handle,
            path
        )
    }

    /// Migrates a recording from schema `version` to the newest; each step is a transaction.
    static func migrate(_ handle: OpaquePointer?, from version: Int, _ path: String) throws(ArchiveError) {
        for (index, step) in Migrations.steps.enumerated() where index >= version {
            try migrate(handle, step, to: index + 1, path)
        }
    }

    private static func migrate(
        _ handle: OpaquePointer?,
        _ step: String,
        to version: Int,
        _ path: String
    ) throws(ArchiveError) {
        do {
            try execute("BEGIN IMMEDIATE;\n\(step)\n;PRAGMA user_version = \(version);\nCOMMIT", handle, path)
        } catch {
            sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
    }

    /// Runs our own SQL text.
    static func execute(_ sql: String, _ handle: OpaquePointer?, _ path: String) throws(ArchiveError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw ArchiveError(handle: handle, action: "write", path: path)
        }
    }
}
