package import MarketModel

/// A message block as it is stored, and what its database row says about it.
package struct EncodedBlock: Sendable, Hashable {
    /// The whole block, header to checksum; see ``BlockHeader``.
    package let bytes: [UInt8]
    package let messageCount: Int
    package let firstMessageIndex: Int64
    package let lastMessageIndex: Int64
    /// Earliest time of any message, which need not be that of the first.
    package let tsFirst: UnixNanoseconds
    /// Latest time of any message.
    package let tsLast: UnixNanoseconds
    /// Payload bytes of all messages before compression.
    package let payloadBytes: Int
    /// Messages whose payload had something taken out of it.
    package let redactedCount: Int
}

/// The messages of a block, in their order of record.
package struct DecodedBlock: Sendable {
    package var batch: MessageBatch
    /// Index of each message of ``batch`` within its session, strictly increasing.
    package var messageIndexes: [Int64]
}
