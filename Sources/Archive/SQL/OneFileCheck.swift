import CSQLite

/// Rejects statements on several recordings that would read from only one of them.
///
/// SQLite reports each PRAGMA and each table that a statement uses, including those in views and table-valued
/// functions. A table that covers all files is a virtual table in schema `temp`, which SQL finds first. Anything else,
/// such as SQLite's own tables and tables that a user added to a recording, belongs to one file, and the statement must
/// name that file: `main.sqlite_schema`.
final class OneFileCheck {
    /// PRAGMAs that concern the connection, or that have the same result for all files.
    private static let sharedPragmas: Set<String> = [
        "table_info", "table_xinfo", "table_list", "database_list", "function_list", "module_list", "pragma_list",
        "collation_list", "compile_options", "case_sensitive_like", "temp_store", "threads", "busy_timeout",
    ]
    /// Tables of SQLite that belong to the connection.
    private static let sharedTables: Set<String> = ["sqlite_temp_schema", "sqlite_temp_master", "sqlite_stmt"]

    /// A table that a statement reads.
    private struct Use: Hashable {
        let table: String
        /// The view or common table expression that reads the table, if any.
        let reader: String?
    }

    private let handle: OpaquePointer?
    private let path: String
    /// The schemas of the attached recordings.
    private let schemas: [String]
    private var uses: Set<Use> = []
    /// The PRAGMA that was rejected.
    private var pragma: String?

    init(_ handle: OpaquePointer?, path: String, schemas: [String]) {
        self.handle = handle
        self.path = path
        self.schemas = schemas
    }

    /// Watches the statements that are compiled until ``stop()``; the check must not be freed before.
    func start() {
        sqlite3_set_authorizer(
            handle,
            { context, action, first, _, schema, reader in
                guard let context, let first else { return SQLITE_OK }
                let check = Unmanaged<OneFileCheck>.fromOpaque(context).takeUnretainedValue()
                let name = String(cString: first).lowercased()
                switch action {
                case SQLITE_PRAGMA where schema == nil: return check.allows(pragma: name) ? SQLITE_OK : SQLITE_DENY
                case SQLITE_READ:
                    check.uses.insert(Use(table: name, reader: reader.map { String(cString: $0).lowercased() }))
                default: break
                }
                return SQLITE_OK
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    func stop() {
        sqlite3_set_authorizer(handle, nil, nil)
    }

    private func allows(pragma name: String) -> Bool {
        if Self.sharedPragmas.contains(name) { return true }
        pragma = name
        return false
    }

    /// Forgets the uses of earlier statements.
    func reset() {
        uses = []
        pragma = nil
    }

    /// The error for a PRAGMA that was rejected in the last statement; `nil` if none was.
    func pragmaFailure(at offset: Int) -> ArchiveError? {
        pragma.map { failure("PRAGMA \($0)", "PRAGMA main.\($0)", offset) }
    }

    /// Checks the statement that was compiled last, which begins at `offset`.
    ///
    /// - Throws: ``ArchiveError/Code/badSQL`` if it reads a table of one recording without naming the recording.
    func checkTables(of statement: some Sequence<UInt8>, at offset: Int) throws(ArchiveError) {
        // If no column of a view is read, SQLite reports the view only as the reader of its tables.
        let names = Set(uses.map(\.table) + uses.compactMap(\.reader))
        let suspects = names.subtracting(Self.sharedTables).filter { !$0.hasPrefix("pragma_") }
        guard !suspects.isEmpty else { return }
        stop()
        defer { start() }
        let tokens = SQLTokens(statement).tokens
        for table in suspects.sorted() where try isOfOneFile(table) {
            // SQLite reports its own table under one name, whichever name the statement uses.
            let isSchema = ["sqlite_master", "sqlite_schema"].contains(table)
            let names = isSchema ? ["sqlite_schema", "sqlite_master"] : [table]
            let readers = uses.filter { $0.table == table }.compactMap(\.reader)
            let isRight =
                switch Self.mention(of: names, in: tokens) {
                case .withSchema: true
                case .alone: false
                case nil: try isIndirect(readers, isSchema: isSchema)
                }
            if !isRight { throw failure(names[0], "main.\(names[0])", offset) }
        }
    }

    /// True if a table that the statement does not name is read through a view of a recording, which is checked itself.
    ///
    /// SQLite also reads its own schema for a table function; in that case there is no other reader.
    private func isIndirect(_ readers: [String], isSchema: Bool) throws(ArchiveError) -> Bool {
        for reader in readers {
            if try isSchema ? has(reader, "temp") : isOfOneFile(reader) { return !isSchema }
        }
        return isSchema
    }

    private func isOfOneFile(_ name: String) throws(ArchiveError) -> Bool {
        if name.hasPrefix("sqlite_") || name == "dbstat" { return true }
        guard try !has(name, "temp") else { return false }
        for schema in schemas where try has(name, schema) { return true }
        return false
    }

    private func has(_ name: String, _ schema: String) throws(ArchiveError) -> Bool {
        let table = schema == "temp" ? "sqlite_temp_schema" : "\(schema).sqlite_schema"
        let sql = "SELECT 1 FROM \(table) WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')"
        let statement = try PreparedStatement(sql, on: handle, path: path)
        statement.bind(1, name)
        return try statement.step()
    }

    /// How a statement names a table.
    private enum Mention {
        case alone, withSchema
    }

    /// `nil` if the statement does not name the table itself.
    private static func mention(of names: [String], in tokens: [SQLTokens.Token]) -> Mention? {
        var mention: Mention?
        for (index, token) in tokens.enumerated() where names.contains(token.text) {
            guard index > 0, !tokens[index - 1].isQuoted else { continue }
            let isFollowedByDot = index + 1 < tokens.count && tokens[index + 1].text == "."
            switch tokens[index - 1].text {
            case ".": mention = .withSchema
            case "from", "join", "in", ",", "(": if !isFollowedByDot { return .alone }
            default: break
            }
        }
        return mention
    }

    private func failure(_ what: String, _ named: String, _ offset: Int) -> ArchiveError {
        ArchiveError(
            code: .badSQL,
            path: path,
            detail: "bad SQL: \(what) is about one recording, and '\(path)' has several",
            hint: "name the file, or write '\(named)' for the first one",
            sqlOffset: offset
        )
    }
}
