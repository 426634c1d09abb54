import JSONScanning
import MarketModel

extension BybitDialect {
    /// Reads `{"s":"BTCUSDT","b":[["77140.5","0.2"]],"a":[],"u":3734360,"seq":…}` of a topic `orderbook.N`.
    ///
    /// A message whose `u` is 1 is a snapshot even if it is called a delta: the venue has restarted.
    mutating func readBook(
        _ message: BybitEnvelope,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard let book = topics[index].book else { return }
        let start = events.bookLevels.count
        do throws(BybitPayloadError) {
            let update = try Self.update(message.data, &events.bookLevels)
            let isSnapshot = message.type?.equals("snapshot") == true
            guard isSnapshot || message.type?.equals("delta") == true else {
                throw BybitPayloadError(reason: "an order book that is neither a snapshot nor a delta")
            }
            let isChange = !isSnapshot && update != 1
            var entry = BookMessage(origin: origin, book: book, kind: isChange ? .change : .snapshot)
            entry.tsEvent = moment(message.engineTime ?? message.pushTime)
            entry.first = update
            entry.last = update
            entry.levels = start..<events.bookLevels.count
            events.bookMessages.append(entry)
            noteBest(entry, index, &events)
        } catch {
            problem = error.reason
            events.bookLevels.removeSubrange(start...)
            events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .unreadable))
        }
    }

    /// Appends the quote of `orderbook.1`.
    private mutating func noteBest(_ entry: BookMessage, _ index: Int, _ events: inout MarketEvents) {
        guard case .book(let channel, isBest: true) = topics[index].topic.kind, let symbol = topics[index].symbol else {
            return
        }
        let isChange = entry.kind == .change
        if isChange {
            // Older recordings have changes here too: then the book is kept like a deep one.
            _ = books.intern(symbol, channel: channel, rule: BybitTopicState.deepRule)
            guard topics[index].best != nil else { return }
        }
        var best = topics[index].best ?? BybitBest()
        best.apply(events.bookLevels[entry.levels], isChange: isChange)
        topics[index].best = best
        events.quotes.append(
            Quote(
                origin: entry.origin,
                symbol: symbol,
                tsEvent: entry.tsEvent,
                bidPrice: best.bid?.price,
                bidSize: best.bid?.size,
                askPrice: best.ask?.price,
                askSize: best.ask?.size,
                sequence: entry.last
            )
        )
    }

    /// Appends the levels in `data`, and returns the number `u`.
    private static func update(
        _ data: JSONValue?,
        _ levels: inout [BookLevel]
    ) throws(BybitPayloadError) -> Int64 {
        guard let data, data.kind == .object else { throw BybitPayloadError(reason: "an order book without data") }
        var number: Int64?
        var hasSides = (bid: false, ask: false)
        let start = levels.count
        do throws(JSONError) {
            var cursor = JSONCursor(data)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if key.equals("b") {
                    if hasSides.bid { levels.remove(.bid, from: start) }
                    hasSides.bid = true
                    try readLevels(&cursor, .bid, &levels)
                } else if key.equals("a") {
                    if hasSides.ask { levels.remove(.ask, from: start) }
                    hasSides.ask = true
                    try readLevels(&cursor, .ask, &levels)
                } else if key.equals("u") {
                    number = try cursor.nextValue().integer
                } else {
                    try cursor.skipValue()
                }
            }
        } catch {
            throw BybitPayloadError(reason: error.description)
        }
        guard let number, hasSides == (true, true) else {
            throw BybitPayloadError(reason: "an order book without 'b', 'a' or 'u'")
        }
        return number
    }

    /// Reads `[["77140.5","0.216593"],…]`.
    private static func readLevels(
        _ cursor: inout JSONCursor,
        _ side: BookSide,
        _ levels: inout [BookLevel]
    ) throws(JSONError) {
        try cursor.enterArray()
        while try cursor.nextElement() {
            try cursor.enterArray()
            guard try cursor.nextElement(), let price = decimal(try cursor.nextValue()),
                try cursor.nextElement(), let size = decimal(try cursor.nextValue()), size.mantissa >= 0
            else { throw JSONError(offset: cursor.position, detail: "a level without a price or a size") }
            // Further members of a level are not known, and harmless.
            while try cursor.nextElement() { try cursor.skipValue() }
            levels.append(BookLevel(side: side, price: price, size: size))
        }
    }
}

extension [BookLevel] {
    /// Removes the levels of `side` from `start` on, because a repeated member replaces them.
    fileprivate mutating func remove(_ side: BookSide, from start: Int) {
        let kept = self[start...].filter { $0.side != side }
        replaceSubrange(start..., with: kept)
    }
}
