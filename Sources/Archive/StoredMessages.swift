import JournalFormat
package import MarketModel

/// One message as it was stored.
package struct StoredMessage {
    package let connectionID: Int64
    package let messageIndex: Int64
    package let entry: MessageBatch.Entry
    private let batch: MessageBatch

    init(_ block: OpenBlock) {
        connectionID = block.connectionID
        messageIndex = block.messageIndex
        entry = block.batch.entries[block.position]
        batch = block.batch
    }

    /// Calls `body` with the payload, without a copy.
    package func withPayload<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try batch.bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[entry.range])) }
    }
}

/// A block that is being read message by message.
struct OpenBlock {
    let connectionID: Int64
    let batch: MessageBatch
    let indexes: [Int64]
    var position = 0

    var messageIndex: Int64 { indexes[position] }
    var isAtEnd: Bool { position == indexes.count }
}

/// The messages of one recording in order of their numbers, the order of record.
///
/// Blocks of different connections interleave; those that overlap are open together.
package struct StoredMessages {
    private var cursor: BlockCursor
    private var upcoming: OpenBlock?
    private var open: [OpenBlock] = []

    /// Over a cursor in the order ``BlockOrder/stored``.
    package init(_ cursor: BlockCursor) throws(ArchiveError) {
        self.cursor = cursor
        try advance()
    }

    /// The next message; `nil` at the end.
    package mutating func next() throws(ArchiveError) -> StoredMessage? {
        while let block = upcoming, open.allSatisfy({ block.messageIndex < $0.messageIndex }) {
            open.append(block)
            try advance()
        }
        guard let first = open.indices.min(by: { open[$0].messageIndex < open[$1].messageIndex }) else { return nil }
        let message = StoredMessage(open[first])
        open[first].position += 1
        if open[first].isAtEnd { open.remove(at: first) }
        return message
    }

    private mutating func advance() throws(ArchiveError) {
        upcoming = try cursor.next().map { connectionID, block in
            OpenBlock(connectionID: connectionID, batch: block.batch, indexes: block.messageIndexes)
        }
    }
}
