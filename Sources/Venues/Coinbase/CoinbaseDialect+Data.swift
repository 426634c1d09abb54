import JSONScanning
import MarketModel

// Reads the events of channels with rows.
extension CoinbaseDialect {
    /// A message that is being read.
    struct Reading {
        let channel: CoinbaseChannel
        let message: Int
        let bytes: Int
        /// True if later messages have been read before.
        let isOld: Bool
        let sequence: Int64?
        let timestamp: JSONValue?
        /// The number of the next element.
        var item = 0
        var isReadable = true

        var origin: EventOrigin { EventOrigin(message: message, item: item) }
    }

    /// Reads the events of a message; returns false if a part of it cannot be read.
    mutating func readData(
        _ envelope: CoinbaseEnvelope,
        _ channel: CoinbaseChannel,
        isOld: Bool,
        _ bytes: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) -> Bool {
        var reading = Reading(
            channel: channel,
            message: origin.message,
            bytes: bytes,
            isOld: isOld,
            sequence: envelope.number?.integer,
            timestamp: envelope.timestamp
        )
        do throws(JSONError) {
            guard let list = envelope.events else { throw JSONError(offset: 0, detail: "no events") }
            try list.forEachElement { _, event throws(JSONError) in
                do throws(JSONError) {
                    try readEvent(event, &reading, &events)
                } catch {
                    fail(error, &reading, &events)
                    if channel == .book { appendHoles(reading.origin, nil, &events) }
                }
            }
        } catch {
            fail(error, &reading, &events)
            if channel == .book { appendHoles(reading.origin, nil, &events) }
        }
        return reading.isReadable
    }

    private func fail(_ error: JSONError, _ reading: inout Reading, _ events: inout MarketEvents) {
        reading.isReadable = false
        events.venueEvents.append(.malformed(reading.origin, reason: error.detail, bytes: reading.bytes))
        reading.item += 1
    }

    private mutating func readEvent(
        _ event: JSONValue,
        _ reading: inout Reading,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try CoinbaseEvent(event, reading.channel)
        let isSnapshot = try fields.isSnapshot()
        if reading.channel == .book { return try readBook(fields, isSnapshot, &reading, &events) }
        guard let items = fields.items else { throw JSONError(offset: 0, detail: "an event without its list") }
        let start = events.trades.count
        try items.forEachElement { _, item throws(JSONError) in
            do throws(JSONError) {
                switch reading.channel {
                case .trades: try readTrade(item, isSnapshot, reading, &events)
                case .ticker: try readTicker(item, reading, &events)
                case .candles: try readCandle(item, isSnapshot, reading, &events)
                case .book: break
                }
                reading.item += 1
            } catch {
                fail(error, &reading, &events)
            }
        }
        Self.sort(&events.trades, from: start)
    }

    // MARK: Trades

    /// A trade of a snapshot happened before the subscription, so it is history.
    private mutating func readTrade(
        _ item: JSONValue,
        _ isSnapshot: Bool,
        _ reading: Reading,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (product, id, price): (JSONValue?, JSONValue?, JSONValue?)
        var (size, time, side): (JSONValue?, JSONValue?, JSONValue?)
        try item.forEachMember { key, value in
            if key.equals("product_id") {
                product = value
            } else if key.equals("trade_id") {
                id = value
            } else if key.equals("price") {
                price = value
            } else if key.equals("size") {
                size = value
            } else if key.equals("time") {
                time = value
            } else if key.equals("side") {
                side = value
            }
        }
        let name = try CoinbaseField.symbol(product)
        let amounts = (
            price: try CoinbaseField.decimal(price, "price"), size: try CoinbaseField.magnitude(size, "size")
        )
        let symbol = symbols.intern(name)
        var trade = Trade(
            origin: reading.origin,
            symbol: symbol,
            tsEvent: CoinbaseTime(text: time).noting(reading.origin, in: &events, bytes: reading.bytes),
            price: amounts.price,
            size: amounts.size,
            aggressorSide: CoinbaseField.taker(ofMaker: side),
            tradeID: id?.integer
        )
        if isSnapshot { trade.administrativeKind = "history" }
        events.trades.append(trade)
        noteDelivery(symbol, .trades)
    }

    /// Puts the trades of one event in the order in which they happened; the venue lists the newest first.
    private static func sort(_ trades: inout [Trade], from start: Int) {
        let isNewestFirst = zip(trades[start...], trades[start...].dropFirst()).lazy.compactMap { one, next -> Bool? in
            guard one.symbol == next.symbol, let first = one.tradeID, let second = next.tradeID else { return nil }
            return first == second ? nil : first > second
        }.first
        guard isNewestFirst ?? false else { return }
        // Places in the message are given in the new order too.
        var (low, high) = (start, trades.count - 1)
        while low < high {
            let (first, last) = (trades[low].origin, trades[high].origin)
            trades.swapAt(low, high)
            (trades[low].origin, trades[high].origin) = (first, last)
            low += 1
            high -= 1
        }
    }

    // MARK: Quotes

    private mutating func readTicker(
        _ item: JSONValue,
        _ reading: Reading,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (product, bid, bidSize): (JSONValue?, JSONValue?, JSONValue?)
        var (ask, askSize): (JSONValue?, JSONValue?)
        try item.forEachMember { key, value in
            if key.equals("product_id") {
                product = value
            } else if key.equals("best_bid") {
                bid = value
            } else if key.equals("best_bid_quantity") {
                bidSize = value
            } else if key.equals("best_ask") {
                ask = value
            } else if key.equals("best_ask_quantity") {
                askSize = value
            }
        }
        let name = try CoinbaseField.symbol(product)
        guard bid != nil || ask != nil else { throw JSONError(offset: 0, detail: "a ticker without bid and ask") }
        let prices = (
            bid: try CoinbaseField.optionalDecimal(bid, "best_bid"),
            ask: try CoinbaseField.optionalDecimal(ask, "best_ask")
        )
        let sizes = (
            bid: try CoinbaseField.optionalDecimal(bidSize, "best_bid_quantity"),
            ask: try CoinbaseField.optionalDecimal(askSize, "best_ask_quantity")
        )
        let symbol = symbols.intern(name)
        events.quotes.append(
            Quote(
                origin: reading.origin,
                symbol: symbol,
                tsEvent: CoinbaseTime(text: reading.timestamp)
                    .noting(reading.origin, in: &events, bytes: reading.bytes),
                bidPrice: prices.bid,
                bidSize: sizes.bid,
                askPrice: prices.ask,
                askSize: sizes.ask,
                sequence: reading.sequence
            )
        )
        noteDelivery(symbol, .ticker)
    }

    // MARK: Candles

    /// A candle is an event: it is final when the next one begins, and has no bid and ask.
    private mutating func readCandle(
        _ item: JSONValue,
        _ isSnapshot: Bool,
        _ reading: Reading,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (product, close, start): (JSONValue?, JSONValue?, JSONValue?)
        try item.forEachMember { key, value in
            if key.equals("product_id") {
                product = value
            } else if key.equals("close") {
                close = value
            } else if key.equals("start") {
                start = value
            }
        }
        _ = try CoinbaseField.decimal(close, "close")
        let symbol = symbols.intern(try CoinbaseField.symbol(product))
        _ = CoinbaseTime(seconds: start).noting(reading.origin, in: &events, bytes: reading.bytes)
        let kind = isSnapshot ? "candles_history" : "candles"
        events.venueEvents.append(
            VenueEvent(origin: reading.origin, kind: kind, symbol: symbol, json: Array(item.bytes))
        )
        noteDelivery(symbol, .candles)
    }
}
