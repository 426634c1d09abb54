import JSONScanning
import MarketModel

// Funding, mark and oracle prices, and open interest.
extension HyperliquidReader {
    /// Reads `{"coin","ctx":{"funding","openInterest","oraclePx","markPx",…}}`; a spot pair has only `markPx`.
    ///
    /// The message has no time.
    mutating func readContext(
        _ data: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (coin, context): (JSONValue?, JSONValue?)
        var cursor = JSONCursor(data)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("coin") {
                coin = value
            } else if key.equals("ctx") {
                context = value
            }
        }
        let symbol = try symbol(coin)
        message.symbol = symbol
        guard let context else { throw JSONError(offset: 0, detail: "'ctx' is missing") }
        for (kind, value) in try Self.values(context) {
            guard let value else { continue }
            events.statistics.append(
                InstrumentStatistic(origin: message.next, symbol: symbol, kind: kind, tsEvent: nil, value: value)
            )
            message.item += 1
        }
    }

    private static func values(
        _ context: JSONValue
    ) throws(JSONError) -> [(InstrumentStatistic.Kind, FixedDecimal?)] {
        var (funding, mark, oracle, open): (FixedDecimal?, FixedDecimal?, FixedDecimal?, FixedDecimal?)
        var cursor = JSONCursor(context)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("funding") {
                funding = try HyperliquidField.decimal(value, "funding")
            } else if key.equals("markPx") {
                mark = try HyperliquidField.decimal(value, "markPx")
            } else if key.equals("oraclePx") {
                oracle = try HyperliquidField.decimal(value, "oraclePx")
            } else if key.equals("openInterest") {
                open = try HyperliquidField.decimal(value, "openInterest")
            }
        }
        return [(.fundingRate, funding), (.markPrice, mark), (.indexPrice, oracle), (.openInterest, open)]
    }
}
