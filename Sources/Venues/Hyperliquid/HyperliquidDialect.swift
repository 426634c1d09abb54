import JSONScanning
import MarketModel

/// The client's side of a connection to Hyperliquid (docs "Websocket").
///
/// It subscribes to one coin and channel with each message, and gets one answer for each. Answers have no number, so an
/// error is matched by the subscription in its text.
struct HyperliquidDialect: VenueDialect {
    /// Hyperliquid closes a connection to which it has sent nothing for 60 seconds.
    private static let pingEvery = Duration.seconds(50)
    private static let silenceMax = Duration.seconds(30)
    /// Hyperliquid allows 2000 messages a minute.
    private static let requestsPerSecond = 20
    /// The length of the candles that are asked for.
    static let barInterval = "1m"
    /// What the venue said first in the past; not JSON.
    private static let greeting: StaticString = "Websocket connection established."

    private var reader = HyperliquidReader()
    private var queue: SubscriptionQueue
    /// The names that were asked for, in the order of the requests.
    private let names: [String]
    private var tokens = JSONIndex()
    private var hasSubscribed = false
    private var refusedCount = 0
    /// The channels of each symbol that have delivered data, as bits.
    private var delivered: [UInt32] = []
    private(set) var ending: DialectOutcome.Ending?

    private var pingedAt: UnixNanoseconds?
    /// When the ping was sent that nothing has followed; `nil` if there is none.
    private var waitingSince: UnixNanoseconds?

    /// Makes a client that subscribes to `subscriptions`, or one that only reads if it is never opened.
    init(_ subscriptions: [HyperliquidSubscription]) {
        names = subscriptions.map(\.name)
        let requests = subscriptions.map {
            SubscriptionQueue.Request(names: [$0.name], payload: $0.request("subscribe"))
        }
        queue = SubscriptionQueue(requests, perSecond: Self.requestsPerSecond)
    }

    var symbols: SymbolTable { reader.symbols }
    var books: BookTable { reader.books }
    var isSubscribed: Bool { hasSubscribed }
    var undelivered: [String] { queue.undelivered }

    // MARK: Sending

    mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        pingedAt = now
        queue.send(now: now, outgoing: &outgoing)
    }

    mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        queue.send(now: now, outgoing: &outgoing)
        if let waitingSince {
            guard waitingSince.advanced(by: Self.silenceMax) <= now, ending == nil else { return }
            ending = DialectOutcome.Ending(reason: "no answer to a ping for 30 seconds", kind: .silence)
        } else if let pingedAt, pingedAt.advanced(by: Self.pingEvery) <= now, queue.takeTurn(now) {
            outgoing.append(#"{"method":"ping"}"#.utf8, direction: .sent, tsRecv: now)
            self.pingedAt = now
            waitingSince = now
        }
    }

    mutating func listeningResumed(now: UnixNanoseconds) { waitingSince = nil }

    // MARK: Receiving

    mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        var outcome = DialectOutcome()
        var tokens = self.tokens.take()
        defer { self.tokens = tokens }
        batch.forEachReceived { payload, entry, origin in
            if entry.kind == .rest {
                readAnswer(payload, origin, &outcome, &events)
            } else {
                tokens.withCursor(payload) { read($0, isPlain: false, origin, entry.tsRecv, &outcome, &events) }
                waitingSince = nil
            }
        }
        finish(&outcome)
        return outcome
    }

    private mutating func finish(_ outcome: inout DialectOutcome) {
        outcome.refusals = queue.takeRefusals()
        refusedCount += outcome.refusals.count
        if queue.isAnswered, ending == nil {
            if !names.isEmpty, refusedCount == names.count {
                ending = DialectOutcome.Ending(reason: "Hyperliquid refused all subscriptions", kind: .refused)
            } else {
                hasSubscribed = true
            }
        }
        outcome.isSubscribed = hasSubscribed
        outcome.ending = ending
    }

    private mutating func read(
        _ start: JSONCursor,
        isPlain: Bool,
        _ origin: EventOrigin,
        _ tsRecv: UnixNanoseconds,
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents
    ) {
        let payload = start.bytes
        let envelope = HyperliquidEnvelope(start)
        if envelope.hasEscapedKeys, !isPlain {
            return JSONText.withPlain(payload) {
                read(JSONCursor($0), isPlain: true, origin, tsRecv, &outcome, &events)
            }
        }
        if let failure = envelope.failure {
            readFailed(failure, payload, origin, &outcome, &events)
        } else if let channel = envelope.channel {
            var message = HyperliquidReader.Message(
                channel: channel,
                origin: origin,
                tsRecv: tsRecv,
                bytes: payload.count
            )
            readChannel(envelope.data, &message, payload, &outcome, &events)
        } else {
            outcome.unrecognised += 1
            events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
        }
    }

    private mutating func readChannel(
        _ data: JSONValue?,
        _ message: inout HyperliquidReader.Message,
        _ payload: UnsafeRawBufferPointer,
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents
    ) {
        switch message.channel {
        case .pong, .other:
            outcome.recognised += 1
        case .error:
            outcome.recognised += 1
            events.venueEvents.append(VenueEvent(origin: message.origin, kind: "error", json: Array(payload)))
            readError(data?.text ?? "")
        case .response:
            readResponse(data, &message, &outcome, &events)
        case .trades, .bestPrices, .book, .candles, .context, .spotContext, .mids:
            guard let data, reader.read(data, &message, &events) else {
                if data == nil { reader.fail(JSONError(offset: 0, detail: "'data' is missing"), &message, &events) }
                outcome.unrecognised += 1
                return
            }
            outcome.recognised += 1
            outcome.dataMessages += 1
            noteDelivery(message)
        }
    }

    /// Reports a message that is not JSON to its end.
    private mutating func readFailed(
        _ failure: JSONError,
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents
    ) {
        if payload.equals(Self.greeting) {
            outcome.recognised += 1
            return
        }
        outcome.unrecognised += 1
        events.venueEvents.append(.malformed(origin, reason: failure.description, bytes: payload.count))
        if let coin = HyperliquidEnvelope.coin(ofBrokenBook: payload), !coin.isEmpty {
            reader.appendUnreadable(reader.symbols.intern(coin), origin, &events)
        }
    }

    /// Reads `{"method":"subscribe","subscription":{"type":…,"coin":…}}`, with the venue's defaults filled in.
    private mutating func readResponse(
        _ data: JSONValue?,
        _ message: inout HyperliquidReader.Message,
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents
    ) {
        guard let data, let request = try? HyperliquidRequest(data.bytes), let subscription = request.subscription
        else {
            outcome.unrecognised += 1
            reader.fail(JSONError(offset: 0, detail: "an answer without a subscription"), &message, &events)
            return
        }
        outcome.recognised += 1
        let isEnd = request.method == "unsubscribe"
        if !isEnd { queue.accepted(subscription.name) }
        guard let coin = subscription.coin, !coin.isEmpty else { return }
        if subscription.type == "trades" {
            reader.noteTrades(coin, acknowledgedAt: isEnd ? nil : message.tsRecv)
        } else if subscription.type == "l2Book", isEnd {
            reader.appendEnd(coin, message.origin, &events)
        }
    }

    /// Finds out which subscription an error refuses.
    ///
    /// Most errors repeat it. The others, such as those about limits, answer the oldest open request, because the venue
    /// answers in order.
    private mutating func readError(_ text: String) {
        let open = Set(queue.unanswered)
        let named = HyperliquidSubscription(inText: text)?.name
        guard let name = named ?? names.first(where: open.contains), open.contains(name) else { return }
        if text.hasPrefix("Already subscribed") {
            queue.accepted(name)
        } else {
            queue.refused(name, reason: text)
        }
    }

    /// Reads an answer over HTTP: a list of instruments.
    private mutating func readAnswer(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents
    ) {
        guard let (exchange, offset) = RESTExchange.read(payload) else {
            outcome.unrecognised += 1
            events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
            return
        }
        outcome.recognised += 1
        let isList = HyperliquidInstruments.isList(HyperliquidInstruments.type(of: exchange))
        guard isList, exchange.status == 200 else { return }
        do throws(JSONError) {
            try readInstruments(UnsafeRawBufferPointer(rebasing: payload[offset...]), origin, &events)
        } catch {
            outcome.recognised -= 1
            outcome.unrecognised += 1
            events.venueEvents.append(.malformed(origin, reason: error.description, bytes: payload.count))
        }
    }

    private mutating func readInstruments(
        _ answer: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var found: [InstrumentDetails] = []
        var symbols = reader.symbols
        try JSONText.withPlain(answer) { plain throws(JSONError) in
            try HyperliquidInstruments.forEach(in: plain) { instrument in
                var details = InstrumentDetails(
                    origin: origin,
                    symbol: symbols.intern(instrument.name),
                    priceDigits: instrument.priceDigits,
                    json: Array(instrument.object.bytes)
                )
                details.isListed = true
                details.terms = instrument.terms
                found.append(details)
            }
        }
        reader.symbols = symbols
        events.instrumentDetails += found
    }

    /// Notes that a subscription has delivered something; after the first time, this costs one comparison.
    @inline(__always)
    private mutating func noteDelivery(_ message: HyperliquidReader.Message) {
        guard !names.isEmpty, let symbol = message.symbol else { return }
        let (index, bit) = (Int(symbol.value), UInt32(1) << UInt32(message.channel.rawValue))
        while delivered.count <= index { delivered.append(0) }
        guard delivered[index] & bit == 0, let type = message.channel.type else { return }
        delivered[index] |= bit
        let interval = message.channel == .candles ? Self.barInterval : nil
        let coin = reader.symbols.text(of: symbol)
        queue.delivered(HyperliquidSubscription(type, coin: coin, interval: interval).name)
    }
}
