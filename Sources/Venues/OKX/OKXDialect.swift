import JSONScanning
import MarketModel

/// The client's side of a connection to OKX (docs-v5 "Subscribe", "Connection count limit" and "Login").
///
/// It subscribes in messages of some channels each, and gets one acknowledgement for each channel. A silent connection
/// is kept alive with the text `ping`. A connection for an account logs in first.
struct OKXDialect: VenueDialect {
    /// OKX closes a connection after 30 seconds without a message.
    private static let pingAfter = Duration.seconds(20)
    private static let silenceMax = Duration.seconds(30)
    /// OKX allows 480 requests an hour, and a repair takes two.
    static let repairsPerHourMax = 200
    /// Requests of one connection in any second.
    static let requestsPerSecond = 3
    private static let leavingCode = "64008"

    private var reader = OKXReader()
    var queue: SubscriptionQueue
    /// The arguments that were asked for, by name.
    let arguments: [String: OKXArgument]
    private let keys: AccountKeys?
    private var isLoggedIn: Bool
    private var loginRefusals: [SubscriptionRefusal] = []
    private var tokens = JSONIndex()
    private var hasSubscribed = false
    private var refused: Set<String> = []
    /// The channels of each symbol that have delivered data, as bits of ``OKXChannel``.
    private var delivered: [UInt32] = []
    private(set) var ending: DialectOutcome.Ending?

    private var heardAt: UnixNanoseconds?
    private var pingedAt: UnixNanoseconds?
    private var repairs: [UnixNanoseconds] = []
    /// The names in each request, which are numbered from 1.
    private let requests: [[String]]
    private var requestCount: Int

    /// Makes a client that subscribes to `arguments`, or one that only reads if it is never opened.
    ///
    /// With `keys`, it logs in when the connection opens; `nil` for public data.
    init(_ arguments: [OKXArgument], keys: AccountKeys? = nil) {
        self.arguments = Dictionary(arguments.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let requests = OKXRequests.subscribe(arguments)
        queue = SubscriptionQueue(requests, perSecond: Self.requestsPerSecond)
        self.requests = requests.map(\.names)
        requestCount = requests.count
        self.keys = keys
        isLoggedIn = keys == nil
    }

    var symbols: SymbolTable { reader.symbols }
    var books: BookTable { reader.books }
    var isSubscribed: Bool { hasSubscribed }

    /// Liquidations and account channels may be silent for weeks.
    var undelivered: [String] {
        queue.undelivered.filter { name in arguments[name].map { OKXChannel(name: $0.channel).flows } ?? true }
    }

    // MARK: Sending

    mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        heardAt = now
        guard let keys else { return queue.send(now: now, outgoing: &outgoing) }
        outgoing.append(OKXLogin.message(keys).utf8, direction: .sent, tsRecv: now)
    }

    mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        if isLoggedIn { queue.send(now: now, outgoing: &outgoing) }
        guard let heardAt else { return }
        if let pingedAt {
            guard pingedAt.advanced(by: Self.silenceMax) <= now, ending == nil else { return }
            ending = DialectOutcome.Ending(reason: "no answer to a ping for 30 seconds", kind: .silence)
        } else if heardAt.advanced(by: Self.pingAfter) <= now {
            outgoing.append("ping".utf8, direction: .sent, tsRecv: now)
            pingedAt = now
        }
    }

    mutating func listeningResumed(now: UnixNanoseconds) {
        heardAt = now
        pingedAt = nil
    }

    /// Subscribes to a book again: OKX then sends a new snapshot.
    mutating func repair(_ book: BookIndex, now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard books.entries.indices.contains(Int(book.value)) else { return }
        let entry = books[book]
        repairs.removeAll { $0.advanced(by: .seconds(3600)) <= now }
        guard entry.rule.start == .inBand, repairs.count < Self.repairsPerHourMax else { return }
        repairs.append(now)
        let argument = OKXArgument(entry.channel, instrument: symbols.text(of: entry.symbol))
        for operation in ["unsubscribe", "subscribe"] {
            requestCount += 1
            let payload = OKXArgument.request(operation, [argument], id: requestCount)
            queue.add(SubscriptionQueue.Request(names: [], payload: payload))
        }
        if isLoggedIn { queue.send(now: now, outgoing: &outgoing) }
    }

    // MARK: Receiving

    mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        var outcome = DialectOutcome()
        let wasLoggedIn = isLoggedIn
        var tokens = self.tokens.take()
        defer { self.tokens = tokens }
        batch.forEachReceived { payload, entry, origin in
            if entry.kind == .rest {
                readAnswer(payload, origin, &outcome, &events)
            } else {
                tokens.withCursor(payload) { read($0, isPlain: false, origin, &outcome, &events) }
                heardAt = now
                pingedAt = nil
            }
        }
        if isLoggedIn, !wasLoggedIn { queue.send(now: now, outgoing: &outgoing) }
        finish(&outcome)
        return outcome
    }

    private mutating func finish(_ outcome: inout DialectOutcome) {
        outcome.refusals = queue.takeRefusals()
        for refusal in outcome.refusals { refused.insert(refusal.name) }
        outcome.refusals += loginRefusals
        loginRefusals = []
        if queue.isAnswered, isLoggedIn, ending == nil {
            if !arguments.isEmpty, refused.count == arguments.count {
                ending = DialectOutcome.Ending(reason: "OKX refused all subscriptions", kind: .refused)
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
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents
    ) {
        let payload = start.bytes
        let envelope = OKXEnvelope(start)
        if envelope.hasEscapedKeys, !isPlain {
            return JSONText.withPlain(payload) { read(JSONCursor($0), isPlain: true, origin, &outcome, &events) }
        }
        if let failure = envelope.failure {
            if payload.equals("pong") {
                outcome.recognised += 1
            } else {
                readFailed(failure, payload, envelope, origin, &outcome, &events)
            }
        } else if envelope.isData, let data = envelope.data {
            if reader.read(data, envelope, origin, bytes: payload.count, &events) {
                outcome.recognised += 1
                outcome.dataMessages += 1
                noteDelivery(envelope)
            } else {
                outcome.unrecognised += 1
            }
        } else if envelope.event?.kind == .string {
            readEvent(envelope, payload, origin, &outcome, &events)
        } else {
            outcome.unrecognised += 1
            events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
        }
    }

    /// Reports a message that is not JSON to its end.
    private mutating func readFailed(
        _ failure: JSONError,
        _ payload: UnsafeRawBufferPointer,
        _ envelope: OKXEnvelope,
        _ origin: EventOrigin,
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents
    ) {
        outcome.unrecognised += 1
        events.venueEvents.append(.malformed(origin, reason: failure.description, bytes: payload.count))
        if let argument = envelope.argument, envelope.event == nil {
            reader.appendUnreadable(argument, envelope.channel, origin, &events)
        }
    }

    /// Reads a message with `event`: an acknowledgement, an error, or an announcement.
    private mutating func readEvent(
        _ envelope: OKXEnvelope,
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents
    ) {
        outcome.recognised += 1
        switch envelope.event?.text {
        case "subscribe":
            if let name = envelope.argument?.argument?.name { queue.accepted(name) }
        case "unsubscribe":
            if let argument = envelope.argument { reader.appendEnd(argument, origin, &events) }
        case "login": readLogin(envelope)
        case "channel-conn-count": break
        case "error", "channel-conn-count-error":
            events.venueEvents.append(VenueEvent(origin: origin, kind: "error", json: Array(payload)))
            readError(envelope)
        case "notice":
            events.venueEvents.append(VenueEvent(origin: origin, kind: "notice", json: Array(payload)))
            if OKXField.text(envelope.code) == Self.leavingCode { outcome.isLeaving = true }
        default:
            outcome.recognised -= 1
            outcome.unrecognised += 1
            events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
        }
    }

    private mutating func readLogin(_ envelope: OKXEnvelope) {
        guard OKXField.text(envelope.code) ?? "0" != "0" else {
            isLoggedIn = true
            return
        }
        refuseLogin(OKXField.text(envelope.message) ?? "", envelope)
    }

    /// Times that are too old or not acceptable, too many requests, and trouble of the venue.
    private static let passingCodes: Set<String> = ["60004", "60006", "60014", "63999", "64007", "64008"]

    private mutating func refuseLogin(_ reason: String, _ envelope: OKXEnvelope) {
        let code = OKXField.text(envelope.code) ?? ""
        ending = .refusedLogin(reason, isPassing: Self.passingCodes.contains(code))
        loginRefusals.append(.login(reason))
    }

    /// Finds out what an error refuses: OKX names the channel in the text, or repeats the request's number.
    private mutating func readError(_ envelope: OKXEnvelope) {
        let reason = OKXField.text(envelope.message) ?? Self.reason(envelope)
        guard isLoggedIn else {
            refuseLogin(reason, envelope)
            return
        }
        if let name = envelope.argument?.argument?.name, arguments[name] != nil {
            queue.refused(name, reason: reason)
            return
        }
        let open = queue.unanswered
        let named = open.filter { name in
            arguments[name].map { OKXRequests.text(reason, names: $0) } ?? false
        }
        for name in named.isEmpty ? open.filter(isNumbered(envelope.id)) : named { queue.refused(name, reason: reason) }
    }

    private static func reason(_ envelope: OKXEnvelope) -> String {
        if let code = OKXField.text(envelope.code) { return "error \(code)" }
        let channel = OKXField.text(envelope.channelName) ?? ""
        return "too many connections have the channel \(channel)"
    }

    /// Returns a test for the names of the request with the number `id`; all pass if it is no number of a request.
    private func isNumbered(_ id: JSONValue?) -> (String) -> Bool {
        guard let number = id?.integer, number >= 1, number <= Int64(requests.count) else {
            return { _ in true }
        }
        let names = requests[Int(number) - 1]
        return names.contains
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
        guard exchange.path == OKXInstruments.path, exchange.status == 200 else { return }
        do throws(JSONError) {
            try reader.readInstruments(UnsafeRawBufferPointer(rebasing: payload[offset...]), origin, &events)
        } catch {
            outcome.recognised -= 1
            outcome.unrecognised += 1
            events.venueEvents.append(.malformed(origin, reason: error.description, bytes: payload.count))
        }
    }

    /// Notes that a subscription has delivered something; after the first time, this costs one comparison.
    @inline(__always)
    private mutating func noteDelivery(_ envelope: OKXEnvelope) {
        guard !arguments.isEmpty, let argument = envelope.argument else { return }
        if let symbol = reader.symbol(argument.instrument) {
            let (index, bit) = (Int(symbol.value), UInt32(1) << UInt32(envelope.channel.rawValue))
            while delivered.count <= index { delivered.append(0) }
            guard delivered[index] & bit == 0 else { return }
            delivered[index] |= bit
        }
        if let name = argument.argument?.name { queue.delivered(name) }
    }
}
