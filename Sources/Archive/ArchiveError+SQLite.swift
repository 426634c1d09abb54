import CSQLite
import Glibc

extension ArchiveError {
    /// Creates an error from SQLite's last error on `handle`.
    ///
    /// - Parameters:
    ///  - handle: the connection on which the call was made.
    ///  - action: what was tried, such as "write".
    ///  - path: the recording.
    init(handle: OpaquePointer?, action: String, path: String) {
        let extendedCode = sqlite3_extended_errcode(handle)
        if [SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_NOMEM].contains(extendedCode & 0xFF),
            let (code, reason, hint) = Self.systemReason(handle, extendedCode)
        {
            self.init(
                code: code,
                path: path,
                detail: "cannot \(action) '\(path)': \(reason)",
                hint: hint,
                sqliteExtendedCode: extendedCode
            )
            return
        }
        self.init(
            sqliteExtendedCode: extendedCode,
            message: String(cString: sqlite3_errmsg(handle)),
            action: action,
            path: path
        )
    }

    /// The system error that caused a failed call for the recording or its log, if feedrec has a specific code for it.
    private static func systemReason(
        _ handle: OpaquePointer?,
        _ extendedCode: Int32
    ) -> (Code, String, String)? {
        if extendedCode & 0xFF == SQLITE_NOMEM { return SystemLimit.meaning(of: ENOMEM) }
        for number in systemErrors(handle) {
            // SQLite only recognises read-only files, not a file system that became read-only while a file is open.
            if number == EROFS {
                let hint = "make it writable again; what is stored so far is safe"
                return (.readOnly, "the file system has become read-only", hint)
            }
            if let limit = SystemLimit.meaning(of: number) { return limit }
        }
        return extendedCode & 0xFF == SQLITE_CANTOPEN ? SystemLimit.ofOpenFiles : nil
    }

    /// The system's error numbers of the last call, for the recording and for its log: SQLite keeps them per file.
    private static func systemErrors(_ handle: OpaquePointer?) -> [Int32] {
        var numbers = [sqlite3_system_errno(handle)]
        var number: Int32 = 0
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &number)
        numbers.append(number)
        var log: UnsafeMutablePointer<sqlite3_file>?
        if sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK, let log,
            let control = log.pointee.pMethods?.pointee.xFileControl
        {
            _ = control(log, SQLITE_FCNTL_LAST_ERRNO, &number)
            numbers.append(number)
        }
        return numbers
    }

    /// Wraps an error of our own code that lost its type.
    init(_ error: any Error, action: String, path: String) {
        self =
            error as? ArchiveError
            ?? ArchiveError(code: .database, path: path, detail: "cannot \(action) '\(path)': \(error)")
    }

    init(sqliteExtendedCode: Int32, message: String, action: String, path: String) {
        let (code, reason, hint) = Self.meaning(of: sqliteExtendedCode, message: message)
        self.init(
            code: code,
            path: path,
            detail: "cannot \(action) '\(path)': \(reason)",
            hint: hint,
            sqliteExtendedCode: sqliteExtendedCode
        )
    }

    private static func meaning(of extendedCode: Int32, message: String) -> (Code, String, String?) {
        switch extendedCode & 0xFF {
        case SQLITE_FULL: (.diskFull, "the disk is full", "free some space; what is stored so far is safe")
        case SQLITE_IOERR: (.ioFailed, "\(message) (SQLite code \(extendedCode))", nil)
        case SQLITE_READONLY: (.readOnly, "it is read-only", nil)
        case SQLITE_PERM, SQLITE_AUTH: (.permissionDenied, "permission denied", nil)
        case SQLITE_CANTOPEN: (.permissionDenied, "the file cannot be opened", "check that it may be read and written")
        case SQLITE_BUSY, SQLITE_LOCKED: (.busy, "another program has it locked", "try again in a moment")
        case SQLITE_CORRUPT: (.corrupted, "the database is damaged (\(message))", "run 'feedrec verify' on it")
        case SQLITE_NOTADB: (.notARecording, "it is not a recording of feedrec", nil)
        case SQLITE_INTERRUPT: (.interrupted, "interrupted", nil)
        default: (.database, "\(message) (SQLite code \(extendedCode))", nil)
        }
    }
}
