import JSONScanning
import MarketModel

// Trades, best prices and candles.
extension HyperliquidReader {
    /// Reads `[{"coin","side","px","sz","time","hash","tid","users":[buyer,seller]}]`, each entry for itself.
    mutating func readTrades(
        _ data: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var cursor = JSONCursor(data)
        try cursor.enterArray()
        while try cursor.nextElement() {
            let start = cursor
            do throws(JSONError) {
                try readTrade(&cursor, &message, &events)
            } catch {
                fail(error, &message, &events)
                cursor = start
                try cursor.skipValue()
            }
            message.item += 1
        }
        if let symbol = message.symbol { endHistory(symbol) }
    }

    @inline(__always)
    private mutating func readTrade(
        _ cursor: inout JSONCursor,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (coin, side, price, size): (JSONValue?, JSONValue?, JSONValue?, JSONValue?)
        var (time, id): (JSONValue?, JSONValue?)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("coin") {
                coin = value
            } else if key.equals("side") {
                side = value
            } else if key.equals("px") {
                price = value
            } else if key.equals("sz") {
                size = value
            } else if key.equals("time") {
                time = value
            } else if key.equals("tid") {
                id = value
            }
        }
        let symbol = try symbol(coin)
        message.symbol = symbol
        var trade = Trade(
            origin: message.next,
            symbol: symbol,
            tsEvent: nil,
            price: try HyperliquidField.requiredDecimal(price, "px"),
            size: try HyperliquidField.requiredDecimal(size, "sz"),
            aggressorSide: Self.side(side),
            tradeID: id?.integer
        )
        trade.tsEvent = self.time(time, &message, &events)
        if isHistory(symbol, message) { trade.administrativeKind = "history" }
        events.trades.append(trade)
    }

    /// `B` if the buyer took liquidity, `A` if the seller did.
    private static func side(_ value: JSONValue?) -> AggressorSide? {
        guard let value else { return nil }
        if value.equals("B") { return .buyer }
        return value.equals("A") ? .seller : nil
    }

    /// Reads `{"coin","time","bbo":[bid,ask]}`; an empty side is `null`.
    mutating func readBestPrices(
        _ data: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (coin, time): (JSONValue?, JSONValue?)
        var sides: [BookLevel?]?
        var cursor = JSONCursor(data)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("bbo") {
                sides = try Self.bestLevels(&cursor)
                continue
            }
            let value = try cursor.nextValue()
            if key.equals("coin") {
                coin = value
            } else if key.equals("time") {
                time = value
            }
        }
        let symbol = try symbol(coin)
        message.symbol = symbol
        guard let sides else { throw JSONError(offset: 0, detail: "'bbo' is missing") }
        let quote = Quote(
            origin: message.next,
            symbol: symbol,
            tsEvent: self.time(time, &message, &events),
            bidPrice: sides[0]?.price,
            bidSize: sides[0]?.size,
            askPrice: sides[1]?.price,
            askSize: sides[1]?.size,
            sequence: nil
        )
        events.quotes.append(quote)
    }

    /// The bid and the ask; `nil` for an empty side.
    private static func bestLevels(_ cursor: inout JSONCursor) throws(JSONError) -> [BookLevel?] {
        var levels: [BookLevel?] = []
        try cursor.enterArray()
        while try cursor.nextElement() {
            guard levels.count < 2 else { throw JSONError(offset: 0, detail: "'bbo' has more than two sides") }
            let start = cursor
            if try cursor.nextValue().isNull {
                levels.append(nil)
            } else {
                cursor = start
                levels.append(try readLevel(levels.isEmpty ? .bid : .ask, &cursor))
            }
        }
        guard levels.count == 2 else { throw JSONError(offset: 0, detail: "'bbo' does not have two sides") }
        return levels
    }

    /// Reads `{"t","T","s","i","o","c","h","l","v","n"}`, or a list of them, and keeps each as an event.
    ///
    /// A ``VenueBar`` has neither trades' prices nor volumes.
    mutating func readCandles(
        _ data: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        guard data.kind == .array else { return try readCandle(data, &message, &events) }
        var cursor = JSONCursor(data)
        try cursor.enterArray()
        while try cursor.nextElement() { try readCandle(try cursor.nextValue(), &message, &events) }
    }

    private mutating func readCandle(
        _ candle: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (coin, start): (JSONValue?, JSONValue?)
        var prices = 0
        var cursor = JSONCursor(candle)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("s") {
                coin = value
            } else if key.equals("t") {
                start = value
            } else if key.equals("o") || key.equals("h") || key.equals("l") || key.equals("c") {
                _ = try HyperliquidField.requiredDecimal(value, "price")
                prices += 1
            }
        }
        let symbol = try symbol(coin)
        message.symbol = symbol
        guard prices >= 4 else { throw JSONError(offset: 0, detail: "a candle has four prices") }
        _ = time(start, &message, &events)
        let origin = EventOrigin(message: message.origin.message, item: message.eventItem)
        message.eventItem += 1
        events.venueEvents.append(
            VenueEvent(origin: origin, kind: "candle", symbol: symbol, json: Array(candle.bytes))
        )
    }
}
