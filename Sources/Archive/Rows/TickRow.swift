package import MarketModel

/// The key columns of quotes and trades, in the order of the primary key.
package protocol TickRow: Sendable {
    /// Our id of the instrument within this recording.
    var instrumentID: Int64 { get }
    /// When our host received the message.
    var tsRecv: UnixNanoseconds { get }
    /// The number of the message; gapless within a recording.
    var messageIndex: Int64 { get }
    /// The position of the tick in its message, from 0.
    var item: Int64 { get }
}

/// A row of `quote`: a change of the best bid or ask.
package struct QuoteRow: TickRow, Hashable {
    package var instrumentID: Int64
    package var tsRecv: UnixNanoseconds
    package var messageIndex: Int64
    package var item: Int64
    /// The venue's time; `nil` if the venue sent none.
    package var tsEvent: UnixNanoseconds?
    /// Mantissas with the instrument's digits; `nil` if the side has no price by ``PriceRule``.
    package let bidPrice: Int64?
    package let bidSize: Int64?
    package let askPrice: Int64?
    package let askSize: Int64?
    /// The venue's own number, as received; of a derived quote, that of the book's last change.
    package var sequence: Int64?
    /// True for the top of an order book, which no message states as a quote.
    package var isDerived = false

    /// Creates a quote; ``PriceRule`` decides which sides have a price, even for rows stored by an older schema.
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
    /// The venue's trade number, as received; for an aggregate, the number of the aggregate.
    package var tradeID: Int64?
    /// True for one message that combines several executions of one order.
    package var isAggregate = false
    /// The first and the last execution in an aggregate, if the venue sends them.
    package var firstTradeID: Int64?
    package var lastTradeID: Int64?
    /// False if bars use other rows with the same executions.
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
