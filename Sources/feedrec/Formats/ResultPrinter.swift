import Archive

/// Prints the rows of a query as they arrive.
struct ResultPrinter: ~Copyable {
    private var writer: any ResultWriter
    private var output = StandardOutput()
    private var bytes: [UInt8] = []
    /// True while a statement may have more rows.
    private var isInResult = false

    init(format: ResultFormat) {
        writer = format.makeWriter()
    }

    mutating func print(_ event: SQLEvent) throws {
        switch event {
        case .columns(let names):
            endResult()
            writer.begin(names, into: &bytes)
            isInResult = true
        case .row(let values): writer.append(values, into: &bytes)
        }
        try handOver()
    }

    mutating func finish() throws {
        endResult()
        writer.finish(into: &bytes)
        try handOver()
        try output.flush()
    }

    private mutating func endResult() {
        if isInResult { writer.end(into: &bytes) }
        isInResult = false
    }

    private mutating func handOver() throws {
        try output.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
