import MarketModel

/// The statements that write quotes and trades: the hot part of a transaction.
///
/// Used inside the serial queue of its database only.
final class TickInserter {
    private let quote: PreparedStatement
    private let trade: PreparedStatement

    /// Rows replace what their key holds, so that storing a message twice, as recovery may, stores its rows once.
    init(on handle: OpaquePointer?, path: String) throws(ArchiveError) {
        quote = try PreparedStatement(
            """
            INSERT OR REPLACE INTO quote (instrument_id, ts_recv, message_index, item, ts_event, bid_price, bid_size,
                ask_price, ask_size, sequence)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            on: handle,
            path: path
        )
        trade = try PreparedStatement(
            """
            INSERT OR REPLACE INTO trade (instrument_id, ts_recv, message_index, item, ts_event, price, size,
                aggressor_side, trade_id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            on: handle,
            path: path
        )
    }

    func insert(_ rows: [QuoteRow]) throws(ArchiveError) {
        for index in TickOrder.indices(of: rows) {
            let row = rows[Int(index)]
            bindKey(of: row, to: quote)
            quote.bind(5, row.tsEvent?.rawValue)
            quote.bind(6, row.bidPrice)
            quote.bind(7, row.bidSize)
            quote.bind(8, row.askPrice)
            quote.bind(9, row.askSize)
            quote.bind(10, row.sequence)
            try quote.run()
        }
    }

    func insert(_ rows: [TradeRow]) throws(ArchiveError) {
        for index in TickOrder.indices(of: rows) {
            let row = rows[Int(index)]
            bindKey(of: row, to: trade)
            trade.bind(5, row.tsEvent?.rawValue)
            trade.bind(6, row.price)
            trade.bind(7, row.size)
            trade.bind(8, row.aggressorSide.map { Int64($0.rawValue) })
            trade.bind(9, row.tradeID)
            try trade.run()
        }
    }

    @inline(__always)
    private func bindKey(of row: some TickRow, to statement: PreparedStatement) {
        statement.bind(1, row.instrumentID)
        statement.bind(2, row.tsRecv.rawValue)
        statement.bind(3, row.messageIndex)
        statement.bind(4, row.item)
    }
}
