import Archive
import BarBuilding
import MarketModel

// How stored rows count for bars. The rules are those of `PriceRule`, as during recording.

extension QuoteTick {
    /// Converts a quote for bars; `nil` if it counts for no bar.
    @inline(__always)
    init?(_ row: QuoteRow) {
        self.init(bidPrice: row.bidPrice, askPrice: row.askPrice)
    }
}

extension TradeTick {
    /// Converts an execution for bars; `nil` if it counts for no bar.
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
