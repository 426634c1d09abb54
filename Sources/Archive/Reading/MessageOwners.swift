import JournalFormat

/// Finds the feed of a message.
struct MessageOwners {
    private let reader: ArchiveReader
    private var feedOfConnection: [Int64: FeedKey] = [:]

    init(_ reader: ArchiveReader, _ feeds: [FeedRow]) throws(ArchiveError) {
        self.reader = reader
        let keys = Dictionary(feeds.map { ($0.feedID, FeedKey($0)) }, uniquingKeysWith: { first, _ in first })
        for connection in try reader.connections() {
            feedOfConnection[connection.connectionID] = keys[connection.opened.feedID]
        }
    }

    /// The feed of the block that contains a message; `nil` if no readable block does.
    ///
    /// Blocks of connections interleave, so the nearest block may not contain it.
    func feed(of messageIndex: Int64) throws(ArchiveError) -> FeedKey? {
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
