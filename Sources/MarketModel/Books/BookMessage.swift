/// The side of an order book.
package enum BookSide: UInt8, Sendable, Hashable, CaseIterable {
    case bid = 0
    case ask = 1
}

/// The size at a price: the whole size, never a difference.
///
/// Size 0 removes the price.
package struct BookLevel: Sendable, Hashable {
    package var side: BookSide
    /// With the digits that the venue wrote, trailing zeros included.
    package var price: FixedDecimal
    package var size: FixedDecimal

    package init(side: BookSide, price: FixedDecimal, size: FixedDecimal) {
        self.side = side
        self.price = price
        self.size = size
    }
}

/// What a message says about an order book.
package struct BookMessage: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// The levels are the whole book.
        case snapshot
        /// The levels replace or remove single prices.
        case change
        /// The venue has stopped sending the book: it is absent from here on, and nothing is missing.
        case ended
        /// The connection has lost a message of unknown content; this message has no levels.
        ///
        /// Reported once for each book of the connection. ``previous`` is the connection's number before the hole,
        /// ``first`` the number after it.
        case connectionHole
        /// The book was to be changed, but the message cannot be read.
        case unreadable
    }

    package var origin: EventOrigin
    package var book: BookIndex
    package var kind: Kind
    /// The venue's time of the change; `nil` if it sends none.
    package var tsEvent: UnixNanoseconds?
    /// The venue's first and last number in this message, as ``BookRule/Chain`` needs them.
    package var first: Int64?
    package var last: Int64?
    /// The last number of the message before this one, as the venue states it.
    package var previous: Int64?
    /// `nil` if the message has none.
    package var checksum: UInt32?
    /// The levels in ``MarketEvents/bookLevels``, in the message's order.
    package var levels: Range<Int> = 0..<0

    package init(origin: EventOrigin, book: BookIndex, kind: Kind) {
        self.origin = origin
        self.book = book
        self.kind = kind
    }
}
