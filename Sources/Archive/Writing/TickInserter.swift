/// The statements that write quotes and trades: the hot part of a transaction.
///
/// Most rows are written by a statement that takes several at once, which saves SQLite's cost per statement. Use it
/// only inside the serial queue of its database.
final class TickInserter {
    /// Rows of the large statements; measured per quote: 1.07 µs with 1, 0.93 with 8, 0.84 with 32, no less with 64.
    private static let groupRows = 32

    private let quote: PreparedStatement
    private let quotes: PreparedStatement
    private let trade: PreparedStatement
    private let trades: PreparedStatement

    /// Rows replace those with the same key: if recovery stores a message twice, its rows are stored once.
    init(on handle: OpaquePointer?, path: String) throws(ArchiveError) {
        func statement<Row: StoredTick>(_ row: Row.Type, rows: Int) throws(ArchiveError) -> PreparedStatement {
            let values = "(" + Array(repeating: "?", count: Int(Row.columnCount)).joined(separator: ", ") + ")"
            let sql = """
                INSERT OR REPLACE INTO \(Row.table) (instrument_id, ts_recv, message_index, item, \(Row.valueColumns))
                VALUES \(Array(repeating: values, count: rows).joined(separator: ", "))
                """
            return try PreparedStatement(sql, on: handle, path: path)
        }
        quote = try statement(QuoteRow.self, rows: 1)
        quotes = try statement(QuoteRow.self, rows: Self.groupRows)
        trade = try statement(TradeRow.self, rows: 1)
        trades = try statement(TradeRow.self, rows: Self.groupRows)
    }

    func insert(_ rows: [QuoteRow]) throws(ArchiveError) {
        try insert(rows, one: quote, group: quotes)
    }

    func insert(_ rows: [TradeRow]) throws(ArchiveError) {
        try insert(rows, one: trade, group: trades)
    }

    private func insert<Row: StoredTick>(
        _ rows: [Row],
        one: PreparedStatement,
        group: PreparedStatement
    ) throws(ArchiveError) {
        let order = TickOrder.indices(of: rows)
        var position = 0
        while position + Self.groupRows <= order.count {
            for place in 0..<Self.groupRows {
                let parameters = TickParameters(statement: group, offset: Int32(place) * Row.columnCount)
                rows[Int(order[position + place])].bind(to: parameters)
            }
            try group.run()
            position += Self.groupRows
        }
        for index in order[position...] {
            rows[Int(index)].bind(to: TickParameters(statement: one, offset: 0))
            try one.run()
        }
    }
}
