package import MarketModel

/// Looks up single bars, for a run that continues bars of an earlier run.
extension ArchiveReader {
    /// The largest `ts_open` of all bars; `nil` if there are none.
    package func lastBarOpen() throws(ArchiveError) -> UnixNanoseconds? {
        try read { handle throws(ArchiveError) in
            let statement = try PreparedStatement("SELECT max(ts_open) FROM bar", on: handle, path: path)
            return try statement.step() ? statement.optionalInteger(0).map { UnixNanoseconds($0) } : nil
        }
    }

    /// The number of bars of one series with `after < ts_open <= until`, counted up to `countMax`.
    package func barCount(
        instrumentID: Int64,
        side: BarSide,
        intervalNS: Int64,
        after: UnixNanoseconds,
        until: UnixNanoseconds,
        countMax: Int
    ) throws(ArchiveError) -> Int {
        let sql = """
            SELECT count(*) FROM (SELECT 1 FROM bar
                WHERE instrument_id = ? AND interval_ns = ? AND side = ? AND ts_open > ? AND ts_open <= ? LIMIT ?)
            """
        var count = 0
        try read(with: sql) { statement throws(ArchiveError) in
            statement.bind(1, instrumentID)
            statement.bind(2, intervalNS)
            statement.bind(3, Int64(side.rawValue))
            statement.bind(4, after.rawValue)
            statement.bind(5, until.rawValue)
            statement.bind(6, Int64(countMax))
            if try statement.step() { count = Int(statement.integer(0)) }
        }
        return count
    }

    /// At most `limit` stored bars of one series, in ascending order from `tsOpen`.
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

    /// The bar with this key; `nil` if there is none.
    package func bar(
        instrumentID: Int64,
        side: BarSide,
        intervalNS: Int64,
        tsOpen: UnixNanoseconds
    ) throws(ArchiveError) -> BarRow? {
        let sql = """
            SELECT ts_close, open, high, low, close, tick_count, volume, taker_buy_volume, notional, is_complete,
                time_source
            FROM bar WHERE instrument_id = ? AND side = ? AND interval_ns = ? AND ts_open = ?
            """
        var bar: BarRow?
        try read(with: sql) { statement throws(ArchiveError) in
            statement.bind(1, instrumentID)
            statement.bind(2, Int64(side.rawValue))
            statement.bind(3, intervalNS)
            statement.bind(4, tsOpen.rawValue)
            guard try statement.step() else { return }
            bar = BarRow(statement, instrumentID, side, intervalNS, tsOpen: tsOpen)
        }
        return bar
    }
}

extension BarRow {
    /// Reads `ts_close` and the columns after it.
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
