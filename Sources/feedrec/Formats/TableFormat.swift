import Archive

extension ResultFormat {
    /// Columns for people.
    static let table = ResultFormat("table") { TableWriter() }
}

/// Writes a ``TextTable`` for each statement.
private struct TableWriter: ResultWriter {
    private var table = TextTable(columns: [])

    mutating func begin(_ columns: [String], into output: inout [UInt8]) {
        table = TextTable(columns: columns)
    }

    mutating func append(_ row: [SQLValue], into output: inout [UInt8]) {
        Self.write(table.add(row), to: &output)
    }

    mutating func end(into output: inout [UInt8]) {
        Self.write(table.finish(), to: &output)
    }

    private static func write(_ lines: [String], to output: inout [UInt8]) {
        for line in lines {
            output.append(contentsOf: line.utf8)
            output.append(UInt8(ascii: "\n"))
        }
    }
}
