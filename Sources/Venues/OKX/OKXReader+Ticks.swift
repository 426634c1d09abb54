import JSONScanning
import MarketModel

// Trades, quotes and the venue's bars.
extension OKXReader {
    /// Reads `{"instId","tradeId","px","sz","side","ts","count"}`; `side` is that of the taker.
    mutating func readTrade(
        _ cursor: inout JSONCursor,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (instrument, id, price, size): (JSONValue?, JSONValue?, JSONValue?, JSONValue?)
        var (side, time, count): (JSONValue?, JSONValue?, JSONValue?)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("px") {
                price = value
            } else if key.equals("sz") {
                size = value
            } else if key.equals("ts") {
                time = value
            } else if key.equals("side") {
                side = value
            } else if key.equals("instId") {
                instrument = value
            } else if key.equals("tradeId") {
                id = value
            } else if key.equals("count") {
                count = value
            }
        }
        var trade = Trade(
            origin: message.next,
            symbol: try symbol(instrument, of: message),
            tsEvent: nil,
            price: try OKXField.requiredDecimal(price, "px"),
            size: try OKXField.requiredDecimal(size, "sz"),
            aggressorSide: Self.side(side),
            tradeID: id?.integer
        )
        trade.tsEvent = self.time(time, &message, &events)
        trade.isAggregate = message.channel == .trades && (count?.integer ?? 1) > 1
        events.trades.append(trade)
    }

    static func side(_ value: JSONValue?) -> AggressorSide? {
        guard let value else { return nil }
        if value.equals("buy") { return .buyer }
        return value.equals("sell") ? .seller : nil
    }

    /// Reads the best bid and ask of a ticker, unless `bbo-tbt` brings them faster.
    mutating func readTicker(
        _ cursor: inout JSONCursor,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (instrument, time): (JSONValue?, JSONValue?)
        var (bid, bidSize, ask, askSize): (JSONValue?, JSONValue?, JSONValue?, JSONValue?)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("askPx") {
                ask = value
            } else if key.equals("askSz") {
                askSize = value
            } else if key.equals("bidPx") {
                bid = value
            } else if key.equals("bidSz") {
                bidSize = value
            } else if key.equals("ts") {
                time = value
            } else if key.equals("instId") {
                instrument = value
            }
        }
        let symbol = try symbol(instrument, of: message)
        guard bid != nil || ask != nil else { throw JSONError(offset: 0, detail: "'bidPx' and 'askPx' are missing") }
        guard !quotesComeFromBestPrices(symbol) else { return }
        var quote = Quote(
            origin: message.next,
            symbol: symbol,
            tsEvent: nil,
            bidPrice: try OKXField.decimal(bid, "bidPx"),
            bidSize: try OKXField.decimal(bidSize, "bidSz"),
            askPrice: try OKXField.decimal(ask, "askPx"),
            askSize: try OKXField.decimal(askSize, "askSz"),
            sequence: nil
        )
        quote.tsEvent = self.time(time, &message, &events)
        events.quotes.append(quote)
    }

    /// Checks `[ts,o,h,l,c,vol,volCcy,volCcyQuote,confirm]`, and keeps it as an event.
    ///
    /// A ``VenueBar`` has neither trades' prices nor volumes.
    mutating func readCandle(
        _ element: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var cursor = JSONCursor(element)
        try cursor.enterArray()
        var count = 0
        while try cursor.nextElement() {
            let value = try cursor.nextValue()
            if count == 0 { _ = time(value, &message, &events) }
            if (1...4).contains(count) { _ = try OKXField.requiredDecimal(value, "price") }
            count += 1
        }
        guard count >= 6 else { throw JSONError(offset: 0, detail: "a candle has at least six values") }
        try appendEvent(element, &message, &events)
    }
}
