import JSONScanning
package import MarketModel

/// The client's side of a Binance spot market data connection (web-socket-streams.md of the Binance spot API).
///
/// The URL subscribes to streams, see ``target(basePath:streams:timeUnit:)``. The venue acknowledges nothing, so a
/// connection counts as subscribed from the start. `trade`, `aggTrade` and `bookTicker` are normalised, with or without
/// the combined envelope. Everything else stays raw.
package struct BinanceDialect: VenueDialect {
    package private(set) var symbols = SymbolTable()
    /// The streams of the connection, as given.
    package let streams: [String]
    private var delivery: BinanceDelivery
    private var hasNoticed = false

    package init(streams: [String]) {
        self.streams = streams
        delivery = BinanceDelivery(streams: streams)
    }

    package var undelivered: [String] { delivery.undelivered }

    package mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {}

    package mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        var outcome = DialectOutcome()
        outcome.isSubscribed = true
        let (quotes, trades) = (events.quotes.count, events.trades.count)
        let eventsBefore = events.venueEvents.count
        outcome.notices = takeNotices()
        batch.bytes.withUnsafeBytes { bytes in
            for index in batch.entries.indices where batch.entries[index].direction == .received {
                let payload = UnsafeRawBufferPointer(rebasing: bytes[batch.entries[index].range])
                let origin = EventOrigin(message: index, item: 0)
                if readUsualShape(payload, origin, &events)
                    || JSONText.withPlain(payload, { readAnyShape($0, origin, &events) })
                {
                    outcome.dataMessages += 1
                    if delivery.awaitsOthers { delivery.note(payload) }
                }
            }
        }
        if delivery.awaitsTicks { delivery.note(events.quotes[quotes...], events.trades[trades...], symbols) }
        let received = batch.entries.count { $0.direction == .received }
        outcome.unrecognised =
            Set(
                events.venueEvents[eventsBefore...].lazy.filter(\.isOddity).map(\.origin.message)
            ).count
        outcome.recognised = received - outcome.unrecognised
        if !events.venueEvents.isEmpty {
            outcome.isLeaving = events.venueEvents.contains { $0.kind == Self.shutdownKind }
        }
        return outcome
    }

    private static let shutdownKind = "serverShutdown"

    /// Returns the notices about the streams, once.
    private mutating func takeNotices() -> [String] {
        guard !hasNoticed else { return [] }
        hasNoticed = true
        let singles = Set(streams.compactMap { Self.symbol(of: $0, kind: "@trade") })
        return streams.compactMap { stream in
            guard let symbol = Self.symbol(of: stream, kind: "@aggTrade"), singles.contains(symbol) else { return nil }
            return "streams \(symbol)@trade and \(symbol)@aggTrade report the same executions; bars count each once"
        }
    }

    private static func symbol(of stream: String, kind: String) -> String? {
        stream.hasSuffix(kind) ? stream.dropLast(kind.count).lowercased() : nil
    }

    package mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {}

    /// Reads a message in Binance's usual form; returns false if ``readAnyShape(_:_:_:)`` must read it.
    @inline(__always)
    private mutating func readUsualShape(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) -> Bool {
        var reader = BinanceShapeReader(payload)
        switch reader.readKind() {
        case .bookTicker:
            guard let ticker = reader.readBookTicker() else { return false }
            append(ticker, origin, &events)
        case .trade:
            guard let report = reader.readTrade(isAggregate: false) else { return false }
            append(report, isAggregate: false, origin, &events)
        case .aggregateTrade:
            guard let report = reader.readTrade(isAggregate: true) else { return false }
            append(report, isAggregate: true, origin, &events)
        case .other: break
        case .serverShutdown, nil: return false
        }
        return true
    }

    /// Reads a message in any JSON form; returns false if it carries no data.
    @inline(never)
    private mutating func readAnyShape(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) -> Bool {
        do {
            let envelope = try BinanceEnvelope(payload)
            if let stream = envelope.stream, let data = envelope.data, stream.kind == .string {
                return try read(data.bytes, as: BinanceStreamKind(streamName: stream.bytes), origin, &events)
            }
            if let event = envelope.event, event.kind == .string {
                return try read(payload, as: BinanceStreamKind(eventName: event.bytes), origin, &events)
            }
            if envelope.isBookTicker {
                return try read(payload, as: .bookTicker, origin, &events)
            }
            if envelope.isError {
                events.venueEvents.append(VenueEvent(origin: origin, kind: "error", json: Array(payload)))
                return false
            }
            if envelope.isOtherData { return true }
            if envelope.isAcknowledgement { return false }
            events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
        } catch let error as BinancePayloadError {
            events.venueEvents.append(.malformed(origin, reason: error.reason, bytes: payload.count))
        } catch {
            events.venueEvents.append(.malformed(origin, reason: "\(error)", bytes: payload.count))
        }
        return false
    }

    private mutating func read(
        _ payload: UnsafeRawBufferPointer,
        as kind: BinanceStreamKind,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) -> Bool {
        switch kind {
        case .bookTicker:
            append(try BinancePayloadReader(payload).bookTicker(), origin, &events)
        case .trade, .aggregateTrade:
            let isAggregate = kind == .aggregateTrade
            let report = try BinancePayloadReader(payload).trade(isAggregate: isAggregate)
            append(report, isAggregate: isAggregate, origin, &events)
        case .serverShutdown:
            let event = VenueEvent(origin: origin, kind: Self.shutdownKind, json: Array(payload))
            events.venueEvents.append(event)
        case .other: break
        }
        return true
    }

    // MARK: Events

    @inline(__always)
    private mutating func append(_ ticker: BinanceBookTicker, _ origin: EventOrigin, _ events: inout MarketEvents) {
        events.quotes.append(
            Quote(
                origin: origin,
                symbol: symbols.intern(ticker.symbol),
                tsEvent: ticker.time.map(BinanceTime.moment),
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
        var trade = Trade(
            origin: origin,
            symbol: symbols.intern(report.symbol),
            tsEvent: report.time.map(BinanceTime.moment),
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
