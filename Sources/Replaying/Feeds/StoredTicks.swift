import Archive
import BarBuilding
import MarketModel

// What stored rows are to bars; the rules are those of `PriceRule`, as when the rows were recorded.

extension QuoteTick {
    /// The quote as bars see it; `nil` if no bar is made of it.
    @inline(__always)
    init?(_ row: QuoteRow) {
        self.init(bidPrice: row.bidPrice, askPrice: row.askPrice)
    }
}

extension TradeTick {
    /// The execution as bars see it; `nil` if no bar is made of it.
    @inline(__always)
    init?(_ row: TradeRow) {
        self.init(price: row.price, size: row.size, aggressorSide: row.aggressorSide, isInBars: row.isInBars)
    }
}

extension TickArrival {
    @inline(__always)
    init(_ row: some TickRow) {
        self.init(tsRecv: row.tsRecv, messageIndex: row.messageIndex, item: row.item)
    }
}
