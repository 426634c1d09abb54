import MarketModel

/// Counts the rows that break a CHECK constraint of their table.
///
/// SQLite does not load CHECK constraints on a read-only connection, so `PRAGMA quick_check` does not notice such rows.
struct CheckConstraints {
    /// Constraints are cut to this number of characters in texts for people.
    private static let shownMax = 200

    private let table: String
    /// The expressions with their parentheses, in the order of the schema.
    private let expressions: [String]

    /// Finds the constraints in `sql`, the statement that made `table`.
    init(table: String, sql: String) {
        self.table = table
        expressions = CheckExpressions.all(in: Array(sql.utf8))
    }

    /// Checks all tables of a recording.
    ///
    /// Tables with damaged pages are passed over, because SQLite's own check reports them.
    static func check(_ reader: ArchiveReader, _ report: inout RecordingReport) throws(ArchiveError) {
        try reader.read { handle throws(ArchiveError) in
            let tables = try PreparedStatement(
                "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE%CHECK%'",
                on: handle,
                path: reader.path
            )
            while try tables.step() {
                let constraints = Self(table: tables.text(0), sql: tables.text(1))
                guard !constraints.expressions.isEmpty else { continue }
                do throws(ArchiveError) {
                    try constraints.check(handle, reader.path, &report)
                } catch  where error.code == .corrupted {
                    continue
                } catch  where error.code == .database || error.code == .badSQL {
                    report.add(.database, "cannot check the constraints of \(constraints.table): \(error)")
                }
            }
        }
    }

    /// Counts in one pass over the table.
    ///
    /// As in SQLite, a constraint whose result is NULL is not broken.
    private func check(
        _ handle: OpaquePointer?,
        _ path: String,
        _ report: inout RecordingReport
    ) throws(ArchiveError) {
        let counts = expressions.map { "sum(NOT \($0))" }.joined(separator: ", ")
        let name = table.replacing("\"", with: "\"\"")
        let query = try PreparedStatement("SELECT \(counts) FROM \"\(name)\"", on: handle, path: path)
        guard try query.step() else { return }
        for (column, expression) in expressions.enumerated() {
            let count = query.integer(Int32(column))
            guard count > 0 else { continue }
            let words = expression.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(Self.shownMax)
            let verb = Counted.word(count, "breaks", "break")
            report.add(.row, "\(Counted.text(count, "row")) of \(table) \(verb) CHECK \(words)")
        }
        query.reset()
    }
}
