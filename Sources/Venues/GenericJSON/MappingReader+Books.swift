import JSONScanning
import MarketModel

// Order books.
extension MappingReader {
    mutating func takeBook(_ entry: Entry, _ slots: Slots, _ message: inout Message, _ events: inout MarketEvents) {
        var symbol: SymbolIndex?
        let start = events.bookLevels.count
        do throws(MappingFailure) {
            let own = try self.symbol(entry, slots)
            symbol = own
            try appendLevels(entry, slots, &events.bookLevels)
            let isSnapshot = entry.plan.mapping.book.isSnapshot
            var book = BookMessage(
                origin: message.next(),
                book: place(own, entry),
                kind: isSnapshot ? .snapshot : .change
            )
            book.levels = start..<events.bookLevels.count
            book.last = try number(.last, entry, slots)
            book.first = try number(.first, entry, slots) ?? book.last
            book.previous = try number(.previous, entry, slots)
            book.tsEvent = time(.time, entry, slots, &message, &events)
            events.bookMessages.append(book)
        } catch {
            events.bookLevels.removeSubrange(start...)
            fail(error.reason, &message, &events)
            failBook(entry, symbol, &message, &events)
        }
    }

    private func appendLevels(
        _ entry: Entry,
        _ slots: Slots,
        _ levels: inout [BookLevel]
    ) throws(MappingFailure) {
        var hasLevels = false
        for (field, side) in [(Field.bids, BookSide.bid), (.asks, .ask), (.levels, nil)] {
            guard let list = value(field, entry, slots) else { continue }
            hasLevels = true
            do throws(JSONError) {
                try appendLevels(list, side, entry, slots, &levels)
            } catch {
                throw MappingFailure(reason: "'\(field.key)': \(error.detail)")
            }
        }
        guard !hasLevels else { return }
        let paths = [Field.bids, .asks, .levels].compactMap { entry.plan.mapping.fields[$0]?.text }
        throw MappingFailure(reason: "the levels (\(paths.joined(separator: ", "))) are missing")
    }

    private func appendLevels(
        _ list: JSONValue,
        _ side: BookSide?,
        _ entry: Entry,
        _ slots: Slots,
        _ levels: inout [BookLevel]
    ) throws(JSONError) {
        var cursor = JSONCursor(list)
        try cursor.enterArray()
        while try cursor.nextElement() {
            for slot in entry.plan.levelRange { slots[slot] = nil }
            try entry.plan.levelShape.read(&cursor, into: slots)
            let place = entry.plan.levelSlots
            var own = side
            if side == nil, place.side >= 0, let word = slots[place.side] {
                own = Self.side(word, entry).map { $0 == .buyer ? .bid : .ask }
            }
            guard let own else { throw JSONError(offset: cursor.position, detail: "a level without a known side") }
            guard let price = Self.decimal(slots[place.price]), let size = Self.decimal(slots[place.size]),
                size.mantissa >= 0
            else { throw JSONError(offset: cursor.position, detail: "a level without a price or a size") }
            levels.append(BookLevel(side: own, price: price, size: size))
        }
    }

    private static func decimal(_ value: JSONValue?) -> FixedDecimal? {
        guard let value, value.kind == .string || value.kind == .number else { return nil }
        return value.withText { FixedDecimal(text: $0) }
    }

    /// The book of a symbol; adds it if it is new.
    private mutating func place(_ symbol: SymbolIndex, _ entry: Entry) -> BookIndex {
        let index = Int(symbol.value)
        while bookPlaces[entry.channel].count <= index { bookPlaces[entry.channel].append(-1) }
        if bookPlaces[entry.channel][index] < 0 {
            let (name, rule) = channels[entry.channel]
            bookPlaces[entry.channel][index] = books.intern(symbol, channel: name, rule: rule).value
        }
        return BookIndex(bookPlaces[entry.channel][index])
    }

    /// Notes that a message of a book cannot be read; without a symbol, notes it for every book of the channel.
    mutating func failBook(
        _ entry: Entry,
        _ symbol: SymbolIndex?,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) {
        guard entry.channel >= 0 else { return }
        if let symbol { return appendUnreadable(place(symbol, entry), &message, &events) }
        for place in bookPlaces[entry.channel] where place >= 0 {
            appendUnreadable(BookIndex(place), &message, &events)
        }
    }

    func appendUnreadable(_ book: BookIndex, _ message: inout Message, _ events: inout MarketEvents) {
        events.bookMessages.append(BookMessage(origin: message.next(), book: book, kind: .unreadable))
    }
}

extension BookRule {
    /// The books of a mapping, by name, and how each is kept.
    static func channels(of messages: [MessageMapping]) -> [(name: String, rule: BookRule)] {
        var channels: [(name: String, rule: BookRule)] = []
        for message in messages where message.kind == .book {
            let name = message.book.channel
            guard !channels.contains(where: { $0.name == name }) else { continue }
            channels.append((name, BookRule(messages.filter { $0.kind == .book && $0.book.channel == name })))
        }
        return channels
    }

    /// The mistakes of snapshots that lack the number from which the first change must continue.
    static func problems(of messages: [MessageMapping]) -> [MappingProblem] {
        let books = messages.filter { $0.kind == .book }
        let numbered = Set(books.filter { !$0.book.isSnapshot && $0.fields[.last] != nil }.map(\.book.channel))
        return books.filter { $0.book.isSnapshot && $0.fields[.last] == nil && numbered.contains($0.book.channel) }
            .map {
                MappingProblem(path: $0.place, reason: "needs 'last', because the changes of the book have numbers")
            }
    }

    private init(_ messages: [MessageMapping]) {
        self.init()
        let changes = messages.filter { !$0.book.isSnapshot }
        if changes.isEmpty { start = .everyMessage }
        if changes.contains(where: { $0.fields[.previous] != nil }) {
            chain = .previous
        } else if changes.contains(where: { $0.fields[.last] != nil }) {
            chain = .following
        }
        depth = messages.compactMap(\.book.depth).first
        mayCross = messages.contains(where: \.book.mayCross)
    }
}
