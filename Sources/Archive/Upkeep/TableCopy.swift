import CSQLite

/// Copies tables of a recording into its replacement.
struct TableCopy {
    private let replacement: RecordingReplacement
    /// The tables of the replacement.
    let tables: [TableShape]

    /// Attaches the recording to its replacement for reading; its schema must be the newest.
    init(_ replacement: RecordingReplacement) throws(ArchiveError) {
        self.replacement = replacement
        tables = try TableShape.all(on: replacement.handle, path: replacement.path)
        // SQLite does not allow ATTACH inside a transaction.
        try replacement.execute("COMMIT")
        let attach = try replacement.statement("ATTACH ? AS source")
        attach.bind(1, replacement.source)
        try attach.run(action: "open")
        try replacement.execute("BEGIN")
    }

    /// Copies all rows of a table in the order of its key; columns that the source lacks stay empty.
    func copy(_ table: TableShape) throws(ArchiveError) {
        var there: Set<String> = []
        let columns = try replacement.statement("SELECT name FROM pragma_table_xinfo(?, 'source')")
        columns.bind(1, table.name)
        while try columns.step() { there.insert(columns.text(0)) }
        let names = table.columns.filter { !$0.isGenerated && there.contains($0.name) }.map { "\"\($0.name)\"" }
            .joined(separator: ", ")
        guard !names.isEmpty else { return }
        try replacement.execute(
            "INSERT INTO main.\"\(table.name)\" (\(names)) SELECT \(names) FROM source.\"\(table.name)\""
        )
    }

    func detach() throws(ArchiveError) {
        try replacement.execute("COMMIT; DETACH source; BEGIN")
    }
}
