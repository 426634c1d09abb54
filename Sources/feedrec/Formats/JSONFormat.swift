import Archive

extension ResultFormat {
    /// One array with an object for each row of all statements.
    static let json = ResultFormat("json") { JSONWriter() }
}

private struct JSONWriter: ResultWriter {
    private var row = JSONRow(columns: [])
    private var isArrayOpen = false

    mutating func begin(_ columns: [String], into output: inout [UInt8]) {
        row = JSONRow(columns: columns)
    }

    mutating func append(_ values: [SQLValue], into output: inout [UInt8]) {
        output.append(contentsOf: (isArrayOpen ? ",\n  " : "[\n  ").utf8)
        row.append(values, to: &output)
        isArrayOpen = true
    }

    mutating func finish(into output: inout [UInt8]) {
        output.append(contentsOf: (isArrayOpen ? "\n]\n" : "[]\n").utf8)
    }
}
