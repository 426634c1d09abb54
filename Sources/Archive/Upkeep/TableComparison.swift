/// Compares a table with that of the source recording, which is attached as `source`.
struct TableComparison {
    private let replacement: RecordingReplacement
    private let table: TableShape

    init(_ replacement: RecordingReplacement, _ table: TableShape) {
        self.replacement = replacement
        self.table = table
    }

    func difference() throws(ArchiveError) -> RebuildDifference {
        // Events have no key, so whole rows are compared.
        guard table.name != "event" else { return try unkeyedDifference() }
        let keys = try keyColumns()
        let values = table.columns.filter { !$0.isGenerated && !keys.contains($0.name) }.map(\.name)
        return RebuildDifference(
            table: table.name,
            made: try count(in: "main", butNotIn: "source", keys),
            removed: try count(in: "source", butNotIn: "main", keys),
            changed: try integer(
                """
                SELECT count(*) FROM main.\(table.name) m JOIN source.\(table.name) s
                ON (\(list("m", keys))) = (\(list("s", keys))) WHERE (\(list("m", values))) IS NOT (\(list("s", values)))
                """
            )
        )
    }

    private func unkeyedDifference() throws(ArchiveError) -> RebuildDifference {
        let columns = table.columns.map(\.name).filter { $0 != "event_id" }.joined(separator: ", ")
        func surplus(_ one: String, _ other: String) throws(ArchiveError) -> Int64 {
            try integer(
                """
                SELECT coalesce(sum(n), 0) FROM (
                    SELECT sum(d) AS n FROM (
                        SELECT 1 AS d, \(columns) FROM \(one).\(table.name)
                        UNION ALL SELECT -1, \(columns) FROM \(other).\(table.name))
                    GROUP BY \(columns) HAVING n > 0)
                """
            )
        }
        return RebuildDifference(
            table: table.name,
            made: try surplus("main", "source"),
            removed: try surplus("source", "main"),
            changed: 0
        )
    }

    private func count(in one: String, butNotIn other: String, _ keys: [String]) throws(ArchiveError) -> Int64 {
        try integer(
            """
            SELECT count(*) FROM \(one).\(table.name) o WHERE NOT EXISTS (
                SELECT 1 FROM \(other).\(table.name) t WHERE (\(list("t", keys))) = (\(list("o", keys))))
            """
        )
    }

    private func keyColumns() throws(ArchiveError) -> [String] {
        let statement = try replacement.statement("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk")
        statement.bind(1, table.name)
        var keys: [String] = []
        while try statement.step() { keys.append(statement.text(0)) }
        return keys
    }

    private func list(_ name: String, _ columns: [String]) -> String {
        columns.map { "\(name).\($0)" }.joined(separator: ", ")
    }

    private func integer(_ sql: String) throws(ArchiveError) -> Int64 {
        try RowQueries.integer(sql, on: replacement.handle, path: replacement.path)
    }
}
