import JSONScanning
import MarketModel

/// Turns the messages of OKX that carry data into events.
struct OKXReader: Sendable {
    var symbols = SymbolTable()
    var books = BookTable()
    /// The index of each book, by symbol and channel; -1 if there is none yet.
    var bookPlaces: [Int32] = []
    /// Symbols whose quotes come from `bbo-tbt`, by index.
    private var hasBestPrices: [Bool] = []

    /// A message that is being read.
    struct Message {
        let origin: EventOrigin
        let bytes: Int
        let channel: OKXChannel
        let argument: OKXRawArgument
        let action: JSONValue?
        /// The symbol that the argument names.
        var symbol: SymbolIndex?
        /// The number of the next event of the message in `venueEvents`.
        var eventItem = 0
        /// The number of the next element.
        var item = 0
        /// True if an element could not be read.
        var hasFailed = false

        var next: EventOrigin { EventOrigin(message: origin.message, item: item) }
    }

    /// Reads the elements of `data`, in order.
    ///
    /// - Returns: False if one of them cannot be read; `events` has an oddity for it.
    mutating func read(
        _ data: JSONValue,
        _ envelope: OKXEnvelope,
        _ origin: EventOrigin,
        bytes: Int,
        _ events: inout MarketEvents
    ) -> Bool {
        guard let argument = envelope.argument, envelope.channel != .other else { return true }
        var message = Message(
            origin: origin,
            bytes: bytes,
            channel: envelope.channel,
            argument: argument,
            action: envelope.action
        )
        message.symbol = symbol(argument.instrument)
        do throws(JSONError) {
            var cursor = JSONCursor(data)
            try cursor.enterArray()
            while try cursor.nextElement() {
                let start = cursor
                do throws(JSONError) {
                    try read(&cursor, &message, &events)
                } catch {
                    fail(error, &message, &events)
                    cursor = start
                    try cursor.skipValue()
                }
                message.item += 1
            }
        } catch {
            fail(error, &message, &events)
        }
        return !message.hasFailed
    }

    @inline(__always)
    private mutating func read(
        _ cursor: inout JSONCursor,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        switch message.channel {
        case .trades, .allTrades: try readTrade(&cursor, &message, &events)
        case .bestPrices, .book, .fullBook, .book50, .retailBook, .book5: try readBook(&cursor, &message, &events)
        case .tickers: try readTicker(&cursor, &message, &events)
        case .candles: try readCandle(try cursor.nextValue(), &message, &events)
        case .fundingRate, .markPrice, .indexTickers, .openInterest:
            try readStatistic(&cursor, &message, &events)
        case .liquidations: try readLiquidations(try cursor.nextValue(), &message, &events)
        case .account: try readAccount(try cursor.nextValue(), &message, &events)
        case .orders: try readOrder(try cursor.nextValue(), &message, &events)
        case .positions: try readPosition(try cursor.nextValue(), &message, &events)
        case .balanceAndPosition: try readBalances(try cursor.nextValue(), &message, &events)
        case .liquidationWarning: try readWarning(try cursor.nextValue(), &message, &events)
        case .other: break
        }
    }

    // MARK: Shared by the readers of elements

    /// The index of the symbol in `value`; `nil` if there is none.
    @inline(__always)
    mutating func symbol(_ value: JSONValue?) -> SymbolIndex? {
        guard let value, value.kind == .string, !value.bytes.isEmpty else { return nil }
        return value.hasEscapes ? symbols.intern(value.text ?? "") : symbols.intern(value.bytes)
    }

    /// The symbol that an element names, or else the argument.
    @inline(__always)
    mutating func symbol(
        _ value: JSONValue?,
        of message: borrowing Message
    ) throws(JSONError) -> SymbolIndex {
        if let symbol = symbol(value) { return symbol }
        if let symbol = message.symbol { return symbol }
        throw JSONError(offset: 0, detail: "'instId' is missing")
    }

    /// A time in milliseconds; `nil` if there is none, or if it cannot be one, which becomes an oddity.
    @inline(__always)
    func time(_ value: JSONValue?, _ message: inout Message, _ events: inout MarketEvents) -> UnixNanoseconds? {
        guard let value, !OKXField.isAbsent(value) else { return nil }
        if let time = OKXField.time(value) { return time }
        let reason = "a time that is not in milliseconds between 2000 and 2100"
        appendOddity(reason, &message, &events)
        return nil
    }

    /// Appends the element itself as an event of the channel's name.
    mutating func appendEvent(
        _ element: JSONValue,
        symbol: SymbolIndex? = nil,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        guard element.kind == .object || element.kind == .array else {
            throw JSONError(offset: 0, detail: "expected an object or an array")
        }
        var place = symbol ?? message.symbol
        if place == nil, element.kind == .object {
            var cursor = JSONCursor(element)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                if key.equals("instId") { place = self.symbol(value) }
            }
        }
        let kind = OKXField.text(message.argument.channel) ?? ""
        let origin = EventOrigin(message: message.origin.message, item: message.eventItem)
        message.eventItem += 1
        events.venueEvents.append(
            VenueEvent(origin: origin, kind: kind, symbol: place, json: Array(element.bytes))
        )
    }

    /// True if `bbo-tbt` makes the quotes of `symbol`.
    func quotesComeFromBestPrices(_ symbol: SymbolIndex) -> Bool {
        let index = Int(symbol.value)
        return index < hasBestPrices.count && hasBestPrices[index]
    }

    /// Notes that `bbo-tbt` makes the quotes of `symbol`.
    @inline(__always)
    mutating func noteBestPrices(_ symbol: SymbolIndex) {
        let index = Int(symbol.value)
        while hasBestPrices.count <= index { hasBestPrices.append(false) }
        hasBestPrices[index] = true
    }

    func appendOddity(_ reason: String, _ message: inout Message, _ events: inout MarketEvents) {
        let origin = EventOrigin(message: message.origin.message, item: message.eventItem)
        message.eventItem += 1
        events.venueEvents.append(.malformed(origin, reason: reason, bytes: message.bytes))
    }

    /// Notes that an element cannot be read; the state of a book is unknown from here on.
    private mutating func fail(_ error: JSONError, _ message: inout Message, _ events: inout MarketEvents) {
        message.hasFailed = true
        appendOddity(error.detail, &message, &events)
        appendUnreadable(message.argument, message.channel, message.next, &events)
    }
}
