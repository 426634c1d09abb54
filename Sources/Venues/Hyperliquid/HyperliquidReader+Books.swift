import JSONScanning
import MarketModel

// Order books: each message is the whole book, to the depth of the subscription.
extension HyperliquidReader {
    private static let channel = "l2Book"

    private static let rule = {
        var rule = BookRule()
        rule.start = .everyMessage
        return rule
    }()

    /// Reads `{"coin","time","levels":[bids,asks]}`.
    mutating func readBook(
        _ data: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let start = events.bookLevels.count
        do throws(JSONError) {
            let time = try readBook(data, &message, &events.bookLevels)
            guard let symbol = message.symbol else { throw JSONError(offset: 0, detail: "'coin' is missing") }
            var book = BookMessage(origin: message.next, book: place(symbol), kind: .snapshot)
            book.levels = start..<events.bookLevels.count
            book.tsEvent = self.time(time, &message, &events)
            events.bookMessages.append(book)
        } catch {
            events.bookLevels.removeSubrange(start...)
            throw error
        }
    }

    /// Appends the levels of a book; returns its time.
    private mutating func readBook(
        _ data: JSONValue,
        _ message: inout Message,
        _ levels: inout [BookLevel]
    ) throws(JSONError) -> JSONValue? {
        // The coin is read even if the levels cannot be, so that the book is known to be unreadable.
        var (time, sides): (JSONValue?, JSONValue?)
        var cursor = JSONCursor(data)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("levels") {
                sides = value
            } else if key.equals("time") {
                time = value
            } else if key.equals("coin") {
                message.symbol = try symbol(value)
            }
        }
        guard let sides else { throw JSONError(offset: 0, detail: "'levels' is missing") }
        var inner = JSONCursor(sides)
        try inner.enterArray()
        for side in BookSide.allCases {
            guard try inner.nextElement() else { throw JSONError(offset: 0, detail: "'levels' has not two sides") }
            try inner.enterArray()
            while try inner.nextElement() { levels.append(try Self.readLevel(side, &inner)) }
        }
        if try inner.nextElement() { throw JSONError(offset: 0, detail: "'levels' has more than two sides") }
        return time
    }

    /// Reads `{"px","sz","n"}`; `n` is the number of orders.
    @inline(__always)
    static func readLevel(_ side: BookSide, _ cursor: inout JSONCursor) throws(JSONError) -> BookLevel {
        var (price, size): (JSONValue?, JSONValue?)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("px") {
                price = value
            } else if key.equals("sz") {
                size = value
            }
        }
        return BookLevel(
            side: side,
            price: try HyperliquidField.requiredDecimal(price, "px"),
            size: try HyperliquidField.requiredDecimal(size, "sz")
        )
    }

    // MARK: The table of books

    /// The book of `symbol`, which is new if none has arrived.
    private mutating func place(_ symbol: SymbolIndex) -> BookIndex {
        let index = Int(symbol.value)
        while bookPlaces.count <= index { bookPlaces.append(-1) }
        if bookPlaces[index] < 0 {
            bookPlaces[index] = books.intern(symbol, channel: Self.channel, rule: Self.rule).value
        }
        return BookIndex(bookPlaces[index])
    }

    /// Appends that a message of the book of `symbol` cannot be read.
    mutating func appendUnreadable(_ symbol: SymbolIndex?, _ origin: EventOrigin, _ events: inout MarketEvents) {
        guard let symbol else { return }
        events.bookMessages.append(BookMessage(origin: origin, book: place(symbol), kind: .unreadable))
    }

    /// Appends that the venue has stopped sending the book of `coin`; does nothing if there is none.
    func appendEnd(_ coin: String, _ origin: EventOrigin, _ events: inout MarketEvents) {
        guard let symbol = symbols.find(coin), Int(symbol.value) < bookPlaces.count else { return }
        let book = bookPlaces[Int(symbol.value)]
        guard book >= 0 else { return }
        events.bookMessages.append(BookMessage(origin: origin, book: BookIndex(book), kind: .ended))
    }
}
