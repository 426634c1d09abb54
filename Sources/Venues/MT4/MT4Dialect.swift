import JSONScanning
package import MarketModel
package import SignalRProtocol

/// The client's side of the MT4 hub (`/hubs/mt4/v1`): handshake, `Connect`, subscriptions, pings, and received data.
///
/// Without ``open(now:outgoing:)`` it only reads, as for an import of recorded messages: it answers nothing and ends
/// nothing. Invocation IDs count from 1, so that the same subscription always sends the same bytes.
package struct MT4Dialect: VenueDialect {
    /// The client sends a ping after this time without sending (signalr.md: the server's limit is 30 s).
    package static let pingInterval = Duration.seconds(15)
    /// The server counts as dead after this time of silence.
    package static let serverTimeout = Duration.seconds(30)
    /// The time limit for the answer to a subscription, and for the handshake unless another time is given.
    package static let answerTimeout = Duration.seconds(15)
    /// A stream that is not refused within this time counts as accepted, because streams have no acknowledgement.
    package static let streamRefusalTime = Duration.seconds(2)

    /// The delay before `Connect` is repeated.
    ///
    /// It doubles up to ``connectDelayMax``.
    static let connectDelayFirst = Duration.seconds(1)
    static let connectDelayMax = Duration.seconds(60)

    /// Set when the conversation is over.
    ///
    /// Every later ``receive(_:now:events:outgoing:)`` returns it too.
    package internal(set) var ending: DialectOutcome.Ending?

    let subscription: MT4Subscription
    /// The protocol of messages to the hub.
    let hubProtocol: HubProtocol
    /// The time limit for the hub's answer to the handshake.
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
    /// When `Connect` is repeated, and the delay after that; `nil` if there is no need.
    var connectAgainAt: UnixNanoseconds?
    var connectDelay = Self.connectDelayFirst
    /// False after the hub reported that it has no trade server.
    var isLinked = true
    /// True after a stream has delivered an item.
    var hasStreamed = false
    /// The calls that the next event `subscription` must report, by position in ``calls``.
    var unreported: Set<Int> = []
    private var tokens = JSONIndex()
    private var carry = HubRecordCarry()
    private var delivery: DeliveryWatch

    /// The progress of the conversation.
    enum Stage: Sendable, Hashable {
        /// Nothing was sent; recorded messages are read.
        case offline
        case awaitingHandshake
        case awaitingConnect
        case awaitingSubscriptions
        case subscribed
        /// The client said goodbye.
        case leaving
    }

    package init(
        _ subscription: MT4Subscription,
        hubProtocol: HubProtocol = .json,
        handshakeTimeout: Duration = Self.answerTimeout
    ) {
        self.init(reading: subscription, hubProtocol: hubProtocol, handshakeTimeout: handshakeTimeout)
    }

    /// Makes a dialect that reads recorded messages.
    ///
    /// Without `hubProtocol` it detects the protocol from the messages.
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

    package var undeliveredReason: String? {
        guard subscription.hub != .test, !delivery.isComplete else { return nil }
        guard isLinked else { return "the hub is not connected to the trade platform '\(subscription.tradePlatform)'" }
        return hasStreamed ? nil : normaliser.platforms.reason
    }

    /// The name for a subscription to the ticks of all symbols.
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
        normaliser.foreignQuotes.removeAll(keepingCapacity: true)
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
        if let notice = normaliser.platforms.takeNotice() { outcome.notices.append(notice) }
        outcome.ending = ending
        return outcome
    }

    private mutating func noteDelivery(of quotes: ArraySlice<Quote>) {
        var foreign = normaliser.foreignQuotes[...]
        for index in quotes.indices {
            guard foreign.first != index else {
                foreign.removeFirst()
                continue
            }
            delivery.arrived(Self.anySymbol)
            let symbol = quotes[index].symbol
            delivery.arrived(symbol, .quote) { normaliser.symbols.text(of: symbol) }
        }
        normaliser.platforms.isSettled = delivery.isComplete
    }

    /// Appends a ping if one is due, and sets ``ending`` if the server was silent for too long.
    package mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        noteProgress(now: now)
        checkPatience(now: now)
        // Nothing may be sent before the handshake's answer.
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
        var tokens = self.tokens.take()
        defer { self.tokens = tokens }
        tokens.withCursor(bytes) { readRecord($0, &context, events: &events, outgoing: &outgoing) }
    }

    private mutating func readRecord(
        _ start: JSONCursor,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) {
        do throws(JSONError) {
            let record = try HubRecord(start)
            if record.hasEscapedKeys, let plain = JSONText.plain(start.bytes) {
                return plain.withUnsafeBytes {
                    readRecord(JSONCursor($0), &context, events: &events, outgoing: &outgoing)
                }
            }
            try dispatch(record, &context, events: &events, outgoing: &outgoing)
        } catch {
            appendMalformed(error.description, bytes: start.bytes.count, &context, events: &events)
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
            try normaliser.readStreamItem(item, record.itemValue, origin: &context.origin, events: &events)
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

/// The state of reading a batch.
struct MT4Reception {
    let now: UnixNanoseconds
    var origin = EventOrigin(message: 0, item: 0)
    /// True if the message carried data or events.
    var hasData = false
    /// True if the message had a hub record, and if it had an unreadable part.
    var isRecognised = false
    var isMalformed = false
    /// Notices for the operator.
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
