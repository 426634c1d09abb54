import CSQLite
import Glibc

/// One or more SQL statements as the user wrote them.
struct SQLText {
    private let bytes: [UInt8]
    private let handle: OpaquePointer?
    private let path: String
    private let isWritable: Bool
    /// Rejects statements that concern only one of several recordings; `nil` if there is only one.
    private let check: OneFileCheck?

    /// If `schemas` has the names of several recordings, a statement that concerns only one of them must name it.
    init(_ sql: String, handle: OpaquePointer?, path: String, schemas: [String] = [], isWritable: Bool = false) {
        bytes = Array(sql.utf8)
        self.handle = handle
        self.path = path
        self.isWritable = isWritable
        check = schemas.isEmpty ? nil : OneFileCheck(handle, path: path, schemas: schemas)
    }

    func run(_ receive: (SQLEvent) throws -> Void) throws {
        check?.start()
        defer { check?.stop() }
        var offset = 0
        while offset < bytes.count {
            check?.reset()
            if !isWritable, SQLTokens.firstWord(of: bytes[offset...]) == "vacuum" { throw copying(offset) }
            let (statement, end) = try prepare(at: offset)
            if let statement {
                defer { sqlite3_finalize(statement) }
                try check?.checkTables(of: bytes[offset..<end], at: offset)
                try step(statement, startingAt: offset, receive)
            }
            offset = end
        }
    }

    /// Compiles the statement at `offset`; the statement is `nil` if only white space and comments are left.
    private func prepare(at offset: Int) throws -> (OpaquePointer?, end: Int) {
        try bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return (nil, bytes.count) }
            return try base.withMemoryRebound(to: CChar.self, capacity: buffer.count) { text in
                var statement: OpaquePointer?
                var tail: UnsafePointer<CChar>?
                let count = Int32(clamping: buffer.count - offset)
                guard sqlite3_prepare_v2(handle, text + offset, count, &statement, &tail) == SQLITE_OK else {
                    throw failure(startingAt: offset)
                }
                return (statement, tail.map { max($0 - text, offset + 1) } ?? buffer.count)
            }
        }
    }

    private func step(
        _ statement: OpaquePointer,
        startingAt offset: Int,
        _ receive: (SQLEvent) throws -> Void
    ) throws {
        let columns = 0..<sqlite3_column_count(statement)
        if !columns.isEmpty {
            try receive(.columns(columns.map { sqlite3_column_name(statement, $0).map { String(cString: $0) } ?? "" }))
        }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: try receive(.row(columns.map { Self.value(statement, $0) }))
            case SQLITE_DONE: return
            default: throw failure(startingAt: offset)
            }
        }
    }

    private static func value(_ statement: OpaquePointer, _ column: Int32) -> SQLValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT: text(bytes(statement, column))
        case SQLITE_BLOB: .blob(Array(bytes(statement, column)))
        default: .null
        }
    }

    /// Text that is not UTF-8 is returned as bytes, because replacing characters would change it.
    private static func text(_ bytes: UnsafeRawBufferPointer) -> SQLValue {
        String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .blob(Array(bytes))
    }

    private static func bytes(_ statement: OpaquePointer, _ column: Int32) -> UnsafeRawBufferPointer {
        let base = sqlite3_column_blob(statement, column)
        return UnsafeRawBufferPointer(
            start: base,
            count: base == nil ? 0 : Int(sqlite3_column_bytes(statement, column))
        )
    }

    /// Rejects `VACUUM`: `VACUUM INTO` would copy only the first recording, and fails on the views for an older schema.
    private func copying(_ offset: Int) -> ArchiveError {
        ArchiveError(
            code: .badSQL,
            path: path,
            detail: "bad SQL: VACUUM is not available, because SQL is read-only here",
            hint: "copy a recording with \"sqlite3 FILE '.backup COPY'\"",
            sqlOffset: offset
        )
    }

    /// SQLite's error, with its position if the user's text is wrong.
    private func failure(startingAt offset: Int) -> ArchiveError {
        let code = sqlite3_extended_errcode(handle)
        if let failure = check?.pragmaFailure(at: offset) { return failure }
        guard [SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE, SQLITE_TOOBIG].contains(code & 0xFF)
        else {
            return ArchiveError(handle: handle, action: "query", path: path)
        }
        let message = String(cString: sqlite3_errmsg(handle))
        // This is SQLite's error for a change to a virtual table.
        if message.hasSuffix("may not be modified") {
            return ArchiveError(code: .readOnly, path: path, detail: "cannot query '\(path)': it is read-only")
        }
        let token = Self.errorOffset(handle)
        return ArchiveError(
            code: .badSQL,
            path: path,
            detail: "bad SQL: \(message)",
            sqliteExtendedCode: code,
            sqlOffset: token < 0 ? nil : offset + Int(token)
        )
    }

    /// Calls `sqlite3_error_offset`, which needs SQLite 3.38 and is missing in Ubuntu 22.04; -1 if it is missing.
    private static func errorOffset(_ handle: OpaquePointer?) -> Int32 {
        typealias Function = @convention(c) (OpaquePointer?) -> Int32
        guard let symbol = dlsym(nil, "sqlite3_error_offset") else { return -1 }
        return unsafeBitCast(symbol, to: Function.self)(handle)
    }
}
