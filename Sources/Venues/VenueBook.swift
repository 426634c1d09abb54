package import MarketModel

/// A venue that sends snapshots of order books on its connections.
///
/// A replay then makes a snapshot for a client that joins in the middle.
package protocol SnapshotVenue: VenueDefinition {
    /// Writes the snapshot of a book that the venue would send on a connection now; `nil` if it sends none of this
    /// book.
    ///
    /// The numbers in it must be those that the next recorded change continues.
    func snapshot(of book: VenueBook) -> String?

    /// True if ``snapshot(of:)`` needs ``VenueBook/lastMessage``, which costs reading a block. False by default.
    var usesLastMessage: Bool { get }
}

extension SnapshotVenue {
    package var usesLastMessage: Bool { false }
}

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
    /// The payload of that message; empty if it is not known or if the venue does not use it.
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
