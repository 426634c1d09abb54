import JSONScanning
import MarketModel

// Order books, and the quotes of `bbo-tbt`.
extension OKXReader {
    /// The values of one element of a book's `data`.
    private struct Element {
        var time: JSONValue?
        var number: JSONValue?
        var previous: JSONValue?
        var checksum: JSONValue?
        /// The first level of each side.
        var bestBid: BookLevel?
        var bestAsk: BookLevel?
    }

    /// Reads `{"asks":[[price,size,"0",orders]],"bids":[…],"ts","checksum","prevSeqId","seqId"}`.
    mutating func readBook(
        _ cursor: inout JSONCursor,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        guard let symbol = message.symbol else { throw JSONError(offset: 0, detail: "'instId' is missing") }
        let start = events.bookLevels.count
        do throws(JSONError) {
            let element = try readLevels(&cursor, &events)
            let number = try OKXField.number(element.number, "seqId")
            let previous = try OKXField.number(element.previous, "prevSeqId")
            let kind = try kind(message, previous: previous)
            var change = BookMessage(
                origin: message.next,
                book: place(symbol, message.channel, message.argument),
                kind: kind
            )
            change.checksum = try checksum(element.checksum)
            change.first = number
            change.last = number
            change.previous = previous
            change.levels = start..<events.bookLevels.count
            change.tsEvent = time(element.time, &message, &events)
            events.bookMessages.append(change)
            if message.channel == .bestPrices { appendQuote(element, change, symbol, &events) }
        } catch {
            events.bookLevels.removeSubrange(start...)
            throw error
        }
    }

    private func readLevels(
        _ cursor: inout JSONCursor,
        _ events: inout MarketEvents
    ) throws(JSONError) -> Element {
        var element = Element()
        var hasSides = false
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("asks") {
                element.bestAsk = try readSide(.ask, &cursor, &events.bookLevels)
                hasSides = true
                continue
            }
            if key.equals("bids") {
                element.bestBid = try readSide(.bid, &cursor, &events.bookLevels)
                hasSides = true
                continue
            }
            let value = try cursor.nextValue()
            if key.equals("ts") {
                element.time = value
            } else if key.equals("checksum") {
                element.checksum = value
            } else if key.equals("seqId") {
                element.number = value
            } else if key.equals("prevSeqId") {
                element.previous = value
            }
        }
        guard hasSides else { throw JSONError(offset: 0, detail: "'asks' and 'bids' are missing") }
        return element
    }

    /// Appends the levels of one side; returns the first.
    private func readSide(
        _ side: BookSide,
        _ cursor: inout JSONCursor,
        _ levels: inout [BookLevel]
    ) throws(JSONError) -> BookLevel? {
        var first: BookLevel?
        try cursor.enterArray()
        while try cursor.nextElement() {
            try cursor.enterArray()
            guard try cursor.nextElement() else { throw JSONError(offset: 0, detail: "a level without a price") }
            let price = try OKXField.requiredDecimal(try cursor.nextValue(), "price")
            guard try cursor.nextElement() else { throw JSONError(offset: 0, detail: "a level without a size") }
            let size = try OKXField.requiredDecimal(try cursor.nextValue(), "size")
            while try cursor.nextElement() { try cursor.skipValue() }
            let level = BookLevel(side: side, price: price, size: size)
            levels.append(level)
            if first == nil { first = level }
        }
        return first
    }

    private func kind(_ message: Message, previous: Int64?) throws(JSONError) -> BookMessage.Kind {
        if message.channel.isCompleteBook { return .snapshot }
        if let action = message.action, !OKXField.isAbsent(action) {
            if action.equals("snapshot") { return .snapshot }
            if action.equals("update") { return .change }
            throw JSONError(offset: 0, detail: "'action' is neither 'snapshot' nor 'update'")
        }
        guard previous == -1 else { throw JSONError(offset: 0, detail: "'action' is missing") }
        return .snapshot
    }

    /// A signed 32-bit number; 0 is always sent since June 2026, and means that there is none.
    private func checksum(_ value: JSONValue?) throws(JSONError) -> UInt32? {
        guard let number = try OKXField.number(value, "checksum"), number != 0 else { return nil }
        if let signed = Int32(exactly: number) { return UInt32(bitPattern: signed) }
        throw JSONError(offset: 0, detail: "'checksum' is not a signed integer of 32 bits")
    }

    private mutating func appendQuote(
        _ element: Element,
        _ change: BookMessage,
        _ symbol: SymbolIndex,
        _ events: inout MarketEvents
    ) {
        noteBestPrices(symbol)
        events.quotes.append(
            Quote(
                origin: change.origin,
                symbol: symbol,
                tsEvent: change.tsEvent,
                bidPrice: element.bestBid?.price,
                bidSize: element.bestBid?.size,
                askPrice: element.bestAsk?.price,
                askSize: element.bestAsk?.size,
                sequence: change.last
            )
        )
    }

    // MARK: The table of books

    private static let placesPerSymbol = 6

    private static func offset(_ channel: OKXChannel) -> Int? {
        switch channel {
        case .bestPrices: 0
        case .book: 1
        case .book5: 2
        case .fullBook: 3
        case .book50: 4
        case .retailBook: 5
        default: nil
        }
    }

    /// The book of `symbol` on a channel; `nil` if none has arrived.
    func book(_ symbol: SymbolIndex, _ channel: OKXChannel) -> BookIndex? {
        guard let offset = Self.offset(channel) else { return nil }
        let place = Int(symbol.value) * Self.placesPerSymbol + offset
        guard place < bookPlaces.count, bookPlaces[place] >= 0 else { return nil }
        return BookIndex(bookPlaces[place])
    }

    /// The book of `symbol` on a channel, which is new if none has arrived.
    private mutating func place(
        _ symbol: SymbolIndex,
        _ channel: OKXChannel,
        _ argument: OKXRawArgument
    ) -> BookIndex {
        if let known = book(symbol, channel) { return known }
        let name = OKXField.text(argument.channel) ?? ""
        let index = books.intern(symbol, channel: name, rule: Self.rule(channel))
        let place = Int(symbol.value) * Self.placesPerSymbol + (Self.offset(channel) ?? 0)
        while bookPlaces.count <= place { bookPlaces.append(-1) }
        bookPlaces[place] = index.value
        return index
    }

    /// Messages before 2023 have no numbers; their checksums are the only test.
    private static func rule(_ channel: OKXChannel) -> BookRule {
        var rule = BookRule()
        if channel.isCompleteBook {
            rule.start = .everyMessage
        } else {
            rule.chain = .previous
            rule.checksum = .turns
        }
        return rule
    }

    /// Appends that a message of a book cannot be followed; does nothing for other channels.
    mutating func appendUnreadable(
        _ argument: OKXRawArgument,
        _ channel: OKXChannel,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard channel.isBook, let symbol = symbol(argument.instrument) else { return }
        let book = place(symbol, channel, argument)
        events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .unreadable))
    }

    /// Appends that the venue has stopped sending a book.
    mutating func appendEnd(_ argument: OKXRawArgument, _ origin: EventOrigin, _ events: inout MarketEvents) {
        guard let symbol = symbol(argument.instrument),
            let channel = argument.channel.map({ $0.withText { OKXChannel(name: $0) } }),
            let book = book(symbol, channel)
        else { return }
        events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .ended))
    }
}
