import CSQLite
import Migrations

/// How many values the records of each table have, in any version of the schema.
///
/// SQLite writes all columns of a row, also those that are NULL, so a record is shorter than its table only if it is
/// older than a column. Records of any other length belong to another table, or to an index.
struct RecordLengths {
    private var lengths: [String: Set<Int>] = [:]

    /// Runs all migrations in memory.
    init() throws(ArchiveError) {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        let path = ":memory:"
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else {
            throw ArchiveError(handle: handle, action: "open", path: path)
        }
        for step in Migrations.steps {
            try RecordingFile.execute(step, handle, path)
            // 2 is a generated column that is not stored.
            let counts = try PreparedStatement(
                """
                SELECT l.name, count(*) FROM pragma_table_list l, pragma_table_xinfo(l.name) c
                WHERE l.schema = 'main' AND l.type = 'table' AND c.hidden <> 2 GROUP BY l.name
                """,
                on: handle,
                path: path
            )
            while try counts.step() { lengths[counts.text(0), default: []].insert(Int(counts.integer(1))) }
        }
    }

    /// The numbers of values that a record of `table` can have.
    func of(_ table: String) -> Set<Int> { lengths[table] ?? [] }
}
