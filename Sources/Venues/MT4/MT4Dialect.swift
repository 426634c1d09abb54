import JSONScanning
package import MarketModel
package import SignalRProtocol

/// The client's side of the MT4 hub (`/hubs/mt4/v1`): handshake, `Connect`, subscriptions, pings, and what arrives.
///
/// Without ``open(now:outgoing:)`` it only reads, as an import of recorded messages does: nothing is answered and
/// nothing ends. Invocation ids count from 1, so that the same subscription always sends the same bytes.
package struct MT4Dialect: VenueDialect {
    /// Silence of ours after which a ping is due (signalr.md: the server's limit is 30 s).
    package static let pingInterval = Duration.seconds(15)
    /// Silence of the server after which it is taken for dead.
    package static let serverTimeout = Duration.seconds(30)
    /// How long the server may take to answer a subscription, and the handshake unless another time is given.
    package static let answerTimeout = Duration.seconds(15)
    /// A stream that was not refused within this time was taken: streams have no acknowledgement.
    package static let streamRefusalTime = Duration.seconds(2)

    /// How long to wait before `Connect` is called again; doubles up to ``connectDelayMax``.
    static let connectDelayFirst = Duration.seconds(1)
    static let connectDelayMax = Duration.seconds(60)

    /// Set once the conversation is over; also returned by every later ``receive(_:now:events:outgoing:)``.
    package internal(set) var ending: DialectOutcome.Ending?

    let subscription: MT4Subscription
    /// What the messages to the hub are written in.
    let hubProtocol: HubProtocol
    /// How long the hub may take to answer the handshake.
    let handshakeTimeout: Duration
    var exchange: MT4Exchange
    var stage = Stage.offline
    var calls = MT4CallList()
    var lastID = 0
    var lastSent = UnixNanoseconds(0)
    var lastHeard = UnixNanoseconds(0)
    /// When ``stage`` was entered or the last call was repeated.
    var waitingSince = UnixNanoseconds(0)
    var normaliser: MT4Normaliser
    /// When `Connect` is called again, and how long to wait the time after; `nil` while there is no need to.
    var connectAgainAt: UnixNanoseconds?
    var connectDelay = Self.connectDelayFirst
    /// False while the hub said that it has no trade server.
    var isLinked = true
    /// True once an item of a stream has come.
    var hasStreamed = false
    /// The calls that the next event `subscription` has to report, by their place in ``calls``.
    var unreported: Set<Int> = []
    private var carry = HubRecordCarry()
    private var delivery: DeliveryWatch

    /// How far the conversation has come.
    enum Stage: Sendable, Hashable {
        /// Nothing was ever sent.
        case offline
        case awaitingHandshake
        case awaitingConnect
        case awaitingSubscriptions
        case subscribed
        /// We said goodbye.
        case leaving
    }

    package init(
        _ subscription: MT4Subscription,
        hubProtocol: HubProtocol = .json,
        handshakeTimeout: Duration = Self.answerTimeout
    ) {
        self.init(reading: subscription, hubProtocol: hubProtocol, handshakeTimeout: handshakeTimeout)
    }

    /// A dialect that reads recorded messages; without `hubProtocol` it learns from them which protocol they are in.
    init(
        reading subscription: MT4Subscription,
        hubProtocol: HubProtocol?,
        handshakeTimeout: Duration = Self.answerTimeout
    ) {
        self.subscription = subscription
        self.handshakeTimeout = handshakeTimeout
        self.hubProtocol = hubProtocol ?? .json
        exchange = MT4Exchange(hubProtocol)
        normaliser = MT4Normaliser(
            clock: MT4Clock(zone: subscription.brokerTimeZone),
            tradePlatform: subscription.tradePlatform,
            redaction: MT4Redaction(keepsPersonalData: subscription.keepsPersonalData)
        )
        delivery = DeliveryWatch(subscription.symbols + [Self.anySymbol].filter { _ in subscription.wantsAnySymbol })
    }

    package var undelivered: [String] { delivery.undelivered }

    /// The name of what brings the ticks of all symbols.
    private static let anySymbol = "ticks of any symbol"

    package var symbols: SymbolTable { normaliser.symbols }

    package var isSubscribed: Bool { stage == .subscribed }

    package mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        let (first, start) = (outgoing.count, outgoing.bytes.count)
        HubHandshakeRequest(protocolName: hubProtocol.rawValue).write(to: &outgoing.bytes)
        outgoing.endMessage(from: start, tsRecv: now)
        encode(&outgoing, from: first)
        stage = .awaitingHandshake
        lastSent = now
        lastHeard = now
        waitingSince = now
    }

    package mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        var outcome = DialectOutcome()
        var context = MT4Reception(now: now)
        let (firstOutgoing, quotes) = (outgoing.count, events.quotes.count)
        batch.bytes.withUnsafeBytes { bytes in
            for (index, entry) in batch.entries.enumerated() {
                let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                guard entry.direction == .received else {
                    exchange.noteSent(payload)
                    continue
                }
                lastHeard = now
                context.begin(message: index)
                readPayload(payload, kind: entry.kind, &context, events: &events, outgoing: &outgoing)
                outcome.dataMessages += context.hasData ? 1 : 0
                outcome.recognised += context.isRecognised ? 1 : 0
                outcome.unrecognised += context.isMalformed && !context.isRecognised ? 1 : 0
            }
        }
        encode(&outgoing, from: firstOutgoing)
        reportSubscription(context, events: &events)
        if !delivery.isComplete { noteDelivery(of: events.quotes[quotes...]) }
        checkPatience(now: now)
        outcome.isSubscribed = isSubscribed
        outcome.notices = context.notices
        outcome.ending = ending
        return outcome
    }

    private mutating func noteDelivery(of quotes: ArraySlice<Quote>) {
        if !quotes.isEmpty { delivery.arrived(Self.anySymbol) }
        for quote in quotes {
            delivery.arrived(quote.symbol, .quote) { normaliser.symbols.text(of: quote.symbol) }
        }
    }

    /// Appends a ping where one is due, and sets ``ending`` where the server was silent for too long.
    package mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        noteProgress(now: now)
        checkPatience(now: now)
        // Before the handshake's answer nothing may be sent.
        guard stage != .offline, stage != .awaitingHandshake, ending == nil else { return }
        let first = outgoing.count
        repeatConnect(now: now, outgoing: &outgoing)
        repeatRefused(now: now, outgoing: &outgoing)
        if now.since(lastSent) >= Self.pingInterval {
            let start = outgoing.bytes.count
            HubRecordWriter.appendPing(to: &outgoing.bytes)
            outgoing.endMessage(from: start, tsRecv: now)
            lastSent = now
        }
        encode(&outgoing, from: first)
    }

    // MARK: Records

    mutating func readMessage(
        _ payload: UnsafeRawBufferPointer,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) {
        var scanner = HubRecordScanner(payload)
        if carry.isPending, case .record(let joined) = carry.finish(with: &scanner) {
            joined.withUnsafeBytes { readRecord($0, &context, events: &events, outgoing: &outgoing) }
        }
        while let record = scanner.next() {
            readRecord(record, &context, events: &events, outgoing: &outgoing)
        }
        let rest = scanner.rest
        if !carry.keep(rest) {
            let reason = "a record of more than \(carry.bytesMax) bytes"
            appendMalformed(reason, bytes: rest.count, &context, events: &events)
        }
    }

    private mutating func readRecord(
        _ bytes: UnsafeRawBufferPointer,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) {
        do throws(JSONError) {
            let record = try HubRecord(bytes)
            if record.hasEscapedKeys, let plain = JSONText.plain(bytes) {
                return plain.withUnsafeBytes { readRecord($0, &context, events: &events, outgoing: &outgoing) }
            }
            try dispatch(record, &context, events: &events, outgoing: &outgoing)
        } catch {
            appendMalformed(error.description, bytes: bytes.count, &context, events: &events)
        }
    }

    private mutating func dispatch(
        _ record: HubRecord,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) throws(JSONError) {
        if record.type != nil { context.isRecognised = true }
        switch record.type {
        case .invocation:
            guard let target = record.target else {
                appendMalformed("no target", bytes: record.bytes.count, &context, events: &events)
                return
            }
            context.hasData = true
            try normaliser.readInvocation(record, target: target, origin: &context.origin, events: &events)
            refuseResult(of: record, now: context.now, outgoing: &outgoing)
        case .streamItem:
            guard let item = record.item else {
                appendMalformed("no item", bytes: record.bytes.count, &context, events: &events)
                return
            }
            context.hasData = true
            if !hasStreamed {
                hasStreamed = true
                noteProgress(now: context.now)
            }
            try normaliser.readStreamItem(item, origin: &context.origin, events: &events)
        case .completion:
            complete(record, &context, events: &events, outgoing: &outgoing)
        case .close:
            readClose(record)
        case .ping, .ack, .sequence:
            break
        case .streamInvocation, .cancelInvocation:
            appendMalformed("a client's record", bytes: record.bytes.count, &context, events: &events)
        case nil:
            readUntyped(record, &context, events: &events, outgoing: &outgoing)
        }
    }

    private mutating func readUntyped(
        _ record: HubRecord,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) {
        if record.bytes.hasPrefix(#"{"withheld_bytes":"#) {
            context.hasData = true
            context.isRecognised = true
            let reason = "a record that names secrets and cannot be read"
            normaliser.appendOddity("withheld", reason: reason, origin: &context.origin, events: &events)
            return
        }
        guard stage == .offline || stage == .awaitingHandshake, let response = HubHandshakeResponse(record) else {
            let reason = record.typeNumber.map { "unknown type \($0)" } ?? "no type"
            appendMalformed(reason, bytes: record.bytes.count, &context, events: &events)
            return
        }
        context.isRecognised = true
        guard stage == .awaitingHandshake else { return }
        switch response {
        case .accepted: greet(now: context.now, outgoing: &outgoing)
        case .refused(let reason): end("the hub refused the handshake: \(reason)", .refused)
        }
    }

    mutating func appendMalformed(
        _ reason: String,
        bytes: Int,
        _ context: inout MT4Reception,
        events: inout MarketEvents
    ) {
        context.hasData = true
        context.isMalformed = true
        normaliser.appendOddity(
            "malformed",
            reason: reason,
            bytes: bytes,
            origin: &context.origin,
            events: &events
        )
    }
}

/// Where a batch is being read.
struct MT4Reception {
    let now: UnixNanoseconds
    var origin = EventOrigin(message: 0, item: 0)
    /// True where the message carried data or events.
    var hasData = false
    /// True where the message held a record of a hub, and where it held something that cannot be read.
    var isRecognised = false
    var isMalformed = false
    /// What a person should know.
    var notices: [String] = []

    init(now: UnixNanoseconds) {
        self.now = now
    }

    mutating func begin(message: Int) {
        origin = EventOrigin(message: message, item: 0)
        hasData = false
        isRecognised = false
        isMalformed = false
    }
}
