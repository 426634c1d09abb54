package import MarketModel

/// A row of `book_checkpoint`: an order book after a message, and whether it was valid.
package struct BookCheckpointRow: Hashable, Sendable {
    package var connectionID: Int64
    package var instrumentID: Int64
    /// The venue's name for the channel.
    package var channel: String
    package var tsRecv: UnixNanoseconds
    package var messageIndex: Int64
    package var item: Int64
    /// The venue's time of the message; `nil` if it sends none.
    package var tsEvent: UnixNanoseconds?
    package var isValid: Bool
    /// `snapshot` for a book that became valid, `checkpoint` for one that still is, or why it is not valid.
    package var cause: String
    /// The numbers or checksums that do not fit.
    package var expected: Int64?
    package var found: Int64?
    /// False if nothing that the venue sends can show a missing message.
    package var isVerifiable: Bool
    /// What the connection's book has counted so far.
    package var counts = Counts()
    /// The whole book in a compact form; `nil` if it is not valid.
    package var book: [UInt8]?

    package struct Counts: Hashable, Sendable {
        /// Changes that are part of a valid book.
        package var applied: Int64 = 0
        /// How often a book became valid again.
        package var resyncs: Int64 = 0
        /// Checksums that were compared, and those of them that were wrong.
        package var checksums: Int64 = 0
        package var checksumFailures: Int64 = 0

        package init() {}
    }

    package init(
        connectionID: Int64,
        instrumentID: Int64,
        channel: String,
        tsRecv: UnixNanoseconds,
        messageIndex: Int64,
        item: Int64,
        tsEvent: UnixNanoseconds?,
        isValid: Bool,
        cause: String,
        isVerifiable: Bool
    ) {
        self.connectionID = connectionID
        self.instrumentID = instrumentID
        self.channel = channel
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.item = item
        self.tsEvent = tsEvent
        self.isValid = isValid
        self.cause = cause
        self.isVerifiable = isVerifiable
    }
}
