import JSONScanning
import MarketModel

/// Turns the messages of Hyperliquid that carry market data into events.
struct HyperliquidReader: Sendable {
    /// The first message of trades counts as history only if it comes this soon after the acknowledgement.
    private static let historyWithin = Duration.seconds(10)

    var symbols = SymbolTable()
    var books = BookTable()
    /// The index of each symbol's book; -1 if there is none yet.
    var bookPlaces: [Int32] = []
    /// When the trades of each symbol were acknowledged, until their first message; `nil` for all others.
    private var acknowledgedTrades: [UnixNanoseconds?] = []

    /// A message that is being read.
    struct Message {
        let channel: HyperliquidChannel
        let origin: EventOrigin
        let tsRecv: UnixNanoseconds
        let bytes: Int
        /// The symbol, as soon as it is known.
        var symbol: SymbolIndex?
        /// The number of the next row.
        var item = 0
        /// The number of the next event in `venueEvents`.
        var eventItem = 0
        /// True if a part could not be read.
        var hasFailed = false

        var next: EventOrigin { EventOrigin(message: origin.message, item: item) }
    }

    /// Reads the data of a message.
    ///
    /// - Returns: False if a part cannot be read; `events` has an oddity for it.
    mutating func read(_ data: JSONValue, _ message: inout Message, _ events: inout MarketEvents) -> Bool {
        do throws(JSONError) {
            switch message.channel {
            case .trades: try readTrades(data, &message, &events)
            case .bestPrices: try readBestPrices(data, &message, &events)
            case .book: try readBook(data, &message, &events)
            case .candles: try readCandles(data, &message, &events)
            case .context, .spotContext: try readContext(data, &message, &events)
            case .mids, .response, .pong, .error, .other: break
            }
        } catch {
            fail(error, &message, &events)
            if message.channel == .book { appendUnreadable(message.symbol, message.origin, &events) }
        }
        return !message.hasFailed
    }

    // MARK: Shared by the readers

    /// The index of the symbol in `value`.
    ///
    /// - Throws: `JSONError` if there is none.
    @inline(__always)
    mutating func symbol(_ value: JSONValue?) throws(JSONError) -> SymbolIndex {
        guard let value, value.kind == .string, !value.bytes.isEmpty else {
            throw JSONError(offset: 0, detail: "'coin' is missing")
        }
        return value.hasEscapes ? symbols.intern(value.text ?? "") : symbols.intern(value.bytes)
    }

    /// A time in milliseconds; `nil` if there is none, or if it cannot be one, which becomes an oddity.
    @inline(__always)
    func time(_ value: JSONValue?, _ message: inout Message, _ events: inout MarketEvents) -> UnixNanoseconds? {
        guard let value, !value.isNull else { return nil }
        if let time = HyperliquidField.time(value) { return time }
        appendOddity("a time that is not in milliseconds between 2000 and 2100", &message, &events)
        return nil
    }

    func fail(_ error: JSONError, _ message: inout Message, _ events: inout MarketEvents) {
        message.hasFailed = true
        appendOddity(error.detail, &message, &events)
    }

    private func appendOddity(_ reason: String, _ message: inout Message, _ events: inout MarketEvents) {
        let origin = EventOrigin(message: message.origin.message, item: message.eventItem)
        message.eventItem += 1
        events.venueEvents.append(.malformed(origin, reason: reason, bytes: message.bytes))
    }

    // MARK: History

    /// Notes that the venue has accepted or ended a subscription to trades.
    ///
    /// The first message after an acceptance repeats trades from before it.
    mutating func noteTrades(_ coin: String, acknowledgedAt time: UnixNanoseconds?) {
        let index = Int(symbols.intern(coin).value)
        while acknowledgedTrades.count <= index { acknowledgedTrades.append(nil) }
        acknowledgedTrades[index] = time
    }

    /// True if a message of trades of `symbol` repeats trades from before the subscription.
    @inline(__always)
    func isHistory(_ symbol: SymbolIndex, _ message: borrowing Message) -> Bool {
        let index = Int(symbol.value)
        guard index < acknowledgedTrades.count, let time = acknowledgedTrades[index] else { return false }
        return !(time.advanced(by: Self.historyWithin) < message.tsRecv)
    }

    /// Notes that trades of `symbol` have arrived.
    @inline(__always)
    mutating func endHistory(_ symbol: SymbolIndex) {
        let index = Int(symbol.value)
        if index < acknowledgedTrades.count { acknowledgedTrades[index] = nil }
    }
}
