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
    /// - Throws: ``ArchiveError/Code/corrupted`` for a block that cannot be decoded; the next call continues after it.
    package mutating func next(upTo indexMax: Int64 = .max) throws(ArchiveError) -> DecodedBlock? {
        while last < indexMax, let stored = try nextStored() {
            let behind = last
            last = min(indexMax, stored.lastMessageIndex)
            var block = try stored.decoded(by: decoder, path: reader.path)
            let indexes = block.messageIndexes
            block.keep { indexes[$0] > behind && indexes[$0] <= indexMax }
            if !block.batch.isEmpty { return block }
        }
        return nil
    }

    /// The block with the message after the last one.
    ///
    /// It may be the block that was read last: an unfinished block grows.
    private func nextStored() throws(ArchiveError) -> StoredBlock? {
        try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                """
                SELECT \(StoredBlock.columns) FROM message_block
                WHERE connection_id = ?1 AND last_message_index > ?2 AND first_message_index >=
                    (SELECT coalesce(max(first_message_index), 0) FROM message_block
                    WHERE connection_id = ?1 AND first_message_index <= ?2 + 1)
                ORDER BY first_message_index LIMIT 1
                """,
                on: handle,
                path: reader.path
            )
            statement.bind(1, connectionID)
            statement.bind(2, last)
            return try statement.step() ? StoredBlock(statement) : nil
        }
    }
}

extension ArchiveReader {
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
