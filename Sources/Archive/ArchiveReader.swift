import GRDB
package import MarketModel

/// Reads one recording, also while it is being written; any number of readers may.
///
/// It opens the file read-only and never checkpoints. Calls block for the time of the disk; each is a transaction of
/// its own, so that a long reader does not keep the writer's WAL from being recycled. Calls from several tasks wait for
/// each other.
package final class ArchiveReader: Sendable {
    package let path: String
    private let queue: DatabaseQueue
    private let statements = StatementShelf()

    /// Opens the recording at `path`.
    ///
    /// - Throws: ``ArchiveError`` with ``ArchiveError/Code/notFound``, ``ArchiveError/Code/notARecording`` or
    ///   ``ArchiveError/Code/newerSchema``, among others.
    package init(path: String) throws(ArchiveError) {
        self.path = path
        queue = try RecordingFile.openForReading(path)
        try read { handle throws(ArchiveError) in try OlderSchema.coverTables(handle, path) }
    }

    deinit {
        let statements = statements
        queue.inDatabase { _ in statements.removeAll() }
    }

    /// Bytes of the write-ahead log beside the recording: there is one while it is being written, and it is long where a
    /// reader holds a transaction.
    package var logBytes: Int64 { FilePath.bytes(of: path + "-wal") }

    /// Bytes of the file, without its log.
    package var fileBytes: Int64 { FilePath.bytes(of: path) }

    /// Which recording this is, also under another name; `nil` for one that was begun before schema 5.
    package func identity() throws(ArchiveError) -> RecordingIdentity? {
        try read { handle throws(ArchiveError) in try RecordingIdentity.stored(on: handle, path: path) }
    }

    /// All sessions in order of their numbers.
    package func sessions() throws(ArchiveError) -> [SessionRow] {
        try read { handle throws(ArchiveError) in try RowQueries.sessions(on: handle, path: path) }
    }

    package func feeds() throws(ArchiveError) -> [FeedRow] {
        try read { handle throws(ArchiveError) in try RowQueries.feeds(on: handle, path: path) }
    }

    /// What the venue took of what each feed asked for: JSON by feed, of those whose venue says so.
    package func subscriptions() throws(ArchiveError) -> [Int64: String] {
        try read { handle throws(ArchiveError) in try RowQueries.subscriptions(on: handle, path: path) }
    }

    /// What a feed, or else its session, was configured with under each of `names`, as text; by the number of the feed.
    ///
    /// An option that is not there, or is null, is left out; `true` is `1`.
    package func feedOptions(_ names: [String]) throws(ArchiveError) -> [Int64: [String: String]] {
        try read { handle throws(ArchiveError) in try RowQueries.feedOptions(names, on: handle, path: path) }
    }

    package func connections() throws(ArchiveError) -> [ConnectionRow] {
        try read { handle throws(ArchiveError) in try RowQueries.connections(on: handle, path: path) }
    }

    /// The connections that have a name in the journal; none in a recording that was begun before schema 3.
    package func journaledConnections() throws(ArchiveError) -> [JournaledConnection] {
        try read { handle throws(ArchiveError) in
            // Older files have no such columns.
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

    /// All gaps, ordered by the start of what is missing.
    package func gaps() throws(ArchiveError) -> [GapRow] {
        try read { handle throws(ArchiveError) in try RowQueries.gaps(on: handle, path: path) }
    }

    /// When the markets of feeds were closed, in order of time.
    package func closedSpans() throws(ArchiveError) -> [ClosedSpanRow] {
        try read { handle throws(ArchiveError) in try RowQueries.closedSpans(on: handle, path: path) }
    }

    /// What was stored once and is known not to be there any more, in the order in which it was noted.
    package func absences() throws(ArchiveError) -> [AbsenceRow] {
        try read { handle throws(ArchiveError) in try AbsenceRow.all(on: handle, path: path) }
    }

    /// What the recording holds, in numbers.
    ///
    /// Counting ticks walks their tables: about 50 ns a row.
    package func summary() throws(ArchiveError) -> RecordingSummary {
        try read { handle throws(ArchiveError) in try RecordingSummary(handle, path: path) }
    }

    /// The number of the newest message stored, or -1: bounds a ``ReadRange`` to what is there now.
    package func lastMessageIndex() throws(ArchiveError) -> Int64 {
        try read { handle throws(ArchiveError) in
            let sql = "SELECT coalesce(max(last_message_index), -1) FROM message_block"
            let statement = try PreparedStatement(sql, on: handle, path: path)
            return try statement.step() ? statement.integer(0) : -1
        }
    }

    /// The latest `ts_recv` of any message; `nil` without messages.
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

    /// Walks the quotes of all instruments, or of some, in order of `(ts_recv, message_index, item)`.
    package func quotes(
        _ range: ReadRange = ReadRange(),
        instrumentIDs: [Int64]? = nil
    ) throws(ArchiveError) -> TickCursor<QuoteRow> {
        try TickCursor(self, bounded(range), instrumentIDs: wanted(instrumentIDs))
    }

    /// Walks the trades of all instruments, or of some, in order of `(ts_recv, message_index, item)`.
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

    /// Runs `body` with a statement that is compiled once and shared by all cursors; it leaves no rows unread.
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
            return try queue.inDatabase { db in try body(db.sqliteConnection) }
        } catch {
            throw ArchiveError(error, action: "read", path: path)
        }
    }
}

/// Compiled statements by their SQL; touched on the database's queue alone.
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
