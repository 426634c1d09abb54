import MarketModel

/// The statements that write the bars and orders of a MetaTrader hub.
///
/// Use it only inside the serial queue of its database.
final class HubRowInserter {
    private let venueBar: PreparedStatement
    private let orderUpdate: PreparedStatement

    init(on handle: OpaquePointer?, path: String) throws(ArchiveError) {
        venueBar = try PreparedStatement(
            """
            INSERT OR REPLACE INTO venue_bar (instrument_id, ts_recv, message_index, item, ts_event, interval_ns,
                bid_open, bid_high, bid_low, bid_close, ask_open, ask_high, ask_low, ask_close, tick_count)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            on: handle,
            path: path
        )
        orderUpdate = try PreparedStatement(
            """
            INSERT OR REPLACE INTO order_update (ts_recv, message_index, item, feed_id, ts_event, change, ticket, login,
                symbol, command, state, reason, volume_lots, open_price, close_price, stop_loss, take_profit,
                commission, swap, profit, ts_open, ts_close, ts_expires, json)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            on: handle,
            path: path
        )
    }

    func insert(_ row: VenueBarRow) throws(ArchiveError) {
        venueBar.bind(1, row.instrumentID)
        venueBar.bind(2, row.tsRecv.rawValue)
        venueBar.bind(3, row.messageIndex)
        venueBar.bind(4, row.item)
        venueBar.bind(5, row.tsEvent?.rawValue)
        venueBar.bind(6, row.intervalNS)
        var column: Int32 = 7
        for prices in [row.bid, row.ask] {
            for price in [prices.open, prices.high, prices.low, prices.close] {
                venueBar.bind(column, price)
                column += 1
            }
        }
        venueBar.bind(15, row.tickCount)
        try venueBar.run()
    }

    func insert(_ row: OrderUpdateRow) throws(ArchiveError) {
        let update = row.update
        orderUpdate.bind(1, row.tsRecv.rawValue)
        orderUpdate.bind(2, row.messageIndex)
        orderUpdate.bind(3, Int64(update.origin.item))
        orderUpdate.bind(4, row.feedID)
        orderUpdate.bind(5, update.tsEvent?.rawValue)
        orderUpdate.bind(6, update.change.map { Int64($0.rawValue) })
        orderUpdate.bind(7, update.ticket)
        orderUpdate.bind(8, update.login)
        var column: Int32 = 9
        for text in [
            row.symbol, update.command, update.state, update.reason, update.volumeLots, update.openPrice,
            update.closePrice, update.stopLoss, update.takeProfit, update.commission, update.swap, update.profit,
        ] {
            orderUpdate.bind(column, text)
            column += 1
        }
        orderUpdate.bind(21, update.tsOpen?.rawValue)
        orderUpdate.bind(22, update.tsClose?.rawValue)
        orderUpdate.bind(23, update.tsExpires?.rawValue)
        orderUpdate.bind(text: update.json, at: 24)
        try orderUpdate.run()
    }
}
