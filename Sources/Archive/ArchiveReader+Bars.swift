package import MarketModel

/// Looking up single bars, for a run that goes on with those of an earlier one.
extension ArchiveReader {
    /// The greatest `ts_open` of any bar; `nil` without bars.
    package func lastBarOpen() throws(ArchiveError) -> UnixNanoseconds? {
        try read { handle throws(ArchiveError) in
            let statement = try PreparedStatement("SELECT max(ts_open) FROM bar", on: handle, path: path)
            return try statement.step() ? statement.optionalInteger(0).map { UnixNanoseconds($0) } : nil
        }
    }

    /// The latest time of a tick of an instrument in `[tsOpen, tsClose)`, by the time that bars follow, among its last
    /// 2,000; `nil` where none of them lies in it.
    package func lastTick(
        instrumentID: Int64,
        isTrade: Bool,
        from tsOpen: UnixNanoseconds,
        to tsClose: UnixNanoseconds
    ) throws(ArchiveError) -> UnixNanoseconds? {
        let (table, condition) = isTrade ? ("trade", "true") : ("quote", "bid_price > 0 AND ask_price > 0")
        return try read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                """
                SELECT max(time) FROM (SELECT coalesce(ts_event, ts_recv) AS time FROM \(table)
                    WHERE instrument_id = ? AND \(condition)
                    ORDER BY ts_recv DESC, message_index DESC, item DESC LIMIT 2000)
                WHERE time >= ? AND time < ?
                """,
                on: handle,
                path: path
            )
            statement.bind(1, instrumentID)
            statement.bind(2, tsOpen.rawValue)
            statement.bind(3, tsClose.rawValue)
            return try statement.step() ? statement.optionalInteger(0).map { UnixNanoseconds($0) } : nil
        }
    }

    /// The stored bars of one series from `tsOpen` on, in order, at most `limit`.
    package func bars(
        instrumentID: Int64,
        side: BarSide,
        intervalNS: Int64,
        from tsOpen: UnixNanoseconds,
        limit: Int
    ) throws(ArchiveError) -> [BarRow] {
        try read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                """
                SELECT ts_close, open, high, low, close, tick_count, volume, taker_buy_volume, notional, is_complete,
                    time_source, ts_open
                FROM bar WHERE instrument_id = ? AND side = ? AND interval_ns = ? AND ts_open >= ?
                ORDER BY ts_open LIMIT ?
                """,
                on: handle,
                path: path
            )
            statement.bind(1, instrumentID)
            statement.bind(2, Int64(side.rawValue))
            statement.bind(3, intervalNS)
            statement.bind(4, tsOpen.rawValue)
            statement.bind(5, Int64(limit))
            var bars: [BarRow] = []
            while try statement.step() {
                let time = UnixNanoseconds(statement.integer(11))
                bars.append(BarRow(statement, instrumentID, side, intervalNS, tsOpen: time))
            }
            return bars
        }
    }

    /// The bar with this key; `nil` where there is none.
    package func bar(
        instrumentID: Int64,
        side: BarSide,
        intervalNS: Int64,
        tsOpen: UnixNanoseconds
    ) throws(ArchiveError) -> BarRow? {
        try read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                """
                SELECT ts_close, open, high, low, close, tick_count, volume, taker_buy_volume, notional, is_complete,
                    time_source
                FROM bar WHERE instrument_id = ? AND side = ? AND interval_ns = ? AND ts_open = ?
                """,
                on: handle,
                path: path
            )
            statement.bind(1, instrumentID)
            statement.bind(2, Int64(side.rawValue))
            statement.bind(3, intervalNS)
            statement.bind(4, tsOpen.rawValue)
            guard try statement.step() else { return nil }
            return BarRow(statement, instrumentID, side, intervalNS, tsOpen: tsOpen)
        }
    }
}

extension BarRow {
    /// Reads `ts_close` and what follows it.
    fileprivate init(
        _ row: PreparedStatement,
        _ instrumentID: Int64,
        _ side: BarSide,
        _ intervalNS: Int64,
        tsOpen: UnixNanoseconds
    ) {
        self.init(
            instrumentID: instrumentID,
            side: side,
            intervalNS: intervalNS,
            tsOpen: tsOpen,
            tsClose: UnixNanoseconds(row.integer(0)),
            open: row.integer(1),
            high: row.integer(2),
            low: row.integer(3),
            close: row.integer(4),
            tickCount: row.integer(5),
            volume: row.optionalInteger(6),
            takerBuyVolume: row.optionalInteger(7),
            notional: row.optionalText(8),
            isComplete: row.integer(9) != 0,
            timeSource: row.integer(10) == 0 ? .event : .recv
        )
    }
}
