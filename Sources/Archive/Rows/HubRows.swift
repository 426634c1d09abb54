package import MarketModel

/// A row of `venue_bar`: a bar made by the venue.
package struct VenueBarRow: Hashable, Sendable {
    /// Mantissas with the instrument's price digits.
    package struct Prices: Hashable, Sendable {
        package var open: Int64?
        package var high: Int64?
        package var low: Int64?
        package var close: Int64?

        package init(open: Int64?, high: Int64?, low: Int64?, close: Int64?) {
            self.open = open
            self.high = high
            self.low = low
            self.close = close
        }
    }

    package var instrumentID: Int64
    package var tsRecv: UnixNanoseconds
    package var messageIndex: Int64
    package var item: Int64
    /// The venue's time for the end of the bar.
    package var tsEvent: UnixNanoseconds?
    /// `nil` if the venue does not send the length of its bars.
    package var intervalNS: Int64?
    package var bid: Prices
    package var ask: Prices
    /// The number of ticks that the venue aggregated.
    package var tickCount: Int64?

    package init(
        instrumentID: Int64,
        tsRecv: UnixNanoseconds,
        messageIndex: Int64,
        item: Int64,
        tsEvent: UnixNanoseconds?,
        intervalNS: Int64?,
        bid: Prices,
        ask: Prices,
        tickCount: Int64?
    ) {
        self.instrumentID = instrumentID
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.item = item
        self.tsEvent = tsEvent
        self.intervalNS = intervalNS
        self.bid = bid
        self.ask = ask
        self.tickCount = tickCount
    }
}

/// A row of `order_update`: a change of an order.
package struct OrderUpdateRow: Hashable, Sendable {
    package var tsRecv: UnixNanoseconds
    package var messageIndex: Int64
    package var feedID: Int64
    package var symbol: String?
    package var update: OrderUpdate

    package init(
        tsRecv: UnixNanoseconds,
        messageIndex: Int64,
        feedID: Int64,
        symbol: String?,
        update: OrderUpdate
    ) {
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.feedID = feedID
        self.symbol = symbol
        self.update = update
    }
}
