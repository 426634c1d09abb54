import JSONScanning
import MarketModel

extension BinanceDialect {
    /// Reads a message; returns false if it carries no data.
    mutating func read(
        _ start: JSONCursor,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) -> Bool {
        let payload = start.bytes
        do {
            let envelope = try BinanceEnvelope(start)
            if let stream = envelope.stream, let data = envelope.data, stream.kind == .string {
                return try read(BinancePayload(data, stream: stream.bytes), origin, &events)
            }
            if let event = envelope.event, event.kind == .string {
                return try read(BinancePayload(start, event: event.bytes), origin, &events)
            }
            return try readWithoutName(start, envelope, origin, &events)
        } catch let error as BinancePayloadError {
            events.venueEvents.append(.malformed(origin, reason: error.reason, bytes: payload.count))
        } catch {
            events.venueEvents.append(.malformed(origin, reason: "\(error)", bytes: payload.count))
            noteUnreadable(payload, origin, &events)
        }
        return false
    }

    /// Reports that a book was to be changed by a message that is no JSON, if its start names the stream.
    private mutating func noteUnreadable(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard let name = BinanceCombinedText(payload)?.stream else { return }
        switch BinanceStreamKind(streamName: name) {
        case .depth, .partialDepth: break
        default: return
        }
        guard let book = orderBooks.book(ofStream: name) else { return }
        events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .unreadable))
    }

    /// Reads a message that names neither a stream nor an event.
    private mutating func readWithoutName(
        _ start: JSONCursor,
        _ envelope: BinanceEnvelope,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) -> Bool {
        let payload = start.bytes
        if envelope.isBookTicker {
            return try read(BinancePayload(start, kind: .bookTicker), origin, &events)
        }
        if envelope.isError {
            let reason = envelope.message ?? "the venue refused it"
            queue?.refused(id: envelope.identifier?.integer, reason: reason)
            events.venueEvents.append(VenueEvent(origin: origin, kind: "error", json: Array(payload)))
            return false
        }
        if envelope.hasLastUpdate {
            try readAnonymousSnapshot(payload, origin, &events)
            return true
        }
        if envelope.isOtherData { return true }
        if envelope.isAcknowledgement {
            queue?.accepted(id: envelope.identifier?.integer)
            return false
        }
        events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
        return false
    }

    private mutating func read(
        _ payload: BinancePayload,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) -> Bool {
        switch payload.kind {
        case .bookTicker:
            append(try BinancePayloadReader(payload.start).bookTicker(), origin, &events)
        case .trade, .aggregateTrade:
            let isAggregate = payload.kind == .aggregateTrade
            let report = try BinancePayloadReader(payload.start).trade(isAggregate: isAggregate)
            append(report, isAggregate: isAggregate, origin, &events)
        case .depth, .partialDepth: try readDepth(payload, origin, &events)
        case .kline: try readKline(payload.bytes, origin, &events)
        case .markPrice: try readMarkPrices(payload.bytes, origin, &events)
        case .forceOrder: try readForceOrder(payload.bytes, origin, &events)
        case .serverShutdown:
            let event = VenueEvent(origin: origin, kind: Self.shutdownKind, json: Array(payload.bytes))
            events.venueEvents.append(event)
        case .unnamed: try readUnnamed(payload, origin, &events)
        case .other: break
        }
        return true
    }

    /// Reads a payload whose stream does not say what it is, such as that of an account.
    private mutating func readUnnamed(
        _ payload: BinancePayload,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        guard market == .usdm, payload.bytes.first == UInt8(ascii: "{") else { return }
        let fields = try BinanceFields(payload.start)
        if let event = fields["e"]?.text { try readAccount(event, fields, payload.bytes, origin, &events) }
    }

    // MARK: Ticks

    @inline(__always)
    private mutating func append(_ ticker: BinanceBookTicker, _ origin: EventOrigin, _ events: inout MarketEvents) {
        let symbol = symbols.intern(ticker.symbol)
        let time = events.time(ticker.time, origin, symbol)
        events.quotes.append(
            Quote(
                origin: origin,
                symbol: symbol,
                tsEvent: time,
                bidPrice: ticker.bidPrice,
                bidSize: ticker.bidSize,
                askPrice: ticker.askPrice,
                askSize: ticker.askSize,
                sequence: ticker.updateID
            )
        )
    }

    @inline(__always)
    private mutating func append(
        _ report: BinanceTradeReport,
        isAggregate: Bool,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        let symbol = symbols.intern(report.symbol)
        var trade = Trade(
            origin: origin,
            symbol: symbol,
            tsEvent: events.time(report.time, origin, symbol),
            price: report.price,
            size: report.size,
            // If the buyer is the maker, the taker is the seller.
            aggressorSide: report.isBuyerMaker.map { $0 ? .seller : .buyer },
            tradeID: report.tradeID
        )
        trade.isAggregate = isAggregate
        trade.administrativeKind = report.administrativeKind
        if let (first, last) = report.executions, first <= last { trade.executionIDs = first...last }
        events.trades.append(trade)
    }
}

/// The content of a message, and what is known about its kind.
struct BinancePayload {
    let bytes: UnsafeRawBufferPointer
    /// A cursor before the content.
    let start: JSONCursor
    let kind: BinanceStreamKind
    /// The name in the envelope; `nil` without one.
    let stream: UnsafeRawBufferPointer?

    /// Content in an envelope; only the name of the stream says what it is.
    init(_ data: JSONValue, stream: UnsafeRawBufferPointer) {
        bytes = data.bytes
        start = JSONCursor(data)
        self.stream = stream
        kind = BinanceStreamKind(streamName: stream)
    }

    /// Content without an envelope, of the type `event`.
    init(_ start: JSONCursor, event: UnsafeRawBufferPointer) {
        self.init(start, kind: BinanceStreamKind(eventName: event))
    }

    init(_ start: JSONCursor, kind: BinanceStreamKind) {
        bytes = start.bytes
        self.start = start
        self.kind = kind
        stream = nil
    }
}

/// The payload of a `bookTicker`.
struct BinanceBookTicker {
    var symbol: UnsafeRawBufferPointer
    var updateID: Int64?
    /// `nil` if the side is missing or null.
    var bidPrice: FixedDecimal?
    var bidSize: FixedDecimal?
    var askPrice: FixedDecimal?
    var askSize: FixedDecimal?
    /// The time in the unit of the connection; spot sends none.
    var time: Int64?
}

/// The payload of a `trade` or an `aggTrade`.
struct BinanceTradeReport {
    var symbol: UnsafeRawBufferPointer
    /// `t` of a trade, `a` of an aggregate.
    var tradeID: Int64?
    /// `f` and `l` of an aggregate.
    var executions: (first: Int64, last: Int64)?
    /// `X` of a futures trade if it is not `MARKET`: for example an insurance fund entry or an auto-deleveraging.
    var administrativeKind: String?
    var price: FixedDecimal
    var size: FixedDecimal
    /// The time in the unit of the connection.
    var time: Int64?
    /// True if the buyer was the maker, so the taker sold.
    var isBuyerMaker: Bool?

    init(symbol: UnsafeRawBufferPointer, price: FixedDecimal, size: FixedDecimal) {
        self.symbol = symbol
        self.price = price
        self.size = size
    }
}
