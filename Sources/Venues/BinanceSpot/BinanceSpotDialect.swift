import JSONScanning
package import MarketModel

/// The unit of all times on a connection, chosen in its URL.
package enum BinanceTimeUnit: Sendable, Hashable {
    case milliseconds
    case microseconds

    var nanoseconds: Int64 { self == .milliseconds ? 1_000_000 : 1000 }
}

/// The client's side of a Binance spot market data connection (web-socket-streams.md of the Binance spot API).
///
/// Streams are subscribed through the URL, see ``target(basePath:streams:timeUnit:)``; the venue acknowledges nothing,
/// so a connection counts as subscribed from the start. `trade`, `aggTrade` and `bookTicker` are normalised, with or
/// without the combined envelope; all else stays raw.
package struct BinanceSpotDialect: VenueDialect {
    package private(set) var symbols = SymbolTable()
    /// The streams of the connection, as given.
    package let streams: [String]
    private let timeUnit: BinanceTimeUnit

    package init(streams: [String], timeUnit: BinanceTimeUnit = .milliseconds) {
        self.streams = streams
        self.timeUnit = timeUnit
    }

    package mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {}

    package mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        var outcome = DialectOutcome()
        outcome.isSubscribed = true
        batch.bytes.withUnsafeBytes { bytes in
            for index in batch.entries.indices where batch.entries[index].direction == .received {
                let payload = UnsafeRawBufferPointer(rebasing: bytes[batch.entries[index].range])
                let origin = EventOrigin(message: index, item: 0)
                if readUsualShape(payload, origin, &events) || readAnyShape(payload, origin, &events) {
                    outcome.dataMessages += 1
                }
            }
        }
        if !events.venueEvents.isEmpty {
            outcome.isLeaving = events.venueEvents.contains { $0.kind == Self.shutdownKind }
        }
        return outcome
    }

    private static let shutdownKind = "serverShutdown"

    package mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {}

    /// Reads a message written the way Binance writes it; false where it must be read the long way.
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
            return append(ticker, origin, &events)
        case .trade:
            guard let report = reader.readTrade(isAggregate: false) else { return false }
            return append(report, isAggregate: false, origin, &events)
        case .aggregateTrade:
            guard let report = reader.readTrade(isAggregate: true) else { return false }
            return append(report, isAggregate: true, origin, &events)
        case .other: return true
        case .serverShutdown, nil: return false
        }
    }

    /// Reads a message in any JSON; false where it carries no data.
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
            return !envelope.isAcknowledgement
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
            guard append(try BinancePayloadReader(payload).bookTicker(), origin, &events) else {
                throw BinancePayloadError(reason: "time 'T' is out of range")
            }
        case .trade, .aggregateTrade:
            let isAggregate = kind == .aggregateTrade
            let report = try BinancePayloadReader(payload).trade(isAggregate: isAggregate)
            guard append(report, isAggregate: isAggregate, origin, &events) else {
                throw BinancePayloadError(reason: "time 'T' is out of range")
            }
        case .serverShutdown:
            let event = VenueEvent(origin: origin, kind: Self.shutdownKind, json: Array(payload))
            events.venueEvents.append(event)
        case .other: break
        }
        return true
    }

    // MARK: Events; false where a time does not fit into nanoseconds

    @inline(__always)
    private mutating func append(_ ticker: BinanceBookTicker, _ origin: EventOrigin, _ events: inout MarketEvents)
        -> Bool
    {
        let (nanoseconds, overflow) = (ticker.time ?? 0).multipliedReportingOverflow(by: timeUnit.nanoseconds)
        guard !overflow else { return false }
        events.quotes.append(
            Quote(
                origin: origin,
                symbol: symbols.intern(ticker.symbol),
                tsEvent: ticker.time == nil ? nil : UnixNanoseconds(nanoseconds),
                bidPrice: ticker.bidPrice,
                bidSize: ticker.bidSize,
                askPrice: ticker.askPrice,
                askSize: ticker.askSize,
                sequence: ticker.updateID
            )
        )
        return true
    }

    @inline(__always)
    private mutating func append(
        _ report: BinanceTradeReport,
        isAggregate: Bool,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) -> Bool {
        let (nanoseconds, overflow) = (report.time ?? 0).multipliedReportingOverflow(by: timeUnit.nanoseconds)
        guard !overflow else { return false }
        var trade = Trade(
            origin: origin,
            symbol: symbols.intern(report.symbol),
            tsEvent: report.time == nil ? nil : UnixNanoseconds(nanoseconds),
            price: report.price,
            size: report.size,
            // The taker is whoever is not the maker.
            aggressorSide: report.isBuyerMaker.map { $0 ? .seller : .buyer },
            tradeID: report.tradeID
        )
        trade.isAggregate = isAggregate
        events.trades.append(trade)
        return true
    }
}

extension VenueEvent {
    /// A message that cannot be read: `{"reason":…,"bytes":n}`.
    fileprivate static func malformed(_ origin: EventOrigin, reason: String, bytes: Int) -> VenueEvent {
        var json = Array("{\"reason\":".utf8)
        JSONText.appendString(reason, to: &json)
        json.append(contentsOf: ",\"bytes\":\(bytes)}".utf8)
        return VenueEvent(origin: origin, kind: "malformed", isOddity: true, json: json)
    }
}
