import MarketModel

/// What happens to an order book: a snapshot, a change, or the end of its validity.
///
/// Keep each book with an ``OrderBook``, by its instrument and channel.
public struct BookEvent: Sendable, Hashable {
    /// What happens.
    public enum Kind: Sendable, Hashable {
        /// The levels are the whole book, or its best levels: bids, then asks, each with the best price first.
        case snapshot
        /// The levels replace or remove single prices.
        case change
        /// The book is not valid until its next snapshot, for example because a message is missing.
        case invalid(cause: String)
    }

    /// Index of its instrument in ``ReplayTape/instruments``.
    public let instrument: Int
    /// The venue's name for the channel, such as `orderbook.50`.
    ///
    /// An instrument may have several books, each on its own channel.
    public let channel: String
    /// What happens.
    public let kind: Kind
    /// The levels of a snapshot or a change; empty for a book that is not valid.
    public let levels: [BookLevel]
    /// When the last message in the book was received, or when the book became invalid, in nanoseconds since 1970.
    ///
    /// If a tape begins in the middle of a recording, the time of its first snapshots is before its start.
    public let tsRecv: Int64
    /// The venue's time of that message, in nanoseconds since 1970; `nil` if there is none.
    public let tsEvent: Int64?
    /// The venue's own number of the last change in the book.
    public let sequence: Int64?
    /// The index of the message within its recording; `nil` if no message is the cause.
    public let messageIndex: Int64?
    /// False if a missing message could not be noticed.
    public let isVerifiable: Bool
}

/// The size at a price: the whole size, never a difference.
public struct BookLevel: Sendable, Hashable {
    /// A side of a book.
    public enum Side: Sendable, Hashable {
        /// Prices to sell into.
        case bid
        /// Prices to buy from.
        case ask
    }

    /// The side of the level.
    public let side: Side
    /// The price, with the digits that the venue wrote.
    public let price: BookNumber
    /// The size; 0 removes the price.
    public let size: BookNumber

    /// Makes a level.
    public init(side: Side, price: BookNumber, size: BookNumber) {
        self.side = side
        self.price = price
        self.size = size
    }
}

/// An exact decimal number: `mantissa / 10^digits`.
///
/// Books have numbers as the venue wrote them, so two levels of a book may have different digits.
public struct BookNumber: Sendable, Hashable, CustomStringConvertible {
    let decimal: FixedDecimal

    /// The number without its point.
    public var mantissa: Int64 { decimal.mantissa }
    /// Digits after the point, 0 to 18.
    public var digits: Int { Int(decimal.digits) }

    /// Makes a number; `nil` if there are more than 18 digits after the point, or fewer than 0.
    public init?(mantissa: Int64, digits: Int) {
        guard let digits = UInt8(exactly: digits), digits <= FixedDecimal.digitsMax else { return nil }
        decimal = FixedDecimal(mantissa: mantissa, digits: digits)
    }

    init(_ decimal: FixedDecimal) {
        self.decimal = decimal
    }

    /// The number as the venue wrote it.
    public var description: String { decimal.description }

    /// The number for calculations and charts.
    public var value: Double { Double(description) ?? 0 }
}
