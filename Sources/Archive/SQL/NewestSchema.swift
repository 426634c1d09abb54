import CMessageTable
import CSQLite
import Migrations

/// The tables and views of the newest schema, as in an empty recording.
///
/// Readers see older recordings with the same tables and views, so that a query means the same for every file.
struct NewestSchema: Sendable {
    struct Column: Hashable, Sendable {
        let name: String
        /// `nil` for a column that a view computes.
        let type: String?
        /// The SQL value for rows that were stored before the column existed.
        var missing = "NULL"

        /// The column as in a table declaration.
        var declaration: String { [name, type].compactMap(\.self).joined(separator: " ") }
    }

    struct Relation: Hashable, Sendable {
        let name: String
        let columns: [Column]
        /// The SELECT of a view; `nil` for a table.
        let select: String?
    }

    let tables: [Relation]
    let views: [Relation]
    /// The table-valued view of raw messages, see `feedrec_messages.c`.
    let messages: Relation

    /// Created once, because it runs all migrations in memory.
    static let shared: Result<NewestSchema, ArchiveError> = Result { () throws(ArchiveError) in try NewestSchema() }

    private init() throws(ArchiveError) {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        let path = ":memory:"
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else {
            throw ArchiveError(handle: handle, action: "open", path: path)
        }
        feedrec_register_messages(handle)
        for step in Migrations.steps { try RecordingFile.execute(step, handle, path) }
        messages = Relation(name: "messages", columns: try Self.columns(of: "messages", handle), select: nil)
        var tables: [Relation] = []
        var views: [Relation] = []
        let list = try PreparedStatement(
            "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' "
                + "ORDER BY rowid",
            on: handle,
            path: path
        )
        while try list.step() {
            let name = list.text(0)
            let isView = list.text(1) == "view"
            let columns = try Self.columns(of: name, handle)
            let select = isView ? Self.select(of: list.text(2)) : nil
            if isView {
                views.append(Relation(name: name, columns: columns, select: select))
            } else {
                tables.append(Relation(name: name, columns: columns, select: nil))
            }
        }
        (self.tables, self.views) = (tables, views)
    }

    private static func columns(of name: String, _ handle: OpaquePointer?) throws(ArchiveError) -> [Column] {
        var missing: [String: String] = [:]
        let defaults = try PreparedStatement(
            "SELECT name, dflt_value FROM pragma_table_info(?) WHERE dflt_value IS NOT NULL",
            on: handle,
            path: ":memory:"
        )
        defaults.bind(1, name)
        while try defaults.step() { missing[defaults.text(0)] = defaults.text(1) }
        let statement = try PreparedStatement("SELECT * FROM \(name) LIMIT 0", on: handle, path: ":memory:")
        return (0..<statement.columnCount).map { index in
            let name = statement.columnName(index) ?? ""
            return Column(name: name, type: statement.columnType(index), missing: missing[name] ?? "NULL")
        }
    }

    /// The text after `CREATE VIEW name AS`.
    private static func select(of sql: String) -> String? {
        sql.firstRange(of: " AS\n").map { String(sql[$0.upperBound...]) }
    }
}
