import JSONScanning
import MarketModel

extension BinanceDialect {
    /// Reads a change of a book, or the best levels of one.
    ///
    /// The name of the stream decides which, because the futures market sends both as `depthUpdate`.
    mutating func readDepth(
        _ payload: BinancePayload,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        let known = payload.stream.flatMap { orderBooks.book(ofStream: $0) }
        do throws(BinancePayloadError) {
            let reader = try BinanceDepthReader(payload.start)
            if let known {
                try append(reader, to: known, origin, &events)
            } else {
                try append(reader, to: try findBook(of: reader, payload), origin, &events)
            }
        } catch {
            if let known {
                events.bookMessages.append(BookMessage(origin: origin, book: known, kind: .unreadable))
            }
            throw error
        }
    }

    private mutating func append(
        _ reader: BinanceDepthReader,
        to book: BookIndex,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        let isComplete = orderBooks.table[book].rule.start == .everyMessage
        var message = BookMessage(origin: origin, book: book, kind: isComplete ? .snapshot : .change)
        (message.first, message.last, message.previous) = try reader.numbers()
        if !isComplete, message.first == nil || message.last == nil {
            throw BinancePayloadError(reason: "no first update id 'U' or no last update id 'u'")
        }
        if !isComplete, market == .usdm, message.previous == nil {
            throw BinancePayloadError(reason: "no previous update id 'pu'")
        }
        message.levels = try levels(of: reader, &events)
        message.tsEvent = events.time(try reader.time(), origin, orderBooks.table[book].symbol)
        events.bookMessages.append(message)
    }

    /// Appends the levels, or none if one of them is unreadable.
    private func levels(
        of reader: BinanceDepthReader,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) -> Range<Int> {
        let start = events.bookLevels.count
        do throws(BinancePayloadError) {
            try reader.appendLevels(to: &events.bookLevels)
        } catch {
            events.bookLevels.removeSubrange(start...)
            throw error
        }
        return start..<events.bookLevels.count
    }

    /// Finds the book of a message whose stream is not known yet, and asks for its first snapshot.
    private mutating func findBook(
        of reader: BinanceDepthReader,
        _ payload: BinancePayload
    ) throws(BinancePayloadError) -> BookIndex {
        let book: BookIndex
        if let stream = payload.stream {
            guard let separator = stream.firstIndex(of: UInt8(ascii: "@")) else {
                throw BinancePayloadError(reason: "no symbol in the name of the stream")
            }
            let channel = String(decoding: stream[(separator + 1)...], as: UTF8.self)
            let symbol = reader.symbol.map { symbols.intern($0) } ?? intern(lowercased: stream[..<separator])
            book = orderBooks.add(stream: stream, of: symbol, channel: channel)
        } else {
            guard let text = reader.symbol else { throw BinancePayloadError(reason: "no symbol 's'") }
            if let known = orderBooks.book(ofStream: text) { return known }
            let name = String(decoding: text, as: UTF8.self)
            book = orderBooks.add(stream: text, of: symbols.intern(text), channel: rawDepthChannel(of: name))
        }
        if isOpen, orderBooks.needsSnapshot(book) {
            requests.addSnapshot(of: symbols.text(of: orderBooks.table[book].symbol))
        }
        return book
    }

    /// The symbol of a stream's name, in capitals as messages write it.
    private mutating func intern(lowercased symbol: Slice<UnsafeRawBufferPointer>) -> SymbolIndex {
        symbols.intern(String(decoding: symbol, as: UTF8.self).uppercased())
    }

    /// The channel of a book whose messages have no envelope: the only one that was asked for, or `depth`.
    private func rawDepthChannel(of symbol: String) -> String {
        let prefix = symbol.lowercased() + "@depth"
        guard let stream = streams.first(where: { $0.hasPrefix(prefix) }) else { return "depth" }
        return String(stream.dropFirst(prefix.count - "depth".count))
    }

    // MARK: Snapshots over HTTP

    /// Reads a snapshot that some other recorder stored among the messages, without its URL.
    mutating func readAnonymousSnapshot(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        switch orderBooks.receiverOfAnonymousSnapshot {
        case .none: break
        case .ambiguous:
            throw BinancePayloadError(reason: "a snapshot without a symbol, and several books could be meant")
        case .book(let book): try readSnapshot(payload, of: [book], origin, &events)
        }
    }

    /// Reads a snapshot that starts `books`.
    mutating func readSnapshot(
        _ payload: UnsafeRawBufferPointer,
        of books: [BookIndex],
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        guard let first = books.first else { return }
        let reader = try BinanceDepthReader(JSONCursor(payload))
        guard let last = try reader.numbers().last else { throw BinancePayloadError(reason: "no 'lastUpdateId'") }
        let time = events.time(try reader.time(), origin, orderBooks.table[first].symbol)
        let levels = try levels(of: reader, &events)
        for book in books {
            var message = BookMessage(origin: origin, book: book, kind: .snapshot)
            message.last = last
            message.tsEvent = time
            message.levels = levels
            events.bookMessages.append(message)
            orderBooks.setWaiting(book, false)
        }
    }
}
