package import JournalFormat
package import MarketModel

/// The order in which blocks are returned.
package enum BlockOrder: Hashable, Sendable {
    /// By the number of their first message: the order of record.
    case stored
    /// By the time of their earliest message, for a merge by time: all messages of later blocks are at or after it.
    case time
}

/// Walks the message blocks of one recording.
///
/// Blocks are fetched a few at a time, and no transaction is open between two calls. Messages outside the range are
/// removed from the returned blocks. Blocks of different connections may interleave in time and in message numbers.
package struct BlockCursor {
    /// Limits of one fetch, apart from its first block.
    private static let fetchBytesMax = 1 << 20
    private static let fetchBlocksMax = 32

    private let reader: ArchiveReader
    private let range: ReadRange
    private let order: BlockOrder
    private let decoder = BlockDecoder()
    private var fetched: ArraySlice<StoredBlock> = []
    private var last: Key?
    /// True after the database could not be read: a retry would fail at the same place.
    private var isBroken = false
    /// The earliest stored time in the block that was returned last; its message may be outside the range.
    package private(set) var tsFirst = UnixNanoseconds(.min)

    init(_ reader: ArchiveReader, _ range: ReadRange, order: BlockOrder) throws(ArchiveError) {
        self.reader = reader
        self.range = range
        self.order = order
    }

    /// The next block with messages in the range; `nil` at the end.
    ///
    /// - Throws: ``ArchiveError/Code/corrupted`` for a block that cannot be decoded; the next call continues after that
    ///   block. If pages of the table itself are damaged, the walk ends.
    package mutating func next() throws(ArchiveError) -> (connectionID: Int64, block: DecodedBlock)? {
        while let stored = try nextStored() {
            let block = try decoded(stored)
            tsFirst = UnixNanoseconds(stored.tsFirst)
            if !block.batch.isEmpty { return (stored.connectionID, block) }
        }
        return nil
    }

    /// The next block as it is stored.
    mutating func nextStored() throws(ArchiveError) -> StoredBlock? {
        if fetched.isEmpty, !isBroken {
            do throws(ArchiveError) {
                fetched = try fetch()[...]
            } catch {
                isBroken = error.code == .corrupted
                throw error
            }
        }
        return fetched.popFirst()
    }

    /// The messages of a block that are in the range.
    func decoded(_ stored: StoredBlock) throws(ArchiveError) -> DecodedBlock {
        var block = try stored.decoded(by: decoder, path: reader.path)
        block.keep(range)
        return block
    }

    // MARK: Fetching

    /// The columns of the index by which blocks are walked.
    private struct Key {
        var tsFirst: Int64
        var firstMessageIndex: Int64
    }

    private mutating func fetch() throws(ArchiveError) -> [StoredBlock] {
        var keys: [Key] = []
        let blocks = try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(sql, on: handle, path: reader.path)
            bind(to: statement)
            var blocks: [StoredBlock] = []
            var bytes = 0
            while bytes < Self.fetchBytesMax, try statement.step() {
                let block = StoredBlock(statement)
                bytes += block.bytes.count
                keys.append(Key(tsFirst: block.tsFirst, firstMessageIndex: block.firstMessageIndex))
                blocks.append(block)
            }
            statement.reset()
            return blocks
        }
        last = keys.last ?? last
        return blocks
    }

    private var sql: String {
        let key = order == .stored ? "(first_message_index, 0)" : "(ts_first, first_message_index)"
        return """
            SELECT \(StoredBlock.columns) FROM message_block
            WHERE \(key) > (?, ?) AND ts_last >= ? AND ts_first <= ? AND first_message_index <= ?
            ORDER BY \(order == .stored ? "first_message_index" : "ts_first, first_message_index")
            LIMIT \(Self.fetchBlocksMax)
            """
    }

    private func bind(to statement: PreparedStatement) {
        switch order {
        case .stored:
            statement.bind(1, last?.firstMessageIndex ?? -1)
            statement.bind(2, 0)
        case .time:
            statement.bind(1, last?.tsFirst ?? .min)
            statement.bind(2, last?.firstMessageIndex ?? -1)
        }
        statement.bind(3, range.from.rawValue)
        statement.bind(4, range.to.rawValue)
        statement.bind(5, range.messageIndexMax)
    }
}

extension DecodedBlock {
    /// Drops the messages outside `range`; their payload bytes stay in the batch.
    fileprivate mutating func keep(_ range: ReadRange) {
        let isWhole = zip(batch.entries, messageIndexes).allSatisfy { range.contains($0.tsRecv, $1) }
        guard !isWhole else { return }
        let kept = messageIndexes.indices.filter { range.contains(batch.entries[$0].tsRecv, messageIndexes[$0]) }
        batch.entries = kept.map { batch.entries[$0] }
        messageIndexes = kept.map { messageIndexes[$0] }
    }
}
