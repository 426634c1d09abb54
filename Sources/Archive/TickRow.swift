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
    /// Mantissas with the instrument's digits.
    package var bidPrice: Int64
    package var bidSize: Int64?
    package var askPrice: Int64
    package var askSize: Int64?
    /// The venue's own number, as received.
    package var sequence: Int64?

    package init(
        instrumentID: Int64,
        tsRecv: UnixNanoseconds,
        messageIndex: Int64,
        item: Int64,
        tsEvent: UnixNanoseconds?,
        bidPrice: Int64,
        bidSize: Int64?,
        askPrice: Int64,
        askSize: Int64?,
        sequence: Int64?
    ) {
        self.instrumentID = instrumentID
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.item = item
        self.tsEvent = tsEvent
        self.bidPrice = bidPrice
        self.bidSize = bidSize
        self.askPrice = askPrice
        self.askSize = askSize
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
    /// The venue's trade number, as received.
    package var tradeID: Int64?

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
