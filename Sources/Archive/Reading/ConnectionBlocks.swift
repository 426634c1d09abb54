package import JournalFormat
package import MarketModel

/// Walks the messages of one connection in the order in which they came, block by block.
///
/// No transaction is open between two calls. At the end, a later call returns what has been stored since.
package struct ConnectionBlocks {
    private let reader: ArchiveReader
    private let connectionID: Int64
    private let decoder = BlockDecoder()
    /// The last message that was returned or skipped.
    private var last: Int64

    /// Begins after message `index`; -1 for the first message.
    package init(_ reader: ArchiveReader, connectionID: Int64, after index: Int64) {
        self.reader = reader
        self.connectionID = connectionID
        last = index
    }

    /// The next messages up to message `indexMax`; `nil` if there are none.
    ///
    /// Messages received after `time` are skipped, and not returned by a later call either.
    ///
    /// - Throws: ``ArchiveError/Code/corrupted`` for a block that cannot be decoded; the next call continues after it.
    package mutating func next(
        upTo indexMax: Int64 = .max,
        until time: UnixNanoseconds = UnixNanoseconds(.max)
    ) throws(ArchiveError) -> DecodedBlock? {
        while last < indexMax, let stored = try nextStored(until: time) {
            let behind = last
            last = min(indexMax, stored.lastMessageIndex)
            var block = try stored.decoded(by: decoder, path: reader.path)
            let (entries, indexes) = (block.batch.entries, block.messageIndexes)
            block.keep { indexes[$0] > behind && indexes[$0] <= indexMax && entries[$0].tsRecv <= time }
            if !block.batch.isEmpty { return block }
        }
        return nil
    }

    /// The block with the message after the last one.
    ///
    /// It may be the block that was read last: an unfinished block grows.
    private func nextStored(until time: UnixNanoseconds) throws(ArchiveError) -> StoredBlock? {
        try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                """
                SELECT \(StoredBlock.columns) FROM message_block
                WHERE connection_id = ?1 AND last_message_index > ?2 AND ts_first <= ?3 AND first_message_index >=
                    (SELECT coalesce(max(first_message_index), 0) FROM message_block
                    WHERE connection_id = ?1 AND first_message_index <= ?2 + 1)
                ORDER BY first_message_index LIMIT 1
                """,
                on: handle,
                path: reader.path
            )
            statement.bind(1, connectionID)
            statement.bind(2, last)
            statement.bind(3, time.rawValue)
            return try statement.step() ? StoredBlock(statement) : nil
        }
    }
}

extension DecodedBlock {
    /// Keeps the messages at the selected indices; the payloads of the others stay in place.
    mutating func keep(_ isWanted: (Int) -> Bool) {
        let kept = batch.entries.indices.filter(isWanted)
        guard kept.count < batch.entries.count else { return }
        batch.entries = kept.map { batch.entries[$0] }
        messageIndexes = kept.map { messageIndexes[$0] }
    }
}

extension ArchiveReader {
    /// The number of the last stored message of a connection; `nil` if there is none.
    package func lastMessageIndex(ofConnection connectionID: Int64) throws(ArchiveError) -> Int64? {
        try read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                "SELECT max(last_message_index) FROM message_block WHERE connection_id = ?",
                on: handle,
                path: path
            )
            statement.bind(1, connectionID)
            return try statement.step() ? statement.optionalInteger(0) : nil
        }
    }

    /// The number of the first message of a connection's first block with a message at or after `time`; `nil` if there
    /// is none.
    package func firstMessageIndex(
        ofConnection connectionID: Int64,
        from time: UnixNanoseconds
    ) throws(ArchiveError) -> Int64? {
        try read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                "SELECT min(first_message_index) FROM message_block WHERE connection_id = ? AND ts_last >= ?",
                on: handle,
                path: path
            )
            statement.bind(1, connectionID)
            statement.bind(2, time.rawValue)
            return try statement.step() ? statement.optionalInteger(0) : nil
        }
    }
}
