import JSONScanning
import MarketModel

// Reads the channel `level2`, which calls itself `l2_data` in messages.
extension CoinbaseDialect {
    /// An auction may leave the best bid at or above the best ask.
    private static var rule: BookRule {
        var rule = BookRule()
        rule.isNumberedByConnection = true
        rule.mayCross = true
        return rule
    }

    /// Reads an event of one product: the whole book, or changes.
    mutating func readBook(
        _ event: CoinbaseEvent,
        _ isSnapshot: Bool,
        _ reading: inout Reading,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let symbol = symbols.intern(try CoinbaseField.symbol(event.product))
        let book = book(of: symbol)
        let origin = reading.origin
        // Later changes are in the book already.
        guard !reading.isOld else { return }
        let start = events.bookLevels.count
        let time: JSONValue?
        do throws(JSONError) {
            time = try Self.appendLevels(event.items, to: &events.bookLevels)
        } catch {
            events.bookLevels.removeSubrange(start...)
            events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .unreadable))
            reading.isReadable = false
            events.venueEvents.append(.malformed(origin, reason: error.detail, bytes: reading.bytes))
            reading.item += 1
            return
        }
        var message = BookMessage(origin: origin, book: book, kind: isSnapshot ? .snapshot : .change)
        // The levels of a snapshot have no time of their own.
        message.tsEvent = CoinbaseTime(text: isSnapshot ? reading.timestamp : time ?? reading.timestamp)
            .noting(origin, in: &events, bytes: reading.bytes)
        message.first = reading.sequence
        message.last = reading.sequence
        message.levels = start..<events.bookLevels.count
        events.bookMessages.append(message)
        reading.item += 1
        noteDelivery(symbol, .book)
    }

    private mutating func book(of symbol: SymbolIndex) -> BookIndex {
        let index = Int(symbol.value)
        if index < bookPlaces.count, let known = bookPlaces[index] { return known }
        while bookPlaces.count <= index { bookPlaces.append(nil) }
        let book = books.intern(symbol, channel: "l2_data", rule: Self.rule)
        bookPlaces[index] = book
        return book
    }

    /// Appends the levels of an event: `[{"side":"bid","event_time":…,"price_level":"72867.6","new_quantity":"0"}]`.
    ///
    /// - Returns: The time of the first level.
    private static func appendLevels(
        _ list: JSONValue?,
        to levels: inout [BookLevel]
    ) throws(JSONError) -> JSONValue? {
        guard let list, list.kind == .array else { throw JSONError(offset: 0, detail: "no list of levels") }
        var cursor = JSONCursor(list)
        var first: JSONValue?
        try cursor.enterArray()
        while try cursor.nextElement() {
            var (side, price, size): (JSONValue?, JSONValue?, JSONValue?)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                if key.equals("side") {
                    side = value
                } else if key.equals("price_level") {
                    price = value
                } else if key.equals("new_quantity") {
                    size = value
                } else if key.equals("event_time"), first == nil {
                    first = value
                }
            }
            levels.append(
                BookLevel(
                    side: try Self.side(side),
                    price: try CoinbaseField.magnitude(price, "price_level"),
                    size: try CoinbaseField.magnitude(size, "new_quantity")
                )
            )
        }
        return first
    }

    @inline(__always)
    private static func side(_ value: JSONValue?) throws(JSONError) -> BookSide {
        if value?.equals("bid") ?? false { return .bid }
        guard value?.equals("offer") ?? false else { throw JSONError(offset: 0, detail: "neither bid nor offer") }
        return .ask
    }
}
