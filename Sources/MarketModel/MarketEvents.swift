/// The source of an event: the index of its message in the batch, and its position inside that message.
package struct EventOrigin: Hashable, Sendable {
    package var message: Int
    package var item: Int

    package init(message: Int, item: Int) {
        self.message = message
        self.item = item
    }
}

/// A change of the best bid and ask; a side without a price has no size either.
package struct Quote: Hashable, Sendable {
    package var origin: EventOrigin
    package var symbol: SymbolIndex
    /// The venue's time; `nil` if it gives none.
    package var tsEvent: UnixNanoseconds?
    /// `nil` if ``PriceRule`` gives the side no price.
    package let bidPrice: FixedDecimal?
    package let bidSize: FixedDecimal?
    package let askPrice: FixedDecimal?
    package let askSize: FixedDecimal?
    /// The venue's own number, as received; of a derived quote, that of the book's last change.
    package var sequence: Int64?
    /// True for the top of an order book, which no message states as a quote.
    package var isDerived = false

    /// Makes a quote from the venue's values; ``PriceRule`` decides which sides have a price.
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

/// The side that took liquidity in a trade.
package enum AggressorSide: UInt8, Sendable, Hashable {
    case buyer = 1
    case seller = 2
}

/// A trade as reported by the venue: an execution, several executions of one order, or an administrative entry.
package struct Trade: Hashable, Sendable {
    package var origin: EventOrigin
    package var symbol: SymbolIndex
    package var tsEvent: UnixNanoseconds?
    package var price: FixedDecimal
    package var size: FixedDecimal
    package var aggressorSide: AggressorSide?
    /// The venue's number, as received; aggregates have their own numbering.
    package var tradeID: Int64?
    /// True for several executions of one order in one message.
    package var isAggregate = false
    /// The executions in an aggregate, if the venue reports the first and the last.
    package var executionIDs: ClosedRange<Int64>?
    /// The venue's word for an entry that is not a market trade, such as `INSURANCE_FUND`; otherwise `nil`.
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

    /// True if it is a market trade with a size above 0.
    package var isExecution: Bool {
        administrativeKind == nil && PriceRule.isExecution(size: size.mantissa)
    }

    /// The numbers of its executions, if the venue gives them.
    package var numberedExecutions: ClosedRange<Int64>? {
        isAggregate ? executionIDs : tradeID.map { $0...$0 }
    }
}

/// The state of an account's margin, according to the venue.
package enum MarginState: UInt8, Sendable, Hashable {
    case ok = 0
    case marginCall = 1
    case stopOut = 2
}

/// The unit that triggers a margin call.
package enum MarginControllingType: UInt8, Sendable, Hashable {
    case percent = 0
    case currency = 1
}

/// The amounts of a ``MarginUpdate`` as text, because some need more digits than a mantissa can hold.
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
    /// The venue's account number; 0 if its accounts have no number.
    package var login: Int64
    /// What the amounts are counted in, such as `USDT`; `nil` for the account's own currency.
    package var asset: String?
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

/// Messages of unknown content that a connection has lost, as the venue's numbers for all its messages show.
///
/// What is missing may belong to any symbol of the connection. Order books also get a
/// ``BookMessage/Kind/connectionHole``.
package struct ConnectionHole: Hashable, Sendable {
    /// The message after the hole.
    package var origin: EventOrigin
    /// The number of the last message before the hole.
    package let last: Int64
    /// The number of the first message after the hole; greater than ``last`` by at least 2.
    package let next: Int64

    package init(origin: EventOrigin, last: Int64, next: Int64) {
        self.origin = origin
        self.last = last
        self.next = next
    }
}

/// Any other information from the feed, kept as the venue's own JSON.
package struct VenueEvent: Hashable, Sendable {
    package var origin: EventOrigin
    /// The venue's name for it (`OnSymbolUpdate`, `depthUpdate`), or the problem (`malformed`).
    package var kind: String
    package var symbol: SymbolIndex?
    /// True if a message could not be parsed as the type it claims to be.
    package var isOddity: Bool
    /// True if it does not come from a message but from one of our own calls; a rebuild from messages does not repeat
    /// it.
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

/// The events in a batch of messages, by kind, each kind in order of arrival.
package struct MarketEvents: Sendable {
    package var quotes: [Quote] = []
    package var trades: [Trade] = []
    package var marginUpdates: [MarginUpdate] = []
    package var venueEvents: [VenueEvent] = []
    package var venueBars: [VenueBar] = []
    package var orderUpdates: [OrderUpdate] = []
    package var instrumentDetails: [InstrumentDetails] = []
    package var linkChanges: [LinkChange] = []
    package var bookMessages: [BookMessage] = []
    /// The levels of all ``bookMessages``; each message has a range of them.
    package var bookLevels: [BookLevel] = []
    package var statistics: [InstrumentStatistic] = []
    package var positions: [PositionUpdate] = []
    package var connectionHoles: [ConnectionHole] = []

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
        bookMessages.removeAll(keepingCapacity: true)
        bookLevels.removeAll(keepingCapacity: true)
        statistics.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        connectionHoles.removeAll(keepingCapacity: true)
    }
}
