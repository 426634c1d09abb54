import Archive

extension ResultFormat {
    /// Comma-separated values as in RFC 4180, but with line feeds as line ends.
    ///
    /// The column names are the first line. `NULL` is an empty field.
    static let csv = ResultFormat("csv") { CSVWriter() }
}

private struct CSVWriter: ResultWriter {
    mutating func begin(_ columns: [String], into output: inout [UInt8]) {
        Self.appendLine(columns, to: &output)
    }

    mutating func append(_ row: [SQLValue], into output: inout [UInt8]) {
        Self.appendLine(row.map(\.text), to: &output)
    }

    private static func appendLine(_ fields: [String], to output: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            append(field, to: &output)
        }
        output.append(UInt8(ascii: "\n"))
    }

    private static func append(_ field: String, to output: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let needsQuotes = field.utf8.contains { $0 == 0x2C || $0 == quote || $0 == 0x0A || $0 == 0x0D }
        guard needsQuotes else {
            output.append(contentsOf: field.utf8)
            return
        }
        output.append(quote)
        for byte in field.utf8 {
            if byte == quote { output.append(quote) }
            output.append(byte)
        }
        output.append(quote)
    }
}
