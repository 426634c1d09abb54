package import MarketModel

/// A message block as stored, and the values of its database row.
package struct EncodedBlock: Sendable, Hashable {
    /// The whole block, from header to checksum; see ``BlockHeader``.
    package let bytes: [UInt8]
    package let messageCount: Int
    package let firstMessageIndex: Int64
    package let lastMessageIndex: Int64
    /// Earliest time of all messages, which need not be that of the first.
    package let tsFirst: UnixNanoseconds
    /// Latest time of all messages.
    package let tsLast: UnixNanoseconds
    /// Payload bytes of all messages before compression.
    package let payloadBytes: Int
    /// Messages with a redacted payload.
    package let redactedCount: Int
}

/// The messages of a block, in recording order.
package struct DecodedBlock: Sendable {
    package var batch: MessageBatch
    /// Index of each message of ``batch`` within its session, strictly increasing.
    package var messageIndexes: [Int64]
}
