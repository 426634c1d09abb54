/// One event of a tape, with prices and sizes as recorded.
///
/// A price is `mantissa / 10^digits`, with the digits of its instrument.
public enum TapeEvent: Sendable {
    /// A change of the best bid and ask.
    case quote(Quote)
    /// An execution.
    case trade(Trade)
    /// What happens to an order book; only if the tape was opened with books.
    case book(BookEvent)
    /// Data known to be missing; precedes the events received at its start.
    case gap(Gap)
    /// The end of a connection, caused by the venue or the network.
    case disconnect(Disconnect)

    /// When our host received it, in nanoseconds since 1970; orders the tape.
    ///
    /// Snapshots of books at the start of a part of a recording have the time of the last message in the book.
    public var tsRecv: Int64 {
        switch self {
        case .quote(let quote): quote.tsRecv
        case .trade(let trade): trade.tsRecv
        case .book(let book): book.tsRecv
        case .gap(let gap): gap.tsFrom
        case .disconnect(let disconnect): disconnect.tsClosed
        }
    }
}

/// A traded instrument.
public struct Instrument: Sendable, Hashable {
    /// The venue's name, such as `binance-spot`.
    public let venue: String
    /// The symbol as the venue writes it.
    public let symbol: String
    /// Digits after the point of its prices, 0 to 18.
    public let priceDigits: Int
    /// Digits after the point of its sizes, 0 to 18.
    public let sizeDigits: Int

    /// A price as a number, for calculations and charts; the mantissa is exact.
    public func price(_ mantissa: Int64) -> Double { Self.number(mantissa, priceDigits) }

    /// A size as a number; the mantissa is exact.
    public func size(_ mantissa: Int64) -> Double { Self.number(mantissa, sizeDigits) }

    private static func number(_ mantissa: Int64, _ digits: Int) -> Double {
        var divisor = 1.0
        for _ in 0..<digits { divisor *= 10 }
        return Double(mantissa) / divisor
    }
}

/// A change of the best bid and ask.
public struct Quote: Sendable, Hashable {
    /// Index of its instrument in ``ReplayTape/instruments``.
    public let instrument: Int
    /// Nanoseconds since 1970, taken right after the read.
    public let tsRecv: Int64
    /// The venue's time in nanoseconds since 1970; `nil` if it gives none.
    public let tsEvent: Int64?
    /// Mantissa of the best price to sell into; `nil` if there is no bid.
    public let bidPrice: Int64?
    /// Mantissa of its size; `nil` if the venue gives none.
    public let bidSize: Int64?
    /// Mantissa of the best price to buy from; `nil` if there is no ask.
    public let askPrice: Int64?
    /// Mantissa of its size; `nil` if the venue gives none.
    public let askSize: Int64?
    /// The venue's own sequence number; of a derived quote, that of the book's last change.
    public let sequence: Int64?
    /// True if the venue sent no such quote: it is the top of an order book after a change.
    ///
    /// Bars are not built from derived quotes.
    public let isDerived: Bool
    /// The index of its message within its recording.
    public let messageIndex: Int64
}

/// An execution.
public struct Trade: Sendable, Hashable {
    /// The side that accepted the other's price.
    public enum Side: Sendable, Hashable {
        /// The buyer took an offer.
        case buyer
        /// The seller took a bid.
        case seller
    }

    /// Index of its instrument in ``ReplayTape/instruments``.
    public let instrument: Int
    /// Nanoseconds since 1970, taken right after the read.
    public let tsRecv: Int64
    /// The venue's time in nanoseconds since 1970; `nil` if it gives none.
    public let tsEvent: Int64?
    /// Mantissa of the price.
    public let price: Int64
    /// Mantissa of the size.
    public let size: Int64
    /// `nil` if the venue does not say.
    public let aggressorSide: Side?
    /// The venue's own number; for an aggregate, the number of the aggregate.
    public let tradeID: Int64?
    /// True for several executions of one order in one event.
    public let isAggregate: Bool
    /// The first and the last execution in an aggregate, if the venue reports them.
    public let firstTradeID: Int64?
    /// See ``firstTradeID``.
    public let lastTradeID: Int64?
    /// False if other events are the same executions and bars use those.
    public let isInBars: Bool
    /// The index of its message within its recording.
    public let messageIndex: Int64
}

/// Data known to be missing.
public struct Gap: Sendable, Hashable {
    /// Nanoseconds since 1970.
    public let tsFrom: Int64
    /// `nil` if it had not ended by the end of the recording.
    public let tsTo: Int64?
    /// The cause, such as `disconnect`.
    public let cause: String
    /// An explanation for readers.
    public let detail: String?
}

/// The end of a connection, caused by the venue or the network.
public struct Disconnect: Sendable, Hashable {
    /// Nanoseconds since 1970.
    public let tsClosed: Int64
    /// The venue's name.
    public let venue: String
    /// WebSocket close code: 1005 if there was none, 1006 if the connection broke.
    public let code: Int?
    /// As sent by the venue.
    public let reason: String?
}
