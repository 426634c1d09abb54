import MarketModel

/// Decides whether a gap of one feed touches an instrument, if several feeds record one venue.
///
/// Each answer decodes a few blocks, so ask only if it matters.
struct TickOwners {
    private let reader: ArchiveReader
    private let feeds: InstrumentFeeds
    private let owners: MessageOwners
    private var keys: [Int64: FeedKey] = [:]
    private var instruments: [Int64: InstrumentRow] = [:]

    init(_ reader: ArchiveReader) throws(ArchiveError) {
        self.reader = reader
        let rows = try reader.feeds()
        let instruments = try reader.instruments()
        feeds = try InstrumentFeeds(reader, feeds: rows, instruments: instruments)
        owners = try MessageOwners(reader, rows)
        for row in rows { keys[row.feedID] = FeedKey(row) }
        for row in instruments { self.instruments[row.instrumentID] = row }
    }

    /// False if the feed of `gap` does not deliver the instrument, by the rule of ``InstrumentFeeds``.
    ///
    /// Also false if another feed delivered ticks of the instrument during the gap, or next to it on both sides, or if
    /// no ticks distinguish the feeds of the venue.
    func isTouched(instrumentID: Int64, by gap: GapRow) throws(ArchiveError) -> Bool {
        guard gap.instrumentID == nil, let feedID = gap.feedID, let feed = keys[feedID] else { return true }
        guard Set(keys.values.filter { $0.venue == feed.venue }).count > 1 else { return true }
        if let row = instruments[instrumentID] {
            let bringing = feeds.feedIDs(venue: row.venue, symbol: row.symbol)
            guard bringing?.contains(feedID) ?? true else { return false }
        }
        for table in ["quote", "trade"] {
            let condition = "ts_recv > ?2 AND ts_recv < ?3 ORDER BY ts_recv, message_index"
            let sql = "SELECT message_index FROM \(table) WHERE instrument_id = ?1 AND \(condition) LIMIT 1"
            let to = gap.tsTo ?? UnixNanoseconds(.max)
            guard let message = try messageIndex(sql, instrumentID, gap.tsFrom, to: to) else { continue }
            if let other = try owners.feed(of: message), other != feed { return false }
        }
        return try isNext(feed, to: gap, instrumentID)
    }

    /// True if `feed` delivered a tick next to the gap.
    private func isNext(_ feed: FeedKey, to gap: GapRow, _ instrumentID: Int64) throws(ArchiveError) -> Bool {
        var times = [("ts_recv <= ?2 ORDER BY ts_recv DESC, message_index DESC", gap.tsFrom)]
        if let tsTo = gap.tsTo { times.append(("ts_recv >= ?2 ORDER BY ts_recv, message_index", tsTo)) }
        for table in ["quote", "trade"] {
            for (condition, time) in times {
                let sql = "SELECT message_index FROM \(table) WHERE instrument_id = ?1 AND \(condition) LIMIT 1"
                guard let message = try messageIndex(sql, instrumentID, time) else { continue }
                if try owners.feed(of: message) == feed { return true }
            }
        }
        return false
    }

    private func messageIndex(
        _ sql: String,
        _ instrumentID: Int64,
        _ time: UnixNanoseconds,
        to end: UnixNanoseconds? = nil
    ) throws(ArchiveError) -> Int64? {
        var index: Int64?
        try reader.read(with: sql) { statement throws(ArchiveError) in
            statement.bind(1, instrumentID)
            statement.bind(2, time.rawValue)
            if let end { statement.bind(3, end.rawValue) }
            if try statement.step() { index = statement.integer(0) }
        }
        return index
    }
}
