package import Archive
package import BarBuilding
import MarketModel

// How stored rows count for bars: the same while recording, rebuilding and replaying. The rules are those of
// `PriceRule`. These initialisers run once per tick.

extension QuoteTick {
    /// Converts a quote for bars; `nil` if it counts for no bar, such as one that is derived from an order book.
    @inline(__always)
    package init?(_ row: QuoteRow) {
        if row.isDerived { return nil }
        self.init(bidPrice: row.bidPrice, askPrice: row.askPrice)
    }
}

extension TradeTick {
    /// Converts an execution for bars; `nil` if it counts for no bar.
    @inline(__always)
    package init?(_ row: TradeRow) {
        self.init(price: row.price, size: row.size, aggressorSide: row.aggressorSide, isInBars: row.isInBars)
    }
}

extension TickArrival {
    // Two of them instead of a generic one, which would not be specialised across targets.

    /// When a quote arrived.
    @inline(__always)
    package init(_ row: QuoteRow) {
        self.init(tsRecv: row.tsRecv, messageIndex: row.messageIndex, item: row.item)
    }

    /// When an execution arrived.
    @inline(__always)
    package init(_ row: TradeRow) {
        self.init(tsRecv: row.tsRecv, messageIndex: row.messageIndex, item: row.item)
    }
}

extension BarInstrument {
    /// The row under which bars of this instrument are stored.
    package init(_ row: InstrumentRow) {
        self.init(id: row.instrumentID, priceDigits: row.priceDigits, sizeDigits: row.sizeDigits)
    }
}
