import JournalFormat

/// Determines which feeds delivered the ticks of instruments, from samples of blocks and ticks.
///
/// A tick refers to its message, and the block with the message refers to the connection.
struct FeedSamples {
    /// The maximum number of sampled blocks for each feed, spread over all of its blocks, and for all feeds of a venue.
    ///
    /// If a venue has more feeds, such as those of many imported files, one block of each is sampled.
    private static let blocksMax = (all: 256, feed: 16)
    /// The maximum number of searches for an instrument in a block, if a venue has more blocks than `blocksMax.all`.
    ///
    /// If more are needed, the venue's instruments get no answer.
    private static let searchesMax = 1 << 18
    /// The maximum number of instruments whose single ticks are read because no sample has any.
    private static let rareMax = 256
    /// The maximum number of ticks of one instrument that are read in the time of one block.
    private static let ticksMax = 256

    /// A decoded block: its times and its messages.
    private struct Sample {
        let feed: FeedKey
        let times: ClosedRange<Int64>
        let messages: [Int64]

        func contains(_ messageIndex: Int64) -> Bool {
            var (low, high) = (0, messages.count)
            while low < high {
                let middle = (low + high) / 2
                if messages[middle] < messageIndex { low = middle + 1 } else { high = middle }
            }
            return low < messages.count && messages[low] == messageIndex
        }
    }

    private let reader: ArchiveReader
    private var samples: [FeedKey: [Sample]] = [:]
    private let owners: MessageOwners

    init(_ reader: ArchiveReader, _ feeds: [FeedRow]) throws(ArchiveError) {
        self.reader = reader
        owners = try MessageOwners(reader, feeds)
        let connections = Dictionary(grouping: try reader.connections()) {
            FeedKey(name: $0.feedName, venue: $0.venue)
        }
        let feedsOfVenue = Dictionary(grouping: feeds, by: \.venue)
        for rows in feedsOfVenue.values {
            let keys = Set(rows.map(FeedKey.init))
            guard keys.count > 1 else { continue }
            let count = max(1, min(Self.blocksMax.feed, Self.blocksMax.all / keys.count))
            for feed in keys {
                let own = connections[feed] ?? []
                samples[feed] = try blocks(of: own.map(\.connectionID), count: count).map { block in
                    Sample(feed: feed, times: block.times, messages: block.messages)
                }
            }
        }
    }

    /// The feeds that delivered each instrument; instruments without an answer are left out.
    func feeds(of instrumentIDs: [Int64], venue: String) throws(ArchiveError) -> [Int64: Set<FeedKey>] {
        var found: [Int64: Set<FeedKey>] = [:]
        let own = samples.filter { $0.key.venue == venue && !$0.value.isEmpty }
        let count = own.values.reduce(0) { $0 + $1.count }
        guard count > 0, count <= Self.blocksMax.all || count <= Self.searchesMax / max(1, instrumentIDs.count) else {
            return [:]
        }
        var rare = 0
        for instrumentID in instrumentIDs {
            for (feed, samples) in own {
                for sample in samples where try isTick(of: instrumentID, in: sample) {
                    found[instrumentID, default: []].insert(feed)
                    break
                }
            }
            // An instrument that is quoted once an hour may be missing from all of these blocks.
            guard found[instrumentID] == nil, rare < Self.rareMax else { continue }
            rare += 1
            for messageIndex in try edgeTicks(of: instrumentID) {
                guard let feed = try owners.feed(of: messageIndex) else { continue }
                found[instrumentID, default: []].insert(feed)
            }
        }
        return found
    }

    /// True if a tick of an instrument is in a message of a block.
    private func isTick(of instrumentID: Int64, in sample: Sample) throws(ArchiveError) -> Bool {
        for table in ["quote", "trade"] {
            let sql = """
                SELECT message_index FROM \(table) WHERE instrument_id = ?1 AND ts_recv BETWEEN ?2 AND ?3
                LIMIT \(Self.ticksMax)
                """
            var isFound = false
            try reader.read(with: sql) { statement throws(ArchiveError) in
                statement.bind(1, instrumentID)
                statement.bind(2, sample.times.lowerBound)
                statement.bind(3, sample.times.upperBound)
                while !isFound, try statement.step() { isFound = sample.contains(statement.integer(0)) }
            }
            if isFound { return true }
        }
        return false
    }

    /// The messages of the first and the last quote and trade of an instrument.
    private func edgeTicks(of instrumentID: Int64) throws(ArchiveError) -> [Int64] {
        var messages: [Int64] = []
        for table in ["quote", "trade"] {
            for order in ["ts_recv, message_index", "ts_recv DESC, message_index DESC"] {
                let sql = "SELECT message_index FROM \(table) WHERE instrument_id = ?1 ORDER BY \(order) LIMIT 1"
                try reader.read(with: sql) { statement throws(ArchiveError) in
                    statement.bind(1, instrumentID)
                    if try statement.step() { messages.append(statement.integer(0)) }
                }
            }
        }
        return messages
    }

    // MARK: Blocks

    /// Samples blocks of a feed's connections, including the first and the last one.
    ///
    /// Damaged blocks are left out.
    private func blocks(
        of connections: [Int64],
        count most: Int
    ) throws(ArchiveError) -> [(times: ClosedRange<Int64>, messages: [Int64])] {
        var rows: [Int64] = []
        for connection in connections {
            let sql = "SELECT rowid FROM message_block WHERE connection_id = ?1 ORDER BY first_message_index"
            try reader.read(with: sql) { statement throws(ArchiveError) in
                statement.bind(1, connection)
                while try statement.step() { rows.append(statement.integer(0)) }
            }
        }
        let count = min(rows.count, most)
        var blocks: [(times: ClosedRange<Int64>, messages: [Int64])] = []
        for place in 0..<count {
            let row = rows[count > 1 ? place * (rows.count - 1) / (count - 1) : 0]
            if let block = try? decoded(row) { blocks.append(block) }
        }
        return blocks
    }

    private func decoded(_ row: Int64) throws(ArchiveError) -> (times: ClosedRange<Int64>, messages: [Int64])? {
        var stored: StoredBlock?
        try reader.read(with: "SELECT \(StoredBlock.columns) FROM message_block WHERE rowid = ?1") {
            statement throws(ArchiveError) in
            statement.bind(1, row)
            if try statement.step() { stored = StoredBlock(statement) }
        }
        guard let stored, stored.tsFirst <= stored.tsLast else { return nil }
        let block = try stored.decoded(by: BlockDecoder(), path: reader.path)
        return (stored.tsFirst...stored.tsLast, block.messageIndexes)
    }
}
