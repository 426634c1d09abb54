package import JournalFormat
package import MarketModel

/// A row of `message_block`: raw messages of one connection, encoded by `JournalFormat`.
///
/// The key is the connection and the first message. Writing the same key again replaces the block; this is how the
/// newest block of a connection grows.
package struct BlockRow: Hashable, Sendable {
    package var connectionID: Int64
    package var firstMessageIndex: Int64
    package var lastMessageIndex: Int64
    package var messageCount: Int64
    /// The earliest and latest `ts_recv` in the block.
    package var tsFirst: UnixNanoseconds
    package var tsLast: UnixNanoseconds
    /// The sum of the payload lengths before compression.
    package var payloadBytes: Int64
    /// The number of messages from which something was removed before they were stored.
    package var redactedCount: Int64
    package var block: [UInt8]

    package init(
        connectionID: Int64,
        firstMessageIndex: Int64,
        lastMessageIndex: Int64,
        messageCount: Int64,
        tsFirst: UnixNanoseconds,
        tsLast: UnixNanoseconds,
        payloadBytes: Int64,
        redactedCount: Int64 = 0,
        block: [UInt8]
    ) {
        self.connectionID = connectionID
        self.firstMessageIndex = firstMessageIndex
        self.lastMessageIndex = lastMessageIndex
        self.messageCount = messageCount
        self.tsFirst = tsFirst
        self.tsLast = tsLast
        self.payloadBytes = payloadBytes
        self.redactedCount = redactedCount
        self.block = block
    }

    package init(connectionID: Int64, _ encoded: EncodedBlock) {
        self.init(
            connectionID: connectionID,
            firstMessageIndex: encoded.firstMessageIndex,
            lastMessageIndex: encoded.lastMessageIndex,
            messageCount: Int64(encoded.messageCount),
            tsFirst: encoded.tsFirst,
            tsLast: encoded.tsLast,
            payloadBytes: Int64(encoded.payloadBytes),
            redactedCount: Int64(encoded.redactedCount),
            block: encoded.bytes
        )
    }
}
