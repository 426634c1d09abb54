import CSQLite
import MarketModel

/// Measures in one recording how fast a feed delivers.
///
/// It covers the last minutes with data, over as many connections as needed: a single connection may have been too
/// short to measure anything.
struct DeliveryRateQuery {
    /// The time to measure, in nanoseconds: connections are added until they cover it.
    static let spanMax: Int64 = 300_000_000_000
    /// If a recording covers less than this, in nanoseconds, earlier recordings are read, too.
    static let spanMin: Int64 = 60_000_000_000
    /// Limits the work for one row of `feed`.
    private static let connectionsMax = 64
    private static let blocksMax = 256

    let handle: OpaquePointer?
    let path: String

    /// The rate of a row of `feed` over its newest connections with messages.
    func rate(feedID: Int64) throws(ArchiveError) -> DeliveryRate {
        let sql = """
            SELECT connection_id, ts_opened FROM connection WHERE feed_id = ? ORDER BY connection_id DESC LIMIT ?
            """
        let connections = try PreparedStatement(sql, on: handle, path: path)
        connections.bind(1, feedID)
        connections.bind(2, Int64(Self.connectionsMax))
        defer { connections.reset() }
        let idle = try idleTimes(feedID: feedID)
        var rate = DeliveryRate()
        var blocksLeft = Self.blocksMax
        while rate.spanNS < Self.spanMax, blocksLeft > 0, try connections.step() {
            let (id, opened) = (connections.integer(0), connections.integer(1))
            let spanMax = Self.spanMax - rate.spanNS
            rate.add(try self.rate(connectionID: id, opened: opened, spanMax, without: idle, &blocksLeft))
        }
        return rate
    }

    /// The rate over the end of a connection, up to its last message: the time after that may be a gap.
    private func rate(
        connectionID: Int64,
        opened: Int64,
        _ spanMax: Int64,
        without idle: TimeSpans,
        _ blocksLeft: inout Int
    ) throws(ArchiveError) -> DeliveryRate {
        let sql = """
            SELECT message_count, ts_first, ts_last FROM message_block WHERE connection_id = ?
            ORDER BY first_message_index DESC LIMIT ?
            """
        let blocks = try PreparedStatement(sql, on: handle, path: path)
        blocks.bind(1, connectionID)
        blocks.bind(2, Int64(blocksLeft))
        defer { blocks.reset() }
        var count: Int64 = 0
        var span: TimeSpans.Span?
        while try blocks.step() {
            let (first, last) = (blocks.integer(1), blocks.integer(2))
            if let span, Int128(span.to) - Int128(span.from) >= Int128(spanMax) {
                return measured(count, span, without: idle)
            }
            blocksLeft -= 1
            // Messages that arrive while the market is closed say nothing about the rate while it is open.
            if idle.spans.contains(where: { $0.from <= first && last < $0.to }) { continue }
            span = TimeSpans.Span(from: min(span?.from ?? first, first), to: max(span?.to ?? last, last))
            count = count.addingSaturated(blocks.integer(0))
        }
        guard var span else { return DeliveryRate() }
        // All of its blocks are counted, so the connection's beginning counts too.
        if blocksLeft > 0 { span.from = min(span.from, opened) }
        return measured(count, span, without: idle)
    }

    private func measured(_ count: Int64, _ span: TimeSpans.Span, without idle: TimeSpans) -> DeliveryRate {
        var whole = TimeSpans()
        whole.add(span.from, span.to)
        var rate = DeliveryRate(messages: count, spanNS: 0)
        for open in whole.subtracting(idle).spans {
            rate.add(messages: 0, spanNS: Int64(clamping: Int128(open.to) - Int128(open.from)))
        }
        return rate
    }

    /// The times in which the feed delivered nothing: its gaps, and the times in which its market was closed.
    private func idleTimes(feedID: Int64) throws(ArchiveError) -> TimeSpans {
        var sql = "SELECT ts_from, ts_to FROM gap WHERE feed_id = ?1 AND instrument_id IS NULL AND ts_to > ts_from"
        // Older files do not have this table.
        if try RowQueries.hasTable("closed_span", on: handle, path: path) {
            sql += " UNION ALL SELECT ts_from, coalesce(ts_to, \(Int64.max)) FROM closed_span WHERE feed_id = ?1"
        }
        let statement = try PreparedStatement(sql + " ORDER BY 1", on: handle, path: path)
        statement.bind(1, feedID)
        defer { statement.reset() }
        var times = TimeSpans()
        while try statement.step() { times.add(statement.integer(0), statement.integer(1)) }
        return times
    }
}
