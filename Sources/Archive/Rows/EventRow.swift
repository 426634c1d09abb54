package import MarketModel

/// A row of `event`: anything else that the feed sent, as JSON.
package struct EventRow: Hashable, Sendable {
    package var tsRecv: UnixNanoseconds
    /// The message that contained it; `nil` for an event of our own.
    package var messageIndex: Int64?
    package var item: Int64?
    package var feedID: Int64?
    package var kind: String
    package var symbol: String?
    /// True if a message could not be read as what it claims to be.
    package var isOddity: Bool
    /// JSON text, UTF-8.
    package var json: [UInt8]

    package init(
        tsRecv: UnixNanoseconds,
        messageIndex: Int64?,
        item: Int64?,
        feedID: Int64?,
        kind: String,
        symbol: String? = nil,
        isOddity: Bool = false,
        json: [UInt8]
    ) {
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.item = item
        self.feedID = feedID
        self.kind = kind
        self.symbol = symbol
        self.isOddity = isOddity
        self.json = json
    }

    /// The kind of ``init(feedLeft:at:)``.
    static let feedLeftKind = "feed_removed"

    /// An event for a feed that was removed, or restarted with other settings, while its session continues.
    package init(feedLeft feedID: Int64, at time: UnixNanoseconds) {
        self.init(
            tsRecv: time,
            messageIndex: nil,
            item: nil,
            feedID: feedID,
            kind: Self.feedLeftKind,
            json: Array("{}".utf8)
        )
    }
}
