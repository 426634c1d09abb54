import CSQLite

/// A SQLite file in a test's own hands, to make it as earlier versions left it, or to damage it.
final class RawDatabase {
    struct Failure: Error {
        let status: Int32
        let message: String
    }

    private var handle: OpaquePointer?

    /// Opens the file at `path`, which is created if it is missing.
    init(_ path: String) throws {
        let status = sqlite3_open(path, &handle)
        guard status == SQLITE_OK else { throw failure(status) }
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs `sql` on the file at `path`, and closes it.
    static func run(_ path: String, _ sql: String) throws {
        try RawDatabase(path).run(sql)
    }

    /// Runs statements, with semicolons between them.
    func run(_ sql: String) throws {
        let status = sqlite3_exec(handle, sql, nil, nil, nil)
        guard status == SQLITE_OK else { throw failure(status) }
    }

    /// The rows of a query whose columns are an integer and a blob.
    func blobs(_ sql: String) throws -> [(id: Int64, bytes: [UInt8])] {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        let status = sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
        guard status == SQLITE_OK else { throw failure(status) }
        var rows: [(id: Int64, bytes: [UInt8])] = []
        while sqlite3_step(statement) == SQLITE_ROW {
            let count = Int(sqlite3_column_bytes(statement, 1))
            let bytes = UnsafeRawBufferPointer(start: sqlite3_column_blob(statement, 1), count: count)
            rows.append((sqlite3_column_int64(statement, 0), Array(bytes)))
        }
        return rows
    }

    private func failure(_ status: Int32) -> Failure {
        Failure(status: status, message: String(cString: sqlite3_errmsg(handle)))
    }
}

/// Bytes as a literal of SQL.
func blobLiteral(_ bytes: [UInt8]) -> String {
    "x'" + bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + "'"
}
