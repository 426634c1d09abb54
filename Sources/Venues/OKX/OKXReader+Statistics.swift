import JSONScanning
import MarketModel

// Funding, mark and index prices, open interest, and liquidations.
extension OKXReader {
    /// Reads an element of `funding-rate`, `mark-price`, `index-tickers` or `open-interest`.
    mutating func readStatistic(
        _ cursor: inout JSONCursor,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let (kind, name) = Self.statistic(message.channel)
        var (instrument, number, time, payment): (JSONValue?, JSONValue?, JSONValue?, JSONValue?)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals(name) {
                number = value
            } else if key.equals("instId") {
                instrument = value
            } else if key.equals("ts") {
                time = value
            } else if key.equals("fundingTime") {
                payment = value
            }
        }
        var statistic = InstrumentStatistic(
            origin: message.next,
            symbol: try symbol(instrument, of: message),
            kind: kind,
            tsEvent: nil,
            value: try OKXField.requiredDecimal(number, name)
        )
        statistic.tsEvent = self.time(time, &message, &events)
        if kind == .fundingRate { statistic.tsNext = self.time(payment, &message, &events) }
        events.statistics.append(statistic)
    }

    private static func statistic(_ channel: OKXChannel) -> (InstrumentStatistic.Kind, StaticString) {
        switch channel {
        case .fundingRate: (.fundingRate, "fundingRate")
        case .openInterest: (.openInterest, "oi")
        case .indexTickers: (.indexPrice, "idxPx")
        default: (.markPrice, "markPx")
        }
    }

    /// Reads `{"instId","details":[{"side","bkPx","sz","ts"}]}`; `side` is that of the forced order.
    mutating func readLiquidations(
        _ element: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (instrument, details): (JSONValue?, JSONValue?)
        var cursor = JSONCursor(element)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("details") {
                details = value
            } else if key.equals("instId") {
                instrument = value
            }
        }
        let symbol = try symbol(instrument, of: message)
        guard let details else { throw JSONError(offset: 0, detail: "'details' is missing") }
        var list = JSONCursor(details)
        try list.enterArray()
        while try list.nextElement() {
            try readLiquidation(&list, symbol, &message, &events)
            message.item += 1
        }
        // The caller counts the element.
        message.item -= 1
    }

    private mutating func readLiquidation(
        _ cursor: inout JSONCursor,
        _ symbol: SymbolIndex,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (side, price, size, time): (JSONValue?, JSONValue?, JSONValue?, JSONValue?)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("side") {
                side = value
            } else if key.equals("bkPx") {
                price = value
            } else if key.equals("sz") {
                size = value
            } else if key.equals("ts") {
                time = value
            }
        }
        var statistic = InstrumentStatistic(
            origin: message.next,
            symbol: symbol,
            kind: .liquidation,
            tsEvent: nil,
            value: try OKXField.requiredDecimal(price, "bkPx")
        )
        statistic.size = try OKXField.decimal(size, "sz")
        statistic.side = Self.side(side)
        statistic.tsEvent = self.time(time, &message, &events)
        events.statistics.append(statistic)
    }
}
