package import MarketModel

/// Reads one recording, even while it is being written; there may be any number of readers.
///
/// It opens the file read-only and never checkpoints. Calls block on the disk. Each call is a separate transaction, so
/// that a long read does not keep the writer's WAL from being recycled. Concurrent calls run one after the other.
package final class ArchiveReader: Sendable {
    package let path: String
    private let database: SerialDatabase
    private let statements = StatementShelf()

    /// Opens the recording at `path`.
    ///
    /// - Throws: ``ArchiveError``; among others ``ArchiveError/Code/notFound``, ``ArchiveError/Code/notARecording`` or
    ///   ``ArchiveError/Code/newerSchema``.
    package init(path: String) throws(ArchiveError) {
        self.path = path
        database = try RecordingFile.openForReading(path)
        try read { handle throws(ArchiveError) in try OlderSchema.coverTables(handle, path) }
    }

    deinit {
        let statements = statements
        database.run { _ in statements.removeAll() }
    }

    /// The size of the write-ahead log in bytes: it exists while the recording is being written, and grows while a
    /// reader holds a transaction.
    package var logBytes: Int64 { FilePath.bytes(of: path + "-wal") }

    /// The size of the file in bytes, without its log.
    package var fileBytes: Int64 { FilePath.bytes(of: path) }

    /// The recording's identity, which does not depend on the file name; `nil` if it was begun before schema 5.
    package func identity() throws(ArchiveError) -> RecordingIdentity? {
        try read { handle throws(ArchiveError) in try RecordingIdentity.stored(on: handle, path: path) }
    }

    /// All sessions in order of their ids.
    package func sessions() throws(ArchiveError) -> [SessionRow] {
        try read { handle throws(ArchiveError) in try RowQueries.sessions(on: handle, path: path) }
    }

    package func feeds() throws(ArchiveError) -> [FeedRow] {
        try read { handle throws(ArchiveError) in try RowQueries.feeds(on: handle, path: path) }
    }

    /// The part of each feed's subscription that the venue accepted, as JSON by feed id; only for venues that report
    /// it.
    package func subscriptions() throws(ArchiveError) -> [Int64: String] {
        try read { handle throws(ArchiveError) in try RowQueries.subscriptions(on: handle, path: path) }
    }

    /// The value of each option in `names` for each feed, as text by feed id; the feed's value overrides its session's.
    ///
    /// Missing and null options are left out; `true` is `1`.
    package func feedOptions(_ names: [String]) throws(ArchiveError) -> [Int64: [String: String]] {
        try read { handle throws(ArchiveError) in try RowQueries.feedOptions(names, on: handle, path: path) }
    }

    package func connections() throws(ArchiveError) -> [ConnectionRow] {
        try read { handle throws(ArchiveError) in try RowQueries.connections(on: handle, path: path) }
    }

    /// The connections with a journal key; none in a recording of a schema before 3.
    package func journaledConnections() throws(ArchiveError) -> [JournaledConnection] {
        try read { handle throws(ArchiveError) in
            // Older files do not have these columns.
            let version = try RowQueries.integer("PRAGMA user_version", on: handle, path: path)
            guard version >= 3 else { return [] }
            let statement = try PreparedStatement(JournaledConnection.query, on: handle, path: path)
            var connections: [JournaledConnection] = []
            while try statement.step() { connections.append(JournaledConnection(statement)) }
            return connections
        }
    }

    package func instruments() throws(ArchiveError) -> [InstrumentRow] {
        try read { handle throws(ArchiveError) in try RowQueries.instruments(on: handle, path: path) }
    }

    /// All gaps, ordered by their start.
    package func gaps() throws(ArchiveError) -> [GapRow] {
        try read { handle throws(ArchiveError) in try RowQueries.gaps(on: handle, path: path) }
    }

    /// The times in which the feeds' markets were closed, in ascending order.
    package func closedSpans() throws(ArchiveError) -> [ClosedSpanRow] {
        try read { handle throws(ArchiveError) in try RowQueries.closedSpans(on: handle, path: path) }
    }

    /// The known absences, in the order in which they were noted.
    package func absences() throws(ArchiveError) -> [AbsenceRow] {
        try read { handle throws(ArchiveError) in try AbsenceRow.all(on: handle, path: path) }
    }

    /// The recording's content in numbers.
    ///
    /// Counting ticks scans their tables: about 50 ns a row.
    package func summary() throws(ArchiveError) -> RecordingSummary {
        try read { handle throws(ArchiveError) in try RecordingSummary(handle, path: path) }
    }

    /// The number of the newest message, or -1: use it to limit a ``ReadRange`` to the present content.
    ///
    /// A message that is known to be absent counts, because its rows may still be stored.
    package func lastMessageIndex() throws(ArchiveError) -> Int64 {
        try read { handle throws(ArchiveError) in
            let sql = """
                SELECT coalesce(max(n), -1) FROM (SELECT max(last_message_index) AS n FROM message_block
                    UNION ALL SELECT max(last_message_index) FROM absence)
                """
            let statement = try PreparedStatement(sql, on: handle, path: path)
            return try statement.step() ? statement.integer(0) : -1
        }
    }

    /// The latest `ts_recv` of all messages; `nil` if there are none.
    package func lastMessageTime() throws(ArchiveError) -> UnixNanoseconds? {
        try read { handle throws(ArchiveError) in
            let statement = try PreparedStatement("SELECT max(ts_last) FROM message_block", on: handle, path: path)
            defer { statement.reset() }
            return try statement.step() ? statement.optionalInteger(0).map { UnixNanoseconds($0) } : nil
        }
    }

    // MARK: Cursors

    /// Walks the raw messages, block by block.
    package func blocks(_ range: ReadRange = ReadRange(), order: BlockOrder = .stored) throws(ArchiveError)
        -> BlockCursor
    {
        try BlockCursor(self, bounded(range), order: order)
    }

    /// Walks the raw messages of all connections in stored order.
    package func messages(_ range: ReadRange = ReadRange()) throws(ArchiveError) -> MessageCursor {
        try MessageCursor(blocks(range))
    }

    /// Walks the quotes of all or some instruments in order of `(ts_recv, message_index, item)`.
    package func quotes(
        _ range: ReadRange = ReadRange(),
        instrumentIDs: [Int64]? = nil
    ) throws(ArchiveError) -> TickCursor<QuoteRow> {
        try TickCursor(self, bounded(range), instrumentIDs: wanted(instrumentIDs))
    }

    /// Walks the trades of all or some instruments in order of `(ts_recv, message_index, item)`.
    package func trades(
        _ range: ReadRange = ReadRange(),
        instrumentIDs: [Int64]? = nil
    ) throws(ArchiveError) -> TickCursor<TradeRow> {
        try TickCursor(self, bounded(range), instrumentIDs: wanted(instrumentIDs))
    }

    /// Walks the margin updates in order of `(ts_recv, message_index, item)`.
    package func marginUpdates(_ range: ReadRange = ReadRange()) throws(ArchiveError) -> RowCursor<MarginUpdateRow> {
        try RowCursor(self, bounded(range))
    }

    /// Walks the events in order of `(ts_recv, message_index, item)`.
    package func events(_ range: ReadRange = ReadRange()) throws(ArchiveError) -> RowCursor<EventRow> {
        try RowCursor(self, bounded(range))
    }

    private func bounded(_ range: ReadRange) throws(ArchiveError) -> ReadRange {
        var range = range
        if range.messageIndexMax == .max { range.messageIndexMax = try lastMessageIndex() }
        return range
    }

    private func wanted(_ instrumentIDs: [Int64]?) throws(ArchiveError) -> [Int64] {
        if let instrumentIDs { return instrumentIDs }
        return try instruments().map(\.instrumentID)
    }

    /// Runs `body` with a statement that is compiled once and shared by all cursors; it is reset after `body`.
    func read(
        with sql: String,
        _ body: (PreparedStatement) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        try read { handle throws(ArchiveError) in
            let statement = try statements.statement(sql, on: handle, path: path)
            defer { statement.reset() }
            try body(statement)
        }
    }

    /// Runs `body` on the database's queue; the transaction ends with its last statement.
    func read<Value>(_ body: (OpaquePointer?) throws(ArchiveError) -> Value) throws(ArchiveError) -> Value {
        do {
            return try database.run(body)
        } catch {
            throw ArchiveError(error, action: "read", path: path)
        }
    }
}

/// Compiled statements by their SQL.
///
/// `@unchecked Sendable`: it is only used on the database's serial queue.
private final class StatementShelf: @unchecked Sendable {
    private var statements: [String: PreparedStatement] = [:]

    func statement(_ sql: String, on handle: OpaquePointer?, path: String) throws(ArchiveError) -> PreparedStatement {
        if let statement = statements[sql] { return statement }
        let statement = try PreparedStatement(sql, on: handle, path: path)
        statements[sql] = statement
        return statement
    }

    func removeAll() { statements = [:] }
}
