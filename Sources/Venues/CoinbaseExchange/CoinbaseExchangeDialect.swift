import JSONScanning
package import MarketModel

/// Reads recorded messages of Coinbase Exchange; it sends nothing.
package struct CoinbaseExchangeDialect: VenueDialect {
    package private(set) var symbols = SymbolTable()
    package private(set) var books = BookTable()
    /// The book of each symbol, by the symbol's index.
    private var tokens = JSONIndex()
    private var bookPlaces: [BookIndex?] = []

    /// Types of the venue without rows: answers, heartbeats, and the orders of the channels `full` and `user`.
    private static let otherTypes: [StaticString] = [
        "subscriptions", "heartbeat", "received", "open", "done", "change", "activate", "noop", "balance",
    ]
    /// Types that are kept as events.
    private static let eventTypes: [StaticString] = ["error", "status", "auction", "rfq_match"]

    init() {}

    package mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {}
    package mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {}

    package mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        var outcome = DialectOutcome()
        var tokens = self.tokens.take()
        defer { self.tokens = tokens }
        batch.forEachReceived { payload, entry, origin in
            guard entry.kind != .rest else {
                outcome.recognised += 1
                return
            }
            tokens.withPlainCursor(payload) { read($0, origin, &events, &outcome) }
        }
        return outcome
    }

    private mutating func read(
        _ start: JSONCursor,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ outcome: inout DialectOutcome
    ) {
        let payload = start.bytes
        do throws(JSONError) {
            let message = try CoinbaseExchangeMessage(start)
            guard let type = message.type, type.kind == .string, try read(message, type, payload, origin, &events)
            else {
                outcome.unrecognised += 1
                events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
                return
            }
            outcome.recognised += 1
            let isSilent = Self.otherTypes.contains { type.bytes.equals($0) }
            if !isSilent { outcome.dataMessages += 1 }
        } catch {
            outcome.unrecognised += 1
            events.venueEvents.append(.malformed(origin, reason: error.description, bytes: payload.count))
            appendUnreadable(payload, origin, &events)
        }
    }

    /// Reads a message of a known type; returns false for another type.
    private mutating func read(
        _ message: CoinbaseExchangeMessage,
        _ type: JSONValue,
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) -> Bool {
        let (name, bytes) = (type.bytes, payload.count)
        if name.equals("l2update") {
            try readBook(message, isSnapshot: false, origin, bytes, &events)
        } else if name.equals("ticker") {
            try readTicker(message, origin, bytes, &events)
        } else if name.equals("match") || name.equals("last_match") {
            try readTrade(message, isHistory: name.equals("last_match"), origin, bytes, &events)
        } else if name.equals("snapshot") {
            try readBook(message, isSnapshot: true, origin, bytes, &events)
        } else if Self.eventTypes.contains(where: { name.equals($0) }) {
            let kind = String(decoding: name, as: UTF8.self)
            events.venueEvents.append(VenueEvent(origin: origin, kind: kind, json: Array(payload)))
        } else {
            return Self.otherTypes.contains { name.equals($0) }
        }
        return true
    }

    // MARK: Trades and quotes

    /// The venue repeats the last trade when a client subscribes; that is history.
    private mutating func readTrade(
        _ message: CoinbaseExchangeMessage,
        isHistory: Bool,
        _ origin: EventOrigin,
        _ bytes: Int,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let name = try CoinbaseField.symbol(message.product)
        let price = try CoinbaseField.decimal(message.price, "price")
        let size = try CoinbaseField.magnitude(message.size, "size")
        var trade = Trade(
            origin: origin,
            symbol: symbols.intern(name),
            tsEvent: CoinbaseTime(text: message.time).noting(origin, in: &events, bytes: bytes),
            price: price,
            size: size,
            aggressorSide: CoinbaseField.taker(ofMaker: message.side),
            tradeID: message.tradeID?.integer
        )
        if isHistory { trade.administrativeKind = "history" }
        events.trades.append(trade)
    }

    private mutating func readTicker(
        _ message: CoinbaseExchangeMessage,
        _ origin: EventOrigin,
        _ bytes: Int,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let name = try CoinbaseField.symbol(message.product)
        guard message.bestBid != nil || message.bestAsk != nil else {
            throw JSONError(offset: 0, detail: "a ticker without bid and ask")
        }
        let bid = try CoinbaseField.optionalDecimal(message.bestBid, "best_bid")
        let bidSize = try CoinbaseField.optionalDecimal(message.bestBidSize, "best_bid_size")
        let ask = try CoinbaseField.optionalDecimal(message.bestAsk, "best_ask")
        let askSize = try CoinbaseField.optionalDecimal(message.bestAskSize, "best_ask_size")
        events.quotes.append(
            Quote(
                origin: origin,
                symbol: symbols.intern(name),
                tsEvent: CoinbaseTime(text: message.time).noting(origin, in: &events, bytes: bytes),
                bidPrice: bid,
                bidSize: bidSize,
                askPrice: ask,
                askSize: askSize,
                sequence: message.sequence?.integer
            )
        )
    }

    // MARK: Books

    private mutating func readBook(
        _ message: CoinbaseExchangeMessage,
        isSnapshot: Bool,
        _ origin: EventOrigin,
        _ bytes: Int,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let symbol = symbols.intern(try CoinbaseField.symbol(message.product))
        let start = events.bookLevels.count
        do throws(JSONError) {
            if isSnapshot {
                try Self.appendLevels(message.bids, .bid, to: &events.bookLevels)
                try Self.appendLevels(message.asks, .ask, to: &events.bookLevels)
            } else {
                try Self.appendLevels(message.changes, nil, to: &events.bookLevels)
            }
        } catch {
            events.bookLevels.removeSubrange(start...)
            throw error
        }
        var book = BookMessage(origin: origin, book: self.book(of: symbol), kind: isSnapshot ? .snapshot : .change)
        book.tsEvent = CoinbaseTime(text: message.time).noting(origin, in: &events, bytes: bytes)
        book.levels = start..<events.bookLevels.count
        events.bookMessages.append(book)
    }

    /// A book has no numbers and no checksum, so a lost change cannot be noticed.
    private mutating func book(of symbol: SymbolIndex) -> BookIndex {
        let index = Int(symbol.value)
        if index < bookPlaces.count, let known = bookPlaces[index] { return known }
        while bookPlaces.count <= index { bookPlaces.append(nil) }
        var rule = BookRule()
        rule.mayCross = true
        let book = books.intern(symbol, channel: "level2", rule: rule)
        bookPlaces[index] = book
        return book
    }

    /// Appends `[[price, size],…]` of `side`, or `[[side, price, size],…]` if that is `nil`.
    private static func appendLevels(
        _ list: JSONValue?,
        _ side: BookSide?,
        to levels: inout [BookLevel]
    ) throws(JSONError) {
        guard let list, list.kind == .array else { throw JSONError(offset: 0, detail: "no list of levels") }
        var cursor = JSONCursor(list)
        try cursor.enterArray()
        while try cursor.nextElement() {
            try cursor.enterArray()
            var own = side
            if side == nil {
                let word = try next(&cursor)
                own = word?.equals("buy") ?? false ? .bid : word?.equals("sell") ?? false ? .ask : nil
            }
            guard let own else { throw JSONError(offset: 0, detail: "neither buy nor sell") }
            let price = try CoinbaseField.magnitude(try next(&cursor), "price")
            let size = try CoinbaseField.magnitude(try next(&cursor), "size")
            levels.append(BookLevel(side: own, price: price, size: size))
            while try next(&cursor) != nil {}
        }
    }

    private static func next(_ cursor: inout JSONCursor) throws(JSONError) -> JSONValue? {
        try cursor.nextElement() ? try cursor.nextValue() : nil
    }

    /// Ends the books that an unreadable message may have changed: those that it names, or all if it names none.
    private func appendUnreadable(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        let message = try? CoinbaseExchangeMessage(JSONCursor(payload))
        if let type = message?.type, !type.equals("l2update"), !type.equals("snapshot") { return }
        let name = (message?.product).flatMap(\.text)
        for (index, entry) in books.entries.enumerated() {
            guard name.map({ $0 == symbols.text(of: entry.symbol) || symbols.find($0) == nil }) ?? true else {
                continue
            }
            let book = BookIndex(Int32(truncatingIfNeeded: index))
            events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .unreadable))
        }
    }
}
