/// Where an event comes from: message number `message` of the batch, and its place inside that message.
package struct EventOrigin: Hashable, Sendable {
    package var message: Int
    package var item: Int

    package init(message: Int, item: Int) {
        self.message = message
        self.item = item
    }
}

/// A change of the best bid and ask; a side that has no price has no size either.
package struct Quote: Hashable, Sendable {
    package var origin: EventOrigin
    package var symbol: SymbolIndex
    /// The venue's time; `nil` where it gives none.
    package var tsEvent: UnixNanoseconds?
    /// `nil` if the side has no price by ``PriceRule``.
    package let bidPrice: FixedDecimal?
    package let bidSize: FixedDecimal?
    package let askPrice: FixedDecimal?
    package let askSize: FixedDecimal?
    /// The venue's own number, as received.
    package var sequence: Int64?

    /// A quote of what the venue wrote; ``PriceRule`` says which sides have a price.
    package init(
        origin: EventOrigin,
        symbol: SymbolIndex,
        tsEvent: UnixNanoseconds?,
        bidPrice: FixedDecimal?,
        bidSize: FixedDecimal?,
        askPrice: FixedDecimal?,
        askSize: FixedDecimal?,
        sequence: Int64?
    ) {
        self.origin = origin
        self.symbol = symbol
        self.tsEvent = tsEvent
        let bid = PriceRule.price(bidPrice, isSizeZero: bidSize?.isZero ?? false)
        let ask = PriceRule.price(askPrice, isSizeZero: askSize?.isZero ?? false)
        self.bidPrice = bid
        self.bidSize = bid == nil ? nil : bidSize
        self.askPrice = ask
        self.askSize = ask == nil ? nil : askSize
        self.sequence = sequence
    }
}

/// Who took liquidity in a trade.
package enum AggressorSide: UInt8, Sendable, Hashable {
    case buyer = 1
    case seller = 2
}

/// A trade as the venue reports it: an execution, several of one order, or an administrative entry.
package struct Trade: Hashable, Sendable {
    package var origin: EventOrigin
    package var symbol: SymbolIndex
    package var tsEvent: UnixNanoseconds?
    package var price: FixedDecimal
    package var size: FixedDecimal
    package var aggressorSide: AggressorSide?
    /// The venue's number, as received; aggregates have a count of their own.
    package var tradeID: Int64?
    /// True for several executions of one order in one message.
    package var isAggregate = false
    /// The executions in an aggregate, if the venue names the first and the last.
    package var executionIDs: ClosedRange<Int64>?
    /// The venue's word for an entry that did not happen in the market, such as `INSURANCE_FUND`; else `nil`.
    package var administrativeKind: String?

    package init(
        origin: EventOrigin,
        symbol: SymbolIndex,
        tsEvent: UnixNanoseconds?,
        price: FixedDecimal,
        size: FixedDecimal,
        aggressorSide: AggressorSide?,
        tradeID: Int64?
    ) {
        self.origin = origin
        self.symbol = symbol
        self.tsEvent = tsEvent
        self.price = price
        self.size = size
        self.aggressorSide = aggressorSide
        self.tradeID = tradeID
    }

    /// True if it happened in the market and something changed hands.
    package var isExecution: Bool {
        administrativeKind == nil && PriceRule.isExecution(size: size.mantissa)
    }

    /// The numbers of the executions that it stands for, if the venue gives them.
    package var numberedExecutions: ClosedRange<Int64>? {
        isAggregate ? executionIDs : tradeID.map { $0...$0 }
    }
}

/// What the venue says of an account's margin.
package enum MarginState: UInt8, Sendable, Hashable {
    case ok = 0
    case marginCall = 1
    case stopOut = 2
}

/// What a margin call goes by.
package enum MarginControllingType: UInt8, Sendable, Hashable {
    case percent = 0
    case currency = 1
}

/// The amounts of a ``MarginUpdate`` as text, for some need more digits than a mantissa has room for.
package struct MarginTexts: Hashable, Sendable {
    package var balance: String?
    package var equity: String?
    package var volume: String?
    package var margin: String?
    package var marginFree: String?
    package var marginLevel: String?

    package init() {}
}

/// An account's balance and margin at one moment; amounts in the account's currency, as the venue wrote them.
package struct MarginUpdate: Hashable, Sendable {
    package var origin: EventOrigin
    /// The venue's account number.
    package var login: Int64
    package var group: String?
    package var tsEvent: UnixNanoseconds?
    package var leverage: Int64?
    package var balance: FixedDecimal?
    package var equity: FixedDecimal?
    package var volume: FixedDecimal?
    package var margin: FixedDecimal?
    package var marginFree: FixedDecimal?
    /// Equity in percent of margin; meaningless while the margin is 0.
    package var marginLevel: FixedDecimal?
    package var state: MarginState?
    package var controllingType: MarginControllingType?
    /// The amounts exactly as the venue wrote them.
    package var texts = MarginTexts()

    package init(origin: EventOrigin, login: Int64) {
        self.origin = origin
        self.login = login
    }
}

/// Something else the feed said, kept as the venue's own JSON.
package struct VenueEvent: Hashable, Sendable {
    package var origin: EventOrigin
    /// The venue's name for it (`OnSymbolUpdate`, `depthUpdate`), or what was wrong (`malformed`).
    package var kind: String
    package var symbol: SymbolIndex?
    /// True where a message could not be read as what it claims to be.
    package var isOddity: Bool
    /// True where no message says it, so that it is not made again from stored messages: what a call of ours led to.
    package var isOwn = false
    /// JSON text; for an oddity an object with `reason`.
    package var json: [UInt8]

    package init(origin: EventOrigin, kind: String, symbol: SymbolIndex? = nil, isOddity: Bool = false, json: [UInt8]) {
        self.origin = origin
        self.kind = kind
        self.symbol = symbol
        self.isOddity = isOddity
        self.json = json
    }
}

/// What a batch of messages says, by kind, each kind in order of arrival.
package struct MarketEvents: Sendable {
    package var quotes: [Quote] = []
    package var trades: [Trade] = []
    package var marginUpdates: [MarginUpdate] = []
    package var venueEvents: [VenueEvent] = []
    package var venueBars: [VenueBar] = []
    package var orderUpdates: [OrderUpdate] = []
    package var instrumentDetails: [InstrumentDetails] = []
    package var linkChanges: [LinkChange] = []

    package init() {}

    package mutating func removeAll() {
        quotes.removeAll(keepingCapacity: true)
        trades.removeAll(keepingCapacity: true)
        marginUpdates.removeAll(keepingCapacity: true)
        venueEvents.removeAll(keepingCapacity: true)
        venueBars.removeAll(keepingCapacity: true)
        orderUpdates.removeAll(keepingCapacity: true)
        instrumentDetails.removeAll(keepingCapacity: true)
        linkChanges.removeAll(keepingCapacity: true)
    }
}
