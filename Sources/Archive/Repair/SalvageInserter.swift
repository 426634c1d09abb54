import CSQLite
import SQLiteFormat

/// Writes salvaged rows into the new file, and rejects a row that breaks a constraint of its table.
final class SalvageInserter {
    let shape: TableShape
    private let replacement: RecordingReplacement
    /// By number of values: rows from before a column was added are shorter.
    private var statements: [Int: PreparedStatement] = [:]
    private(set) var rowCount: Int64 = 0

    init(_ shape: TableShape, into replacement: RecordingReplacement) {
        self.shape = shape
        self.replacement = replacement
    }

    /// Inserts a row unless its key is there already; returns false if the row does not fit the table.
    func insert(_ row: [StoredValue]) throws(ArchiveError) -> Bool {
        let statement = try statement(for: row.count)
        var parameter: Int32 = 1
        for (value, column) in zip(row, shape.columns) where !column.isGenerated {
            switch value {
            case .null: statement.bind(parameter, Optional<Int64>.none)
            case .integer(let value): statement.bind(parameter, value)
            case .real(let value): statement.bind(real: value, at: parameter)
            case .text(let bytes): statement.bind(text: bytes, at: parameter)
            case .blob(let bytes): statement.bind(blob: bytes, at: parameter)
            }
            parameter += 1
        }
        do throws(ArchiveError) {
            try statement.run()
        } catch {
            guard let code = error.sqliteExtendedCode, [SQLITE_CONSTRAINT, SQLITE_MISMATCH].contains(code & 0xFF) else {
                throw error
            }
            return false
        }
        rowCount += Int64(sqlite3_changes(replacement.handle))
        return true
    }

    private func statement(for count: Int) throws(ArchiveError) -> PreparedStatement {
        if let statement = statements[count] { return statement }
        let names = shape.columns.prefix(count).filter { !$0.isGenerated }.map { "\"\($0.name)\"" }
        let marks = Array(repeating: "?", count: names.count).joined(separator: ", ")
        // Unlike OR IGNORE, this does not pass over a broken CHECK: the row may belong to another table.
        let statement = try replacement.statement(
            "INSERT INTO \"\(shape.name)\" (\(names.joined(separator: ", "))) VALUES (\(marks)) ON CONFLICT DO NOTHING"
        )
        statements[count] = statement
        return statement
    }
}
