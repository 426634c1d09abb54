import MarketModel

/// A row of a table whose order begins with `(ts_recv, message_index, item)`.
package protocol StoredRow: Sendable {
    static var table: String { get }
    /// The columns after the key.
    static var valueColumns: String { get }
    /// A column that distinguishes rows of the same message and item.
    static var tieColumn: String { get }
    init(row: RowColumns)
}

/// The columns of one stored row: its key, then those of ``StoredRow/valueColumns``, counted from 0.
package struct RowColumns {
    static let keyColumns: Int32 = 4

    let statement: PreparedStatement

    var tsRecv: UnixNanoseconds { UnixNanoseconds(statement.integer(0)) }
    var messageIndex: Int64? { statement.optionalInteger(1) }
    var item: Int64? { statement.optionalInteger(2) }
    func integer(_ column: Int32) -> Int64 { statement.integer(column + Self.keyColumns) }
    func optionalInteger(_ column: Int32) -> Int64? { statement.optionalInteger(column + Self.keyColumns) }
    func text(_ column: Int32) -> String { statement.text(column + Self.keyColumns) }
    func optionalText(_ column: Int32) -> String? { statement.optionalText(column + Self.keyColumns) }
    func bytes(_ column: Int32) -> [UInt8] { statement.bytes(column + Self.keyColumns) }
}

/// Walks a table of events in order of `(ts_recv, message_index, item)`, page by page.
///
/// No transaction is open between two pages. Rows without a message come before rows with one at the same time.
package struct RowCursor<Row: StoredRow> {
    private static var pageRows: Int { 1024 }

    private let reader: ArchiveReader
    private let range: ReadRange
    private var page: ArraySlice<Row> = []
    private var last: (tsRecv: Int64, messageIndex: Int64, item: Int64, tie: Int64)
    private var isExhausted = false

    init(_ reader: ArchiveReader, _ range: ReadRange) throws(ArchiveError) {
        self.reader = reader
        self.range = range
        last = (range.from.rawValue, .min, .min, .min)
    }

    /// The next row; `nil` at the end.
    package mutating func next() throws(ArchiveError) -> Row? {
        while page.isEmpty, !isExhausted { try fetch() }
        return page.popFirst()
    }

    private mutating func fetch() throws(ArchiveError) {
        var rows: [Row] = []
        var last = last
        var count = 0
        try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(Self.sql, on: handle, path: reader.path)
            bind(last, to: statement)
            while try statement.step() {
                count += 1
                let columns = RowColumns(statement: statement)
                last = (statement.integer(0), columns.messageIndex ?? -1, columns.item ?? -1, statement.integer(3))
                if range.contains(columns.tsRecv, columns.messageIndex ?? -1) { rows.append(Row(row: columns)) }
            }
        }
        self.last = last
        isExhausted = count < Self.pageRows
        page = rows[...]
    }

    private func bind(_ key: (Int64, Int64, Int64, Int64), to statement: PreparedStatement) {
        statement.bind(1, key.0)
        statement.bind(2, key.1)
        statement.bind(3, key.2)
        statement.bind(4, key.3)
        statement.bind(5, range.to.rawValue)
        statement.bind(6, Int64(Self.pageRows))
    }

    private static var sql: String {
        """
        SELECT ts_recv, message_index, item, \(Row.tieColumn), \(Row.valueColumns) FROM \(Row.table)
        WHERE ts_recv >= ?1 AND (ts_recv, coalesce(message_index, -1), coalesce(item, -1), \(Row.tieColumn))
            > (?1, ?2, ?3, ?4) AND ts_recv <= ?5
        ORDER BY ts_recv, message_index, item, \(Row.tieColumn) LIMIT ?6
        """
    }
}

extension MarginUpdateRow: StoredRow {
    package static let table = "margin_update"
    package static let tieColumn = "item"
    package static let valueColumns = """
        feed_id, ts_event, login, account_group, leverage, digits, balance, equity, volume, margin, margin_free,
        margin_level, state, controlling_type, balance_text, equity_text, volume_text, margin_text, margin_free_text,
        margin_level_text, asset
        """

    package init(row: RowColumns) {
        self.init(
            tsRecv: row.tsRecv,
            messageIndex: row.messageIndex ?? 0,
            item: row.item ?? 0,
            feedID: row.integer(0),
            login: row.integer(2),
            digits: UInt8(clamping: min(18, max(0, row.integer(5))))
        )
        tsEvent = row.optionalInteger(1).map { UnixNanoseconds($0) }
        accountGroup = row.optionalText(3)
        leverage = row.optionalInteger(4)
        balance = row.optionalInteger(6)
        equity = row.optionalInteger(7)
        volume = row.optionalInteger(8)
        margin = row.optionalInteger(9)
        marginFree = row.optionalInteger(10)
        marginLevel = row.optionalInteger(11)
        state = row.optionalInteger(12).flatMap { MarginState(rawValue: UInt8(clamping: $0)) }
        controllingType = row.optionalInteger(13).flatMap { MarginControllingType(rawValue: UInt8(clamping: $0)) }
        texts.balance = row.optionalText(14)
        texts.equity = row.optionalText(15)
        texts.volume = row.optionalText(16)
        texts.margin = row.optionalText(17)
        texts.marginFree = row.optionalText(18)
        texts.marginLevel = row.optionalText(19)
        asset = row.optionalText(20)
    }
}

extension EventRow: StoredRow {
    package static let table = "event"
    package static let tieColumn = "event_id"
    package static let valueColumns = "feed_id, kind, symbol, is_oddity, json"

    package init(row: RowColumns) {
        self.init(
            tsRecv: row.tsRecv,
            messageIndex: row.messageIndex,
            item: row.item,
            feedID: row.optionalInteger(0),
            kind: row.text(1),
            symbol: row.optionalText(2),
            isOddity: row.integer(3) != 0,
            json: row.bytes(4)
        )
    }
}
