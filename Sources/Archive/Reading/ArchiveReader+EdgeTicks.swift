package import MarketModel

/// The ticks that determine the open and close of a stored bar.
extension ArchiveReader {
    /// The smallest delay between the event time and the arrival of an instrument's ticks around `tsRecv`.
    ///
    /// The event time is the one that bars use. Reads 64 ticks by the primary key; `nil` if the instrument has none.
    package func tickLag(
        instrumentID: Int64,
        isTrade: Bool,
        near tsRecv: UnixNanoseconds
    ) throws(ArchiveError) -> Duration? {
        let columns = "ts_recv - coalesce(ts_event, ts_recv) AS lag"
        let sql = "SELECT min(lag) FROM (\(Self.ticksAround(isTrade, columns: columns, reach: 32)))"
        var lag: Duration?
        try read(with: sql) { statement throws(ArchiveError) in
            statement.bind(1, instrumentID)
            statement.bind(2, tsRecv.rawValue)
            if try statement.step() { lag = statement.optionalInteger(0).map { .nanoseconds($0) } }
        }
        return lag
    }

    /// The first or last tick of an instrument in `[tsOpen, tsClose)`, by the time that bars use, then by arrival.
    ///
    /// Reads, by the primary key, the 1,024 ticks that arrived around that end of the bar, which arrives `lag` after
    /// its time. `nil` if none of them is in the bar.
    package func edgeTick(
        instrumentID: Int64,
        isTrade: Bool,
        from tsOpen: UnixNanoseconds,
        to tsClose: UnixNanoseconds,
        lag: Duration,
        isLast: Bool
    ) throws(ArchiveError) -> EdgeTick? {
        let columns = "coalesce(ts_event, ts_recv) AS time, ts_recv, message_index, item"
        let order = isLast ? "DESC" : "ASC"
        let sql = """
            SELECT time, ts_recv, message_index, item
            FROM (\(Self.ticksAround(isTrade, columns: columns, reach: 512)))
            WHERE time >= ?3 AND time < ?4
            ORDER BY time \(order), ts_recv \(order), message_index \(order), item \(order) LIMIT 1
            """
        var tick: EdgeTick?
        try read(with: sql) { statement throws(ArchiveError) in
            statement.bind(1, instrumentID)
            statement.bind(2, (isLast ? tsClose : tsOpen).advanced(by: lag).rawValue)
            statement.bind(3, tsOpen.rawValue)
            statement.bind(4, tsClose.rawValue)
            if try statement.step() { tick = EdgeTick(statement) }
        }
        return tick
    }

    /// SQL for `reach` ticks of instrument ?1 that arrived before ?2, and as many that arrived at ?2 or later.
    ///
    /// The conditions are those of `PriceRule`, because rows of earlier schemas may not follow it.
    private static func ticksAround(_ isTrade: Bool, columns: String, reach: Int) -> String {
        let table = isTrade ? "trade" : "quote"
        let isPriced =
            isTrade
            ? "size > 0 AND in_bars"
            : "NOT is_derived AND bid_price IS NOT NULL AND bid_size IS NOT 0 AND ask_price IS NOT NULL "
                + "AND ask_size IS NOT 0"
        func ticks(_ comparison: String, _ order: String) -> String {
            """
            SELECT * FROM (SELECT \(columns) FROM \(table)
                WHERE instrument_id = ?1 AND ts_recv \(comparison) ?2 AND \(isPriced)
                ORDER BY ts_recv \(order), message_index \(order), item \(order) LIMIT \(reach))
            """
        }
        return ticks("<", "DESC") + " UNION ALL " + ticks(">=", "ASC")
    }
}

/// A tick at one end of a bar.
package struct EdgeTick: Sendable, Hashable {
    /// The time that the bar uses.
    package let time: UnixNanoseconds
    package let tsRecv: UnixNanoseconds
    package let messageIndex: Int64
    package let item: Int64

    fileprivate init(_ row: PreparedStatement) {
        time = UnixNanoseconds(row.integer(0))
        tsRecv = UnixNanoseconds(row.integer(1))
        messageIndex = row.integer(2)
        item = row.integer(3)
    }
}
