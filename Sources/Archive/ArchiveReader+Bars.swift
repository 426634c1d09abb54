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
            return BarRow(
                instrumentID: instrumentID,
                side: side,
                intervalNS: intervalNS,
                tsOpen: tsOpen,
                tsClose: UnixNanoseconds(statement.integer(0)),
                open: statement.integer(1),
                high: statement.integer(2),
                low: statement.integer(3),
                close: statement.integer(4),
                tickCount: statement.integer(5),
                volume: statement.optionalInteger(6),
                takerBuyVolume: statement.optionalInteger(7),
                notional: statement.optionalText(8),
                isComplete: statement.integer(9) != 0,
                timeSource: statement.integer(10) == 0 ? .event : .recv
            )
        }
    }
}
