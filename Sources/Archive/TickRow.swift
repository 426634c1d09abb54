package import MarketModel

/// What quotes and trades share: the key they are stored under, in the order of the primary key.
package protocol TickRow: Sendable {
    /// Our number of the instrument within this recording.
    var instrumentID: Int64 { get }
    /// When our host received the message.
    var tsRecv: UnixNanoseconds { get }
    /// The message it came from; gapless within a recording.
    var messageIndex: Int64 { get }
    /// Its place inside that message, from 0.
    var item: Int64 { get }
}

/// A row of `quote`: a change of best bid and ask.
package struct QuoteRow: TickRow, Hashable {
    package var instrumentID: Int64
    package var tsRecv: UnixNanoseconds
    package var messageIndex: Int64
    package var item: Int64
    /// The venue's time; `nil` where it gives none.
    package var tsEvent: UnixNanoseconds?
    /// Mantissas with the instrument's digits; `nil` if the side has no price by ``PriceRule``.
    package let bidPrice: Int64?
    package let bidSize: Int64?
    package let askPrice: Int64?
    package let askSize: Int64?
    /// The venue's own number, as received.
    package var sequence: Int64?

    /// A quote; ``PriceRule`` says which sides have a price, also of rows that an earlier schema stored.
    package init(
        instrumentID: Int64,
        tsRecv: UnixNanoseconds,
        messageIndex: Int64,
        item: Int64,
        tsEvent: UnixNanoseconds?,
        bidPrice: Int64?,
        bidSize: Int64?,
        askPrice: Int64?,
        askSize: Int64?,
        sequence: Int64?
    ) {
        self.instrumentID = instrumentID
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.item = item
        self.tsEvent = tsEvent
        let bid = PriceRule.price(bidPrice, isSizeZero: bidSize == 0)
        let ask = PriceRule.price(askPrice, isSizeZero: askSize == 0)
        self.bidPrice = bid
        self.bidSize = bid == nil ? nil : bidSize
        self.askPrice = ask
        self.askSize = ask == nil ? nil : askSize
        self.sequence = sequence
    }
}

/// A row of `trade`: an execution.
package struct TradeRow: TickRow, Hashable {
    package var instrumentID: Int64
    package var tsRecv: UnixNanoseconds
    package var messageIndex: Int64
    package var item: Int64
    package var tsEvent: UnixNanoseconds?
    /// Mantissas with the instrument's digits.
    package var price: Int64
    package var size: Int64
    package var aggressorSide: AggressorSide?
    /// The venue's trade number, as received; for an aggregate the number of that.
    package var tradeID: Int64?
    /// True for several executions of one order in one message.
    package var isAggregate = false
    /// The first and the last execution in an aggregate, if the venue names them.
    package var firstTradeID: Int64?
    package var lastTradeID: Int64?
    /// False if other rows hold the same executions and bars are made of those.
    package var isInBars = true

    package init(
        instrumentID: Int64,
        tsRecv: UnixNanoseconds,
        messageIndex: Int64,
        item: Int64,
        tsEvent: UnixNanoseconds?,
        price: Int64,
        size: Int64,
        aggressorSide: AggressorSide?,
        tradeID: Int64?
    ) {
        self.instrumentID = instrumentID
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.item = item
        self.tsEvent = tsEvent
        self.price = price
        self.size = size
        self.aggressorSide = aggressorSide
        self.tradeID = tradeID
    }
}
