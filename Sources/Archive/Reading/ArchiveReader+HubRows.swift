package import MarketModel

/// Reads the bars and orders of a hub.
extension ArchiveReader {
    /// The bars that the venue sent of some instruments, received at a time in `range`; in order of the instruments.
    package func venueBars(
        received range: ClosedRange<UnixNanoseconds>,
        instrumentIDs: [Int64]
    ) throws(ArchiveError) -> [VenueBarRow] {
        var rows: [VenueBarRow] = []
        for instrumentID in instrumentIDs {
            try read(with: Self.venueBarQuery) { statement throws(ArchiveError) in
                statement.bind(1, instrumentID)
                statement.bind(2, range.lowerBound.rawValue)
                statement.bind(3, range.upperBound.rawValue)
                while try statement.step() { rows.append(VenueBarRow(statement)) }
            }
        }
        return rows
    }

    /// The changes of orders received at a time in `range`, in order of `(ts_recv, message_index, item)`.
    package func orderUpdates(received range: ClosedRange<UnixNanoseconds>) throws(ArchiveError) -> [OrderUpdateRow] {
        var rows: [OrderUpdateRow] = []
        try read(with: Self.orderUpdateQuery) { statement throws(ArchiveError) in
            statement.bind(1, range.lowerBound.rawValue)
            statement.bind(2, range.upperBound.rawValue)
            while try statement.step() { rows.append(OrderUpdateRow(statement)) }
        }
        return rows
    }

    private static let venueBarQuery = """
        SELECT instrument_id, ts_recv, message_index, item, ts_event, interval_ns, bid_open, bid_high, bid_low,
            bid_close, ask_open, ask_high, ask_low, ask_close, tick_count
        FROM venue_bar WHERE instrument_id = ? AND ts_recv BETWEEN ? AND ? ORDER BY ts_recv, message_index, item
        """

    private static let orderUpdateQuery = """
        SELECT ts_recv, message_index, item, feed_id, ts_event, change, ticket, login, symbol, command, state, reason,
            volume_lots, open_price, close_price, stop_loss, take_profit, commission, swap, profit, ts_open, ts_close,
            ts_expires, json
        FROM order_update WHERE ts_recv BETWEEN ? AND ? ORDER BY ts_recv, message_index, item
        """
}

extension VenueBarRow {
    fileprivate init(_ row: PreparedStatement) {
        self.init(
            instrumentID: row.integer(0),
            tsRecv: UnixNanoseconds(row.integer(1)),
            messageIndex: row.integer(2),
            item: row.integer(3),
            tsEvent: row.optionalInteger(4).map { UnixNanoseconds($0) },
            intervalNS: row.optionalInteger(5),
            bid: Prices(row, from: 6),
            ask: Prices(row, from: 10),
            tickCount: row.optionalInteger(14)
        )
    }
}

extension VenueBarRow.Prices {
    fileprivate init(_ row: PreparedStatement, from column: Int32) {
        self.init(
            open: row.optionalInteger(column),
            high: row.optionalInteger(column + 1),
            low: row.optionalInteger(column + 2),
            close: row.optionalInteger(column + 3)
        )
    }
}

extension OrderUpdateRow {
    fileprivate init(_ row: PreparedStatement) {
        // The message's place in its batch is not stored.
        let origin = EventOrigin(message: 0, item: Int(clamping: row.integer(2)))
        var update = OrderUpdate(origin: origin, ticket: row.integer(6))
        update.tsEvent = row.optionalInteger(4).map { UnixNanoseconds($0) }
        update.change = row.optionalInteger(5).flatMap { OrderChange(rawValue: UInt8(clamping: $0)) }
        update.login = row.optionalInteger(7)
        update.command = row.optionalText(9)
        update.state = row.optionalText(10)
        update.reason = row.optionalText(11)
        update.volumeLots = row.optionalText(12)
        update.openPrice = row.optionalText(13)
        update.closePrice = row.optionalText(14)
        update.stopLoss = row.optionalText(15)
        update.takeProfit = row.optionalText(16)
        update.commission = row.optionalText(17)
        update.swap = row.optionalText(18)
        update.profit = row.optionalText(19)
        update.tsOpen = row.optionalInteger(20).map { UnixNanoseconds($0) }
        update.tsClose = row.optionalInteger(21).map { UnixNanoseconds($0) }
        update.tsExpires = row.optionalInteger(22).map { UnixNanoseconds($0) }
        update.json = row.bytes(23)
        self.init(
            tsRecv: UnixNanoseconds(row.integer(0)),
            messageIndex: row.integer(1),
            feedID: row.integer(3),
            symbol: row.optionalText(8),
            update: update
        )
    }
}
