import JSONScanning
import MarketModel

// Reads the payloads of data messages.
extension KrakenV1Dialect {
    /// Reads the payloads of a message; returns false if a part of it cannot be read.
    mutating func readData(
        _ payloads: [JSONValue],
        _ channelName: UnsafeRawBufferPointer,
        _ pair: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ bytes: Int
    ) -> Bool {
        do throws(JSONError) {
            guard let channel = KrakenV1Channel(channelName) else {
                throw JSONError(offset: 0, detail: "a channel that this venue does not have")
            }
            let symbol = symbols.intern(pair)
            switch channel {
            case .trade: return try appendTrades(payloads, symbol, origin, &events)
            case .ticker: try appendTicker(payloads, symbol, origin, &events)
            case .spread: try appendSpread(payloads, symbol, origin, &events)
            case .candles:
                guard let candle = payloads.first, candle.kind == .array else {
                    throw JSONError(offset: 0, detail: "expected an array")
                }
                let json = Array(candle.bytes)
                events.venueEvents.append(VenueEvent(origin: origin, kind: "ohlc", symbol: symbol, json: json))
            case .book(let depth):
                let book = book(of: symbol, channelName, depth)
                try appendBook(payloads, book, origin, &events)
            }
            return true
        } catch {
            events.venueEvents.append(.malformed(origin, reason: error.detail, bytes: bytes))
            return false
        }
    }

    /// The elements of an array, at most 32.
    private static func elements(_ array: JSONValue?) throws(JSONError) -> [JSONValue] {
        guard let array else { throw JSONError(offset: 0, detail: "no payload") }
        var elements: [JSONValue] = []
        try array.forEachElement { index, element in
            if index < 32 { elements.append(element) }
        }
        return elements
    }

    /// `[["354.11000000","0.89594024","1618678142.557535","s","l","", 12345], …]`; the trade's number is newer.
    private mutating func appendTrades(
        _ payloads: [JSONValue],
        _ symbol: SymbolIndex,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) -> Bool {
        guard let list = payloads.first else { throw JSONError(offset: 0, detail: "no payload") }
        var isReadable = true
        try list.forEachElement { index, item throws(JSONError) in
            let place = EventOrigin(message: origin.message, item: index)
            do throws(JSONError) {
                let fields = try Self.elements(item)
                guard fields.count >= 4 else { throw JSONError(offset: 0, detail: "a trade of less than 4 fields") }
                let price = try KrakenValues.decimal(fields[0], "price")
                let size = try KrakenValues.magnitude(fields[1], "volume")
                events.trades.append(
                    Trade(
                        origin: place,
                        symbol: symbol,
                        tsEvent: KrakenTime(seconds: fields[2]).noting(place, in: &events, bytes: item.bytes.count),
                        price: price,
                        size: size,
                        aggressorSide: KrakenValues.side(fields[3]),
                        tradeID: fields.count > 6 ? fields[6].integer : nil
                    )
                )
            } catch {
                isReadable = false
                events.venueEvents.append(.malformed(place, reason: error.detail, bytes: item.bytes.count))
            }
        }
        return isReadable
    }

    /// `{"a":["13.253900",35,"35.72892241"],"b":[price, whole lots, volume],…}`; a ticker has no time.
    private mutating func appendTicker(
        _ payloads: [JSONValue],
        _ symbol: SymbolIndex,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        guard let ticker = payloads.first else { throw JSONError(offset: 0, detail: "no payload") }
        var (ask, bid): (JSONValue?, JSONValue?)
        try ticker.forEachMember { key, value in
            if key.equals("a") { ask = value }
            if key.equals("b") { bid = value }
        }
        let (asks, bids) = (try Self.elements(ask), try Self.elements(bid))
        guard asks.count >= 3, bids.count >= 3 else { throw JSONError(offset: 0, detail: "a ticker without a volume") }
        events.quotes.append(
            Quote(
                origin: origin,
                symbol: symbol,
                tsEvent: nil,
                bidPrice: try KrakenValues.decimal(bids[0], "bid"),
                bidSize: try KrakenValues.decimal(bids[2], "bid volume"),
                askPrice: try KrakenValues.decimal(asks[0], "ask"),
                askSize: try KrakenValues.decimal(asks[2], "ask volume"),
                sequence: nil
            )
        )
    }

    /// Reads `[bid, ask, time, bid volume, ask volume]`.
    private mutating func appendSpread(
        _ payloads: [JSONValue],
        _ symbol: SymbolIndex,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try Self.elements(payloads.first)
        guard fields.count >= 5 else { throw JSONError(offset: 0, detail: "a spread of less than 5 fields") }
        let (bid, ask) = (try KrakenValues.decimal(fields[0], "bid"), try KrakenValues.decimal(fields[1], "ask"))
        let bidSize = try KrakenValues.decimal(fields[3], "bid volume")
        let askSize = try KrakenValues.decimal(fields[4], "ask volume")
        events.quotes.append(
            Quote(
                origin: origin,
                symbol: symbol,
                tsEvent: KrakenTime(seconds: fields[2]).noting(origin, in: &events, bytes: 0),
                bidPrice: bid,
                bidSize: bidSize,
                askPrice: ask,
                askSize: askSize,
                sequence: nil
            )
        )
    }

    // MARK: Books

    /// A snapshot has `as` and `bs`; changes have `a` and `b`, in one payload or in two.
    private mutating func appendBook(
        _ payloads: [JSONValue],
        _ book: BookIndex,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let start = events.bookLevels.count
        var message = BookMessage(origin: origin, book: book, kind: .change)
        var time: KrakenTime = .absent
        do throws(JSONError) {
            var hasSides = false
            for payload in payloads {
                try payload.forEachMember { key, value throws(JSONError) in
                    let isSnapshot = key.equals("as") || key.equals("bs")
                    if key.equals("c") {
                        message.checksum = try KrakenValues.checksum(value)
                    } else if isSnapshot || key.equals("a") || key.equals("b") {
                        hasSides = true
                        if isSnapshot { message.kind = .snapshot }
                        let side: BookSide = key[0] == UInt8(ascii: "a") ? .ask : .bid
                        try Self.appendLevels(value, side, to: &events.bookLevels, latest: &time)
                    }
                }
            }
            guard hasSides else { throw JSONError(offset: 0, detail: "a book without sides") }
        } catch {
            events.bookLevels.removeSubrange(start...)
            events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .unreadable))
            throw error
        }
        message.tsEvent = time.noting(origin, in: &events, bytes: 0)
        message.levels = start..<events.bookLevels.count
        events.bookMessages.append(message)
    }

    /// Appends `[price, volume, time, "r"?]`, and keeps the latest time.
    private static func appendLevels(
        _ list: JSONValue,
        _ side: BookSide,
        to levels: inout [BookLevel],
        latest: inout KrakenTime
    ) throws(JSONError) {
        var cursor = JSONCursor(list)
        guard list.kind == .array else { throw JSONError(offset: 0, detail: "no list of levels") }
        try cursor.enterArray()
        while try cursor.nextElement() {
            var (price, size, time): (JSONValue?, JSONValue?, JSONValue?)
            var index = 0
            try cursor.enterArray()
            while try cursor.nextElement() {
                let value = try cursor.nextValue()
                switch index {
                case 0: price = value
                case 1: size = value
                case 2: time = value
                default: break
                }
                index += 1
            }
            let level = BookLevel(
                side: side,
                price: try KrakenValues.magnitude(price, "price"),
                size: try KrakenValues.magnitude(size, "volume")
            )
            levels.append(level)
            latest = Self.later(latest, KrakenTime(seconds: time))
        }
    }

    /// The later of two times; an impossible one wins, so that it is reported.
    private static func later(_ one: KrakenTime, _ other: KrakenTime) -> KrakenTime {
        switch (one, other) {
        case (.impossible, _), (_, .absent): one
        case (_, .impossible), (.absent, _): other
        case (.moment(let first), .moment(let second)): first < second ? other : one
        }
    }
}
