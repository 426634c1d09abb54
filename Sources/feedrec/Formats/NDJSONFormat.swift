import Archive

extension ResultFormat {
    /// A line with a JSON object for each row.
    static let ndjson = ResultFormat("ndjson") { NDJSONWriter() }
}

private struct NDJSONWriter: ResultWriter {
    private var row = JSONRow(columns: [])

    mutating func begin(_ columns: [String], into output: inout [UInt8]) {
        row = JSONRow(columns: columns)
    }

    mutating func append(_ values: [SQLValue], into output: inout [UInt8]) {
        row.append(values, to: &output)
        output.append(UInt8(ascii: "\n"))
    }
}
