/// One event of a tape, with the digits that were recorded: a price is `mantissa / 10^digits` with the digits of its
/// instrument.
public enum TapeEvent: Sendable {
    /// A change of best bid and ask.
    case quote(Quote)
    /// An execution.
    case trade(Trade)
    /// What is known to be missing; it comes before what was received at its start.
    case gap(Gap)
    /// The end of a connection that the venue or the network brought about.
    case disconnect(Disconnect)

    /// When our host received it, in nanoseconds since 1970; the order of the tape.
    public var tsRecv: Int64 {
        switch self {
        case .quote(let quote): quote.tsRecv
        case .trade(let trade): trade.tsRecv
        case .gap(let gap): gap.tsFrom
        case .disconnect(let disconnect): disconnect.tsClosed
        }
    }
}

/// What is traded.
public struct Instrument: Sendable, Hashable {
    /// The venue's name, such as `binance-spot`.
    public let venue: String
    /// The venue's own text for it.
    public let symbol: String
    /// Digits behind the point of its prices, 0 to 18.
    public let priceDigits: Int
    /// Digits behind the point of its sizes, 0 to 18.
    public let sizeDigits: Int

    /// A price as a number for computing and charting; the mantissa is the exact one.
    public func price(_ mantissa: Int64) -> Double { Self.number(mantissa, priceDigits) }

    /// A size as a number.
    public func size(_ mantissa: Int64) -> Double { Self.number(mantissa, sizeDigits) }

    private static func number(_ mantissa: Int64, _ digits: Int) -> Double {
        var divisor = 1.0
        for _ in 0..<digits { divisor *= 10 }
        return Double(mantissa) / divisor
    }
}

/// A change of best bid and ask.
public struct Quote: Sendable, Hashable {
    /// Place of its instrument in ``ReplayTape/instruments``.
    public let instrument: Int
    /// Nanoseconds since 1970, taken right after the read.
    public let tsRecv: Int64
    /// The venue's time in nanoseconds since 1970; `nil` where it gives none.
    public let tsEvent: Int64?
    /// Mantissa of the best price to sell into; `nil` if there is no bid.
    public let bidPrice: Int64?
    /// Mantissa of its size; `nil` if the venue gives none.
    public let bidSize: Int64?
    /// Mantissa of the best price to buy from; `nil` if there is no ask.
    public let askPrice: Int64?
    /// Mantissa of its size; `nil` if the venue gives none.
    public let askSize: Int64?
    /// The venue's own number.
    public let sequence: Int64?
    /// The number of the message it came in, within its recording.
    public let messageIndex: Int64
}

/// An execution.
public struct Trade: Sendable, Hashable {
    /// Who took the other's price.
    public enum Side: Sendable, Hashable {
        /// The buyer took an offer.
        case buyer
        /// The seller took a bid.
        case seller
    }

    /// Place of its instrument in ``ReplayTape/instruments``.
    public let instrument: Int
    /// Nanoseconds since 1970, taken right after the read.
    public let tsRecv: Int64
    /// The venue's time in nanoseconds since 1970; `nil` where it gives none.
    public let tsEvent: Int64?
    /// Mantissa.
    public let price: Int64
    /// Mantissa.
    public let size: Int64
    /// `nil` where the venue does not say.
    public let aggressorSide: Side?
    /// The venue's own number; for an aggregate the number of that.
    public let tradeID: Int64?
    /// True for several executions of one order in one event.
    public let isAggregate: Bool
    /// The first and the last execution in an aggregate, if the venue names them.
    public let firstTradeID: Int64?
    /// See ``firstTradeID``.
    public let lastTradeID: Int64?
    /// False if other events are the same executions and bars are made of those.
    public let isInBars: Bool
    /// The number of the message it came in, within its recording.
    public let messageIndex: Int64
}

/// What is known to be missing.
public struct Gap: Sendable, Hashable {
    /// Nanoseconds since 1970.
    public let tsFrom: Int64
    /// `nil` where it had not ended by the end of the recording.
    public let tsTo: Int64?
    /// `disconnect`, ….
    public let cause: String
    /// For people.
    public let detail: String?
}

/// The end of a connection that the venue or the network brought about.
public struct Disconnect: Sendable, Hashable {
    /// Nanoseconds since 1970.
    public let tsClosed: Int64
    /// The venue's name.
    public let venue: String
    /// WebSocket status code: 1005 where none was given, 1006 where the connection broke.
    public let code: Int?
    /// As the venue gave it.
    public let reason: String?
}
