import JSONScanning
import MarketModel

// Reads the elements of `data`.
extension KrakenDialect {
    /// Reads the data of a channel with rows or events; returns false if a part of it cannot be read.
    mutating func readData(
        _ envelope: KrakenEnvelope,
        _ channel: KrakenChannel,
        _ bytes: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) -> Bool {
        let isSnapshot = envelope.type?.equals("snapshot") ?? false
        var isReadable = true
        do throws(JSONError) {
            guard let data = envelope.data else { throw JSONError(offset: 0, detail: "no data") }
            guard isSnapshot || envelope.type?.equals("update") ?? false else {
                throw JSONError(offset: 0, detail: "neither a snapshot nor an update")
            }
            try data.forEachElement { index, item throws(JSONError) in
                let place = EventOrigin(message: origin.message, item: index)
                do throws(JSONError) {
                    try readItem(item, channel, isSnapshot, place, &events)
                } catch {
                    isReadable = false
                    events.venueEvents.append(.malformed(place, reason: error.detail, bytes: bytes))
                }
            }
        } catch {
            isReadable = false
            if channel == .book { knownBooks.appendHoles(origin, to: &events) }
            events.venueEvents.append(.malformed(origin, reason: error.detail, bytes: bytes))
        }
        return isReadable
    }

    private mutating func readItem(
        _ item: JSONValue,
        _ channel: KrakenChannel,
        _ isSnapshot: Bool,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        switch channel {
        case .trade: append(try KrakenTradeItem(item), isSnapshot, origin, &events, item.bytes.count)
        case .ticker: append(try KrakenTickerItem(item), origin, &events, item.bytes.count)
        case .book: try appendBook(item, isSnapshot, origin, &events)
        case .candles: try appendCandle(item, isSnapshot, origin, &events)
        }
    }

    /// A trade of a snapshot happened before the subscription, so it is history.
    private mutating func append(
        _ item: KrakenTradeItem,
        _ isSnapshot: Bool,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ bytes: Int
    ) {
        let symbol = symbols.intern(item.symbol)
        var trade = Trade(
            origin: origin,
            symbol: symbol,
            tsEvent: item.time.noting(origin, in: &events, bytes: bytes),
            price: item.price,
            size: item.size,
            aggressorSide: item.side,
            tradeID: item.tradeID
        )
        if isSnapshot { trade.administrativeKind = "history" }
        events.trades.append(trade)
        noteDelivery(symbol, .trade)
    }

    private mutating func append(
        _ item: KrakenTickerItem,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ bytes: Int
    ) {
        let symbol = symbols.intern(item.symbol)
        events.quotes.append(
            Quote(
                origin: origin,
                symbol: symbol,
                tsEvent: item.time.noting(origin, in: &events, bytes: bytes),
                bidPrice: item.bidPrice,
                bidSize: item.bidSize,
                askPrice: item.askPrice,
                askSize: item.askSize,
                sequence: nil
            )
        )
        noteDelivery(symbol, .ticker)
    }

    private mutating func appendBook(
        _ item: JSONValue,
        _ isSnapshot: Bool,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields: KrakenBookItem
        let symbol: SymbolIndex
        do throws(JSONError) {
            fields = try KrakenBookItem(item)
            symbol = symbols.intern(try KrakenValues.symbol(fields.symbol))
        } catch {
            // It may have changed any book.
            knownBooks.appendHoles(origin, to: &events)
            throw error
        }
        let start = events.bookLevels.count
        var checksum: UInt32?
        do throws(JSONError) {
            checksum = try KrakenValues.checksum(fields.checksum)
            try KrakenBookItem.appendLevels(fields.bids, .bid, to: &events.bookLevels)
            try KrakenBookItem.appendLevels(fields.asks, .ask, to: &events.bookLevels)
        } catch {
            events.bookLevels.removeSubrange(start...)
            let book = knownBooks.book(of: symbol, channel: "book", snapshotLevels: nil)
            events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .unreadable))
            throw error
        }
        let levels = start..<events.bookLevels.count
        let book = book(of: symbol, isSnapshot ? events.bookLevels[levels] : nil)
        var message = BookMessage(origin: origin, book: book, kind: isSnapshot ? .snapshot : .change)
        message.tsEvent = KrakenTime(text: fields.time).noting(origin, in: &events, bytes: item.bytes.count)
        message.checksum = checksum
        message.levels = levels
        events.bookMessages.append(message)
        noteDelivery(symbol, .book)
    }

    /// The book of `symbol`; the deeper side of a snapshot shows the depth, if the venue has not stated it.
    private mutating func book(of symbol: SymbolIndex, _ snapshot: ArraySlice<BookLevel>?) -> BookIndex {
        if !wanted.symbols.isEmpty { return knownBooks.book(of: symbol, channel: "book", depth: wanted.depth) }
        let bids = snapshot?.count { $0.side == .bid }
        let deeper = snapshot.map { max(bids ?? 0, $0.count - (bids ?? 0)) }
        return knownBooks.book(of: symbol, channel: "book", snapshotLevels: deeper)
    }

    /// A candle is an event: it is final when the next one begins, and has no bid and ask.
    private mutating func appendCandle(
        _ item: JSONValue,
        _ isSnapshot: Bool,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (symbol, close, begin): (JSONValue?, JSONValue?, JSONValue?)
        try item.forEachMember { key, value in
            if key.equals("symbol") {
                symbol = value
            } else if key.equals("close") {
                close = value
            } else if key.equals("interval_begin") {
                begin = value
            }
        }
        _ = try KrakenValues.decimal(close, "close")
        let index = symbols.intern(try KrakenValues.symbol(symbol))
        _ = KrakenTime(text: begin).noting(origin, in: &events, bytes: item.bytes.count)
        let kind = isSnapshot ? "ohlc_history" : "ohlc"
        events.venueEvents.append(VenueEvent(origin: origin, kind: kind, symbol: index, json: Array(item.bytes)))
        noteDelivery(index, .candles)
    }
}
