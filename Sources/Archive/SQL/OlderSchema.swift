import CSQLite

/// Makes a recording of an older schema look like one of the newest schema to a connection that reads it.
///
/// It creates temporary views, which SQL finds before the tables and views of the file. The file is not changed.
enum OlderSchema {
    /// Adds the columns of later schemas to the tables, and creates missing tables.
    static func coverTables(_ handle: OpaquePointer?, _ path: String) throws(ArchiveError) {
        guard try RecordingFile.isOlder(handle, path) else { return }
        for table in try NewestSchema.shared.get().tables {
            let there = try columns(of: table.name, handle, path)
            guard !Set(table.columns.map(\.name)).isSubset(of: there) else { continue }
            let select = select(table, there)
            try RecordingFile.execute("CREATE TEMP VIEW IF NOT EXISTS \(table.name) AS \(select)", handle, path)
        }
    }

    /// Replaces the views by their newest form; call it after ``coverTables(_:_:)``.
    static func coverViews(_ handle: OpaquePointer?, _ path: String) throws(ArchiveError) {
        guard try RecordingFile.isOlder(handle, path) else { return }
        for view in try NewestSchema.shared.get().views {
            guard let select = view.select else { continue }
            try RecordingFile.execute("CREATE TEMP VIEW IF NOT EXISTS \(view.name) AS \(select)", handle, path)
        }
    }

    /// A SELECT for the rows of a table in the file, with the columns of the newest schema.
    static func select(
        _ table: NewestSchema.Relation,
        _ handle: OpaquePointer?,
        _ path: String
    ) throws(ArchiveError) -> String {
        select(table, try columns(of: table.name, handle, path))
    }

    private static func select(_ table: NewestSchema.Relation, _ there: Set<String>) -> String {
        let values = table.columns.map { column in
            there.contains(column.name) ? column.name : "\(column.missing) AS \(column.name)"
        }
        return "SELECT \(values.joined(separator: ", ")) " + (there.isEmpty ? "WHERE false" : "FROM main.\(table.name)")
    }

    private static func columns(
        of table: String,
        _ handle: OpaquePointer?,
        _ path: String
    ) throws(ArchiveError) -> Set<String> {
        let statement = try PreparedStatement("SELECT name FROM pragma_table_xinfo(?, 'main')", on: handle, path: path)
        statement.bind(1, table)
        var names: Set<String> = []
        while try statement.step() { names.insert(statement.text(0)) }
        return names
    }
}
