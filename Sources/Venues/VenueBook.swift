package import MarketModel

/// An order book between two messages of a tape, from which a venue makes the snapshot that it would send now.
package struct VenueBook: Sendable {
    /// The symbol as the venue's messages write it.
    package let symbol: String
    /// The venue's name for the channel, as in ``BookTable/Entry``.
    package let channel: String
    /// Best prices first, with the digits that the venue wrote.
    package let bids: [BookLevel]
    package let asks: [BookLevel]
    /// The venue's number of the last change in the book: the next change continues from it.
    package var number: Int64?
    /// The checksum of the book by the venue's rule; `nil` if the last message had none.
    package var checksum: UInt32?
    /// When the last message in the book was received.
    package var tsRecv: UnixNanoseconds
    /// The venue's time of that message.
    package var tsEvent: UnixNanoseconds?
    /// The payload of that message; empty if it is not known.
    package var lastMessage: [UInt8] = []

    /// Makes a book without numbers.
    package init(
        symbol: String,
        channel: String,
        bids: [BookLevel],
        asks: [BookLevel],
        tsRecv: UnixNanoseconds
    ) {
        self.symbol = symbol
        self.channel = channel
        self.bids = bids
        self.asks = asks
        self.tsRecv = tsRecv
    }

    /// The venue's time in milliseconds, or the receive time if there is none.
    var milliseconds: Int64 { (tsEvent ?? tsRecv).rawValue / 1_000_000 }

    /// The levels of a side as a JSON list, each written by `write`.
    static func list(_ levels: [BookLevel], _ write: (BookLevel) -> String) -> String {
        "[" + levels.map(write).joined(separator: ",") + "]"
    }
}
