import CSQLite

/// One SQL statement, compiled once; a thin layer over SQLite's C interface.
///
/// It belongs to a connection and must be used inside that database's serial queue. Parameters count from 1, columns
/// from 0, as in SQLite.
final class PreparedStatement {
    private let statement: OpaquePointer
    private let path: String

    /// Compiles `sql` on `handle`; `path` is for error texts.
    init(_ sql: String, on handle: OpaquePointer?, path: String) throws(ArchiveError) {
        var statement: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        guard sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil) == SQLITE_OK, let statement else {
            throw ArchiveError(handle: handle, action: "use", path: path)
        }
        self.statement = statement
        self.path = path
    }

    deinit { sqlite3_finalize(statement) }

    // MARK: Parameters

    @inline(__always)
    func bind(_ index: Int32, _ value: Int64) {
        sqlite3_bind_int64(statement, index, value)
    }

    @inline(__always)
    func bind(_ index: Int32, _ value: Int64?) {
        if let value { sqlite3_bind_int64(statement, index, value) } else { sqlite3_bind_null(statement, index) }
    }

    func bind(real value: Double, at index: Int32) {
        sqlite3_bind_double(statement, index, value)
    }

    func bind(_ index: Int32, _ value: String?) {
        guard var value else {
            sqlite3_bind_null(statement, index)
            return
        }
        value.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) {
                // A nil base address would bind NULL instead of an empty text.
                _ = sqlite3_bind_text(statement, index, $0.baseAddress ?? Self.empty, Int32($0.count), Self.transient)
            }
        }
    }

    func bind(text bytes: [UInt8], at index: Int32) {
        bytes.withUnsafeBytes { text in
            let characters = text.assumingMemoryBound(to: CChar.self)
            _ = sqlite3_bind_text64(
                statement,
                index,
                characters.baseAddress ?? Self.empty,
                UInt64(text.count),
                Self.transient,
                UInt8(SQLITE_UTF8)
            )
        }
    }

    func bind(blob bytes: [UInt8], at index: Int32) {
        bytes.withUnsafeBytes { blob in
            if blob.isEmpty {
                _ = sqlite3_bind_zeroblob(statement, index, 0)
            } else {
                _ = sqlite3_bind_blob64(statement, index, blob.baseAddress, UInt64(blob.count), Self.transient)
            }
        }
    }

    // MARK: Execution

    /// Runs a statement that returns no rows, and resets it for the next run.
    @inline(__always)
    func run(action: StaticString = "write") throws(ArchiveError) {
        let code = sqlite3_step(statement)
        if code != SQLITE_DONE, code != SQLITE_ROW { throw failure(action: "\(action)") }
        sqlite3_reset(statement)
    }

    /// Advances to the next row; at the end, resets the statement and returns false.
    func step() throws(ArchiveError) -> Bool {
        let code = sqlite3_step(statement)
        if code == SQLITE_ROW { return true }
        guard code == SQLITE_DONE else { throw failure(action: "read") }
        sqlite3_reset(statement)
        return false
    }

    /// Resets the statement and discards its unread rows.
    func reset() {
        sqlite3_reset(statement)
    }

    private func failure(action: String) -> ArchiveError {
        let error = ArchiveError(handle: sqlite3_db_handle(statement), action: action, path: path)
        sqlite3_reset(statement)
        return error
    }

    // MARK: Columns of the current row

    var columnCount: Int32 { sqlite3_column_count(statement) }

    func columnName(_ column: Int32) -> String? { sqlite3_column_name(statement, column).map { String(cString: $0) } }

    /// The declared type; `nil` for a computed column.
    func columnType(_ column: Int32) -> String? {
        sqlite3_column_decltype(statement, column).map { String(cString: $0) }
    }

    @inline(__always)
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    @inline(__always)
    func optionalInteger(_ column: Int32) -> Int64? {
        // Usually a single call: NULL reads as zero.
        let value = sqlite3_column_int64(statement, column)
        return value == 0 && isNull(column) ? nil : value
    }

    @inline(__always)
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    func text(_ column: Int32) -> String { optionalText(column) ?? "" }

    func optionalText(_ column: Int32) -> String? {
        sqlite3_column_text(statement, column).map { String(cString: $0) }
    }

    /// Passes the bytes of a blob or text to `body`; they are valid until the next step.
    func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let base = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        return try body(UnsafeRawBufferPointer(start: base, count: base == nil ? 0 : count))
    }

    func bytes(_ column: Int32) -> [UInt8] { withBytes(column) { Array($0) } }

    /// Lets SQLite copy the bytes (`SQLITE_TRANSIENT`, a macro that Swift does not import).
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    private static let emptyText: StaticString = ""
    private static var empty: UnsafePointer<CChar> {
        UnsafeRawPointer(emptyText.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
