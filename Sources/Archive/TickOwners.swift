import JournalFormat
import MarketModel

/// Finds out which feed brought the ticks of an instrument, where several feeds record one venue.
///
/// Ticks name their message, and the block that holds the message names the connection. Each answer decodes a few
/// blocks, so ask only when it matters.
struct TickOwners {
    private struct Feed: Hashable {
        let venue: String
        let name: String
    }

    private let reader: ArchiveReader
    private var feeds: [Int64: Feed] = [:]
    private var feedOfConnection: [Int64: Feed] = [:]

    init(_ reader: ArchiveReader) throws(ArchiveError) {
        self.reader = reader
        for feed in try reader.feeds() { feeds[feed.feedID] = Feed(venue: feed.venue, name: feed.name) }
        for connection in try reader.connections() {
            feedOfConnection[connection.connectionID] = feeds[connection.opened.feedID]
        }
    }

    /// False if the feed of `gap` did not bring the ticks of the instrument next to the gap, but another feed did, or
    /// if there are no ticks to tell the feeds of the venue apart by.
    ///
    /// False, too, if another feed brought ticks of the instrument during the gap.
    func isTouched(instrumentID: Int64, by gap: GapRow) throws(ArchiveError) -> Bool {
        guard gap.instrumentID == nil, let feed = gap.feedID.flatMap({ feeds[$0] }) else { return true }
        guard Set(feeds.values.filter { $0.venue == feed.venue }).count > 1 else { return true }
        for table in ["quote", "trade"] {
            let condition = "ts_recv > ?2 AND ts_recv < \(gap.tsTo?.rawValue ?? .max) ORDER BY ts_recv, message_index"
            let sql = "SELECT message_index FROM \(table) WHERE instrument_id = ?1 AND \(condition) LIMIT 1"
            guard let message = try messageIndex(sql, instrumentID, gap.tsFrom) else { continue }
            if let other = try owner(of: message), other != feed { return false }
        }
        var times = [("ts_recv <= ?2 ORDER BY ts_recv DESC, message_index DESC", gap.tsFrom)]
        if let tsTo = gap.tsTo { times.append(("ts_recv >= ?2 ORDER BY ts_recv, message_index", tsTo)) }
        for table in ["quote", "trade"] {
            for (condition, time) in times {
                let sql = "SELECT message_index FROM \(table) WHERE instrument_id = ?1 AND \(condition) LIMIT 1"
                guard let message = try messageIndex(sql, instrumentID, time) else { continue }
                if try owner(of: message) == feed { return true }
            }
        }
        return false
    }

    private func messageIndex(
        _ sql: String,
        _ instrumentID: Int64,
        _ time: UnixNanoseconds
    ) throws(ArchiveError) -> Int64? {
        try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(sql, on: handle, path: reader.path)
            statement.bind(1, instrumentID)
            statement.bind(2, time.rawValue)
            return try statement.step() ? statement.integer(0) : nil
        }
    }

    /// The feed that a message belongs to; blocks of connections interleave, so the nearest one need not hold it.
    private func owner(of messageIndex: Int64) throws(ArchiveError) -> Feed? {
        let decoder = BlockDecoder()
        return try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                """
                SELECT \(StoredBlock.columns) FROM message_block
                WHERE first_message_index <= ?1 AND last_message_index >= ?1 ORDER BY first_message_index DESC
                """,
                on: handle,
                path: reader.path
            )
            statement.bind(1, messageIndex)
            while try statement.step() {
                let block = StoredBlock(statement)
                guard let decoded = try? decoder.decode(block.bytes), decoded.messageIndexes.contains(messageIndex)
                else { continue }
                return feedOfConnection[block.connectionID]
            }
            return nil
        }
    }
}
