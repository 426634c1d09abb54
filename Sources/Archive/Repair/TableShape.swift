import SQLiteFormat

/// The shape of a table's records, to distinguish them from records of other tables.
struct TableShape {
    enum ColumnType { case integer, real, text, blob, any }

    struct Column {
        let name: String
        let type: ColumnType
        let isRequired: Bool
        /// A row from before the column was added gets the default.
        let hasDefault: Bool
        /// Computed by SQLite: stored, but must not be written.
        let isGenerated: Bool
    }

    let name: String
    /// True for tables with row ids; ``rowIDColumn`` is the column that holds the row id, if any.
    let hasRowID: Bool
    let rowIDColumn: Int?
    /// In the order of the record: the key comes first if there is no row id.
    let columns: [Column]
    /// The numbers of values that a record can have.
    let recordLengths: Set<Int>

    /// The number of columns without NULL: the more, the surer it is that a record that fits belongs here.
    var requiredColumns: Int { columns.count { $0.isRequired } }

    /// Returns the values to write; `nil` if the record is not a row of this table.
    ///
    /// A row that is older than a column is shorter.
    func row(_ values: [StoredValue], rowID: Int64) -> [StoredValue]? {
        guard recordLengths.contains(values.count), values.count <= columns.count else { return nil }
        var row = values
        for (index, column) in columns.enumerated() {
            guard index < values.count else {
                if column.isRequired, !column.hasDefault { return nil }
                continue
            }
            if index == rowIDColumn {
                guard values[index] == .null else { return nil }
                row[index] = .integer(rowID)
            } else if !Self.fits(values[index], column) {
                return nil
            }
        }
        return row
    }

    private static func fits(_ value: StoredValue, _ column: Column) -> Bool {
        switch (value, column.type) {
        case (.null, _): !column.isRequired
        case (_, .any), (.integer, .integer), (.text, .text), (.blob, .blob), (.real, .real): true
        // SQLite stores a whole number in a REAL column as an integer.
        case (.integer, .real): true
        default: false
        }
    }
}

extension TableShape {
    /// The tables of schema `main`, without SQLite's own.
    static func all(on handle: OpaquePointer?, path: String) throws(ArchiveError) -> [TableShape] {
        let list = try PreparedStatement(
            """
            SELECT l.name, l.wr FROM pragma_table_list l
            WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
            """,
            on: handle,
            path: path
        )
        let lengths = try RecordLengths()
        var shapes: [TableShape] = []
        while try list.step() {
            let name = list.text(0)
            let hasRowID = list.integer(1) == 0
            shapes.append(try shape(name, hasRowID: hasRowID, lengths.of(name), on: handle, path: path))
        }
        return shapes
    }

    private static func shape(
        _ name: String,
        hasRowID: Bool,
        _ recordLengths: Set<Int>,
        on handle: OpaquePointer?,
        path: String
    ) throws(ArchiveError) -> TableShape {
        let statement = try PreparedStatement(
            "SELECT name, type, \"notnull\", pk, hidden, dflt_value IS NOT NULL FROM pragma_table_xinfo(?) ORDER BY cid",
            on: handle,
            path: path
        )
        statement.bind(1, name)
        var columns: [(column: Column, key: Int64)] = []
        while try statement.step() {
            // 2 is a generated column that is not stored.
            guard statement.integer(4) != 2 else { continue }
            let column = Column(
                name: statement.text(0),
                type: type(statement.text(1)),
                isRequired: statement.integer(2) != 0,
                hasDefault: statement.integer(5) != 0,
                isGenerated: statement.integer(4) != 0
            )
            columns.append((column, statement.integer(3)))
        }
        let keys = columns.filter { $0.key > 0 }
        let isAlias = hasRowID && keys.count == 1 && keys[0].column.type == .integer
        if !hasRowID {
            columns = keys.sorted { $0.key < $1.key } + columns.filter { $0.key == 0 }
        }
        return TableShape(
            name: name,
            hasRowID: hasRowID,
            rowIDColumn: isAlias ? columns.firstIndex { $0.key > 0 } : nil,
            columns: columns.map(\.column),
            recordLengths: recordLengths
        )
    }

    private static func type(_ name: String) -> ColumnType {
        switch name.uppercased() {
        case "INTEGER", "INT": .integer
        case "TEXT": .text
        case "BLOB": .blob
        case "REAL": .real
        default: .any
        }
    }
}
