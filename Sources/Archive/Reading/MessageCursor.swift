import MarketModel

/// Walks the messages of all connections of one recording in stored order, by message number.
package struct MessageCursor {
    private var blocks: BlockCursor
    private var merger = MessageMerger()
    private var lookahead: StoredBlock?
    private var isAtEnd = false

    init(_ blocks: BlockCursor) {
        self.blocks = blocks
    }

    /// The next messages, as many as are consecutive in one block; `nil` at the end.
    ///
    /// - Throws: as ``BlockCursor/next()``; the next call continues after the damaged block.
    package mutating func next() throws(ArchiveError) -> MessageRun? {
        while true {
            if lookahead == nil, !isAtEnd {
                lookahead = try blocks.nextStored()
                isAtEnd = lookahead == nil
            }
            if let run = merger.pop(below: lookahead?.firstMessageIndex ?? .max) { return run }
            guard let stored = lookahead else { return nil }
            lookahead = nil
            merger.push(connectionID: stored.connectionID, try blocks.decoded(stored))
        }
    }
}
