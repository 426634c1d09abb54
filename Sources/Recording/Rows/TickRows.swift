import Archive
import BarBuilding
import JSONScanning
import MarketModel

// What becomes of ticks besides bars: rows, keys and venue numbers.

extension InstrumentRow {
    /// The decimal digits of price times size.
    var notionalDigits: UInt8 { priceDigits + sizeDigits }
}

extension BarRowKey {
    init(_ key: BarKey) {
        self.init(
            instrumentID: key.instrumentID,
            side: key.side,
            intervalNS: key.interval.nanoseconds,
            tsOpen: UnixNanoseconds(key.tsOpen)
        )
    }
}

extension TickNumbers.Kind {
    init(_ quote: Quote) {
        self = quote.isDerived ? .derivedQuote : .quote
    }

    init(_ trade: Trade) {
        self = trade.isAggregate ? .aggregate : .trade
    }
}

extension EventRow {
    static let administrativeKind = "administrative_trade"

    /// An entry among the trades that is not an execution: `{"kind":…,"trade_id":…,"price":…,"size":…}`.
    init(administrative trade: Trade, symbol: String, _ position: RowPosition, feedID: Int64) {
        var object = JSONObjectWriter()
        object.text("kind", trade.administrativeKind)
        object.boolean("is_aggregate", trade.isAggregate ? true : nil)
        object.integer("trade_id", trade.tradeID)
        object.integer("ts_event", trade.tsEvent?.rawValue)
        object.raw("price", trade.price.description)
        object.raw("size", trade.size.description)
        self.init(
            tsRecv: position.tsRecv,
            messageIndex: position.messageIndex,
            item: position.item,
            feedID: feedID,
            kind: Self.administrativeKind,
            symbol: symbol,
            json: Array(object.text().utf8)
        )
    }
}
