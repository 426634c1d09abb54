/// A bar built by the venue.
package struct VenueBar: Hashable, Sendable {
    /// Prices of one side over the bar's interval; missing ones are `nil`.
    package struct Prices: Hashable, Sendable {
        package var open: FixedDecimal?
        package var high: FixedDecimal?
        package var low: FixedDecimal?
        package var close: FixedDecimal?

        package init() {}

        package var all: [FixedDecimal] { [open, high, low, close].compactMap { $0 } }
    }

    package var origin: EventOrigin
    package var symbol: SymbolIndex
    /// The venue's time for the end of the interval.
    package var tsEvent: UnixNanoseconds?
    package var bid = Prices()
    package var ask = Prices()
    /// Number of ticks that the venue combined.
    package var tickCount: Int64?

    package init(origin: EventOrigin, symbol: SymbolIndex) {
        self.origin = origin
        self.symbol = symbol
    }
}

/// What happened to an order.
package enum OrderChange: UInt8, Sendable, Hashable {
    case opened = 0
    case updated = 1
    case closed = 2
    /// A pending order was withdrawn.
    case deleted = 3
}

/// The venue's report of an order; amounts and prices as the venue's own text, `nil` if missing.
package struct OrderUpdate: Hashable, Sendable {
    package var origin: EventOrigin
    /// The venue's number for the order.
    package var ticket: Int64
    /// `nil` if the venue's word for the change is unknown.
    package var change: OrderChange?
    package var login: Int64?
    package var symbol: SymbolIndex?
    package var tsEvent: UnixNanoseconds?
    /// `Buy`, `SellLimit`, …: the venue's word, or its number if that is unknown.
    package var command: String?
    package var state: String?
    package var reason: String?
    package var volumeLots: String?
    package var openPrice: String?
    package var closePrice: String?
    package var stopLoss: String?
    package var takeProfit: String?
    package var commission: String?
    package var swap: String?
    package var profit: String?
    package var tsOpen: UnixNanoseconds?
    package var tsClose: UnixNanoseconds?
    package var tsExpires: UnixNanoseconds?
    /// The record as received.
    package var json: [UInt8] = []

    package init(origin: EventOrigin, ticket: Int64) {
        self.origin = origin
        self.ticket = ticket
    }
}

/// The venue's description of an instrument, as its own JSON; the latest counts.
package struct InstrumentDetails: Hashable, Sendable {
    package var origin: EventOrigin
    package var symbol: SymbolIndex
    /// Digits after the point of its prices, if the venue states them.
    package var priceDigits: UInt8?
    /// When its prices change, in the venue's own local time; `nil` if the venue does not say.
    package var sessions: [TradingSchedule.Session]?
    /// The terms of its contract, as far as the venue states them.
    package var terms = InstrumentTerms()
    /// True if this comes from a list of everything that the venue offers, most of which the feed does not record.
    package var isListed = false
    package var json: [UInt8]

    package init(
        origin: EventOrigin,
        symbol: SymbolIndex,
        priceDigits: UInt8?,
        sessions: [TradingSchedule.Session]? = nil,
        json: [UInt8]
    ) {
        self.origin = origin
        self.sessions = sessions
        self.symbol = symbol
        self.priceDigits = priceDigits
        self.json = json
    }
}

/// The venue lost or regained its own data source, while our connection to the venue continues.
package struct LinkChange: Hashable, Sendable {
    package var origin: EventOrigin
    package var isUp: Bool
    /// What the link leads to, as readable text.
    package var detail: String

    package init(origin: EventOrigin, isUp: Bool, detail: String) {
        self.origin = origin
        self.isUp = isUp
        self.detail = detail
    }
}
