import JSONScanning
package import MarketModel

/// The client's side of a connection to Bybit v5 (bybit-exchange.github.io/docs/v5, read in autumn 2026).
///
/// It subscribes with messages, pings every 20 s, and reads trades, order books, tickers, klines, liquidations and
/// account messages. On a private connection it logs in first.
package struct BybitDialect: VenueDialect {
    package internal(set) var symbols = SymbolTable()
    package internal(set) var books = BookTable()
    package private(set) var ending: DialectOutcome.Ending?

    let product: BybitProduct
    /// Topics by the index of their name in ``topicNames``.
    var topics: [BybitTopicState] = []
    private var topicNames = SymbolTable()
    /// What is wrong with the message that is being read; `nil` if nothing is.
    var problem: String?

    private var tokens = JSONIndex()
    private var subscriptions: BybitSubscriptions
    private let keys: AccountKeys?
    private var isLoggedIn = false
    private var loginRefusals: [SubscriptionRefusal] = []
    private var lastPing: UnixNanoseconds?
    /// The venue asks for a ping every 20 s.
    private static let pingInterval = Duration.seconds(20)

    /// Makes a client that subscribes to `topics`, or one that only reads if it is never opened.
    ///
    /// `keys` are needed for topics of an account.
    package init(product: BybitProduct, topics: [String] = [], keys: AccountKeys? = nil) {
        self.product = product
        self.keys = keys
        subscriptions = BybitSubscriptions(topics, argumentsMax: product.argumentsMax)
    }

    package var isSubscribed: Bool {
        (keys == nil || isLoggedIn) && subscriptions.isAnswered && ending == nil
    }

    package var undelivered: [String] { subscriptions.undelivered }

    // MARK: Sending

    package mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        lastPing = now
        guard let keys else { return subscriptions.send(now: now, outgoing: &outgoing) }
        outgoing.append(BybitLogin.message(keys).utf8, direction: .sent, tsRecv: now)
    }

    package mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        if keys == nil || isLoggedIn { subscriptions.send(now: now, outgoing: &outgoing) }
        guard let last = lastPing, last.advanced(by: Self.pingInterval) <= now, subscriptions.takeTurn(now) else {
            return
        }
        lastPing = now
        outgoing.append(#"{"req_id":"ping","op":"ping"}"#.utf8, direction: .sent, tsRecv: now)
    }

    /// Subscribes to the book's topic again: the venue then sends a snapshot.
    package mutating func repair(_ book: BookIndex, now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard books.entries.indices.contains(Int(book.value)) else { return }
        let entry = books[book]
        subscriptions.renew("\(entry.channel).\(symbols.text(of: entry.symbol))")
        subscriptions.send(now: now, outgoing: &outgoing)
    }

    // MARK: Receiving

    package mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        var outcome = DialectOutcome()
        var tokens = self.tokens.take()
        defer { self.tokens = tokens }
        batch.forEachReceived { payload, entry, origin in
            problem = nil
            if entry.kind == .rest {
                readAnswer(payload, origin, &events)
            } else {
                tokens.withPlainCursor(payload) { read($0, origin, &outcome, &events) }
            }
            finish(payload, origin, &outcome, &events)
        }
        if isLoggedIn || keys == nil { subscriptions.send(now: now, outgoing: &outgoing) }
        outcome.refusals = loginRefusals + subscriptions.takeRefusals()
        loginRefusals = []
        if ending == nil, let reason = subscriptions.refusalOfAll {
            ending = .init(reason: "the venue refused every subscription: \(reason)", kind: .refused)
        }
        outcome.ending = ending
        outcome.isSubscribed = isSubscribed
        return outcome
    }

    /// Counts the message, and reports what was wrong with it.
    private func finish(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents
    ) {
        guard let problem else {
            outcome.recognised += 1
            return
        }
        outcome.unrecognised += 1
        let isForeign = problem == Self.foreign
        events.venueEvents.append(
            isForeign
                ? .unrecognised(origin, bytes: payload.count)
                : .malformed(origin, reason: problem, bytes: payload.count)
        )
    }

    /// The ``problem`` of JSON that the venue does not send.
    private static let foreign = "foreign"

    private mutating func read(
        _ start: JSONCursor,
        _ origin: EventOrigin,
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents
    ) {
        let message = BybitEnvelope(start)
        if let error = message.error {
            problem = error.description
            if let topic = message.topic, topic.kind == .string { noteUnreadable(topic, origin, &events) }
        } else if let topic = message.topic, topic.kind == .string {
            outcome.dataMessages += 1
            let index = self.index(of: topic.bytes)
            note(delivered: index)
            read(message, index, origin, &events)
        } else if message.operation != nil || message.success != nil {
            take(message, start.bytes, origin, &events)
        } else {
            problem = Self.foreign
        }
    }

    /// The place of a topic in ``topics``.
    private mutating func index(of name: UnsafeRawBufferPointer) -> Int {
        let index = Int(topicNames.intern(name).value)
        if index == topics.count {
            let text = String(decoding: name, as: UTF8.self)
            topics.append(BybitTopicState(name: text, symbols: &symbols, books: &books))
        }
        return index
    }

    private mutating func note(delivered index: Int) {
        guard !topics[index].isDelivered else { return }
        topics[index].isDelivered = true
        subscriptions.delivered(topics[index].name)
    }

    /// Marks a known book as not readable, because a message of its topic is broken.
    private mutating func noteUnreadable(_ topic: JSONValue, _ origin: EventOrigin, _ events: inout MarketEvents) {
        let name = String(decoding: topic.bytes, as: UTF8.self)
        guard let index = topicNames.find(name), let book = topics[Int(index.value)].book else { return }
        events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .unreadable))
    }

    private mutating func read(
        _ message: BybitEnvelope,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        switch topics[index].topic.kind {
        case .book: readBook(message, index, origin, &events)
        case .trades:
            perform { dialect throws(BybitPayloadError) in
                try dialect.readTrades(message, index, origin, &events)
            }
        case .ticker:
            perform { dialect throws(BybitPayloadError) in
                try dialect.readTicker(message, index, origin, &events)
            }
        case .bars:
            perform { dialect throws(BybitPayloadError) in
                try dialect.readBars(message, index, origin, &events)
            }
        case .liquidations:
            perform { dialect throws(BybitPayloadError) in
                try dialect.readLiquidations(message, index, origin, &events)
            }
        case .wallet, .positions, .orders, .executions:
            perform { dialect throws(BybitPayloadError) in
                try dialect.readAccount(message, index, origin, &events)
            }
        case .other: break
        }
    }

    private mutating func perform(_ body: (inout BybitDialect) throws(BybitPayloadError) -> Void) {
        do throws(BybitPayloadError) {
            try body(&self)
        } catch {
            problem = error.reason
        }
    }

    // MARK: Answers

    private mutating func take(
        _ message: BybitEnvelope,
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        let isSuccess = message.success?.boolean ?? true
        if !isSuccess { events.venueEvents.append(VenueEvent(origin: origin, kind: "error", json: Array(payload))) }
        let reason = message.message?.text ?? ""
        let id = message.requestID?.text.flatMap { $0.isEmpty ? nil : $0 }
        if let operation = message.operation {
            if operation.equals("subscribe") {
                if isSuccess { subscriptions.accepted(id) } else { subscriptions.refused(id, reason: reason) }
            } else if operation.equals("auth") {
                isLoggedIn = isSuccess
                if !isSuccess { refuseLogin(reason) }
            } else if !["unsubscribe", "ping", "pong"].contains(operation.text ?? "") {
                problem = Self.foreign
            }
        } else if message.type?.equals("COMMAND_RESP") == true, let data = message.data {
            takeTopicLists(data)
        } else if isSuccess {
            problem = Self.foreign
        }
    }

    private mutating func refuseLogin(_ reason: String) {
        let words = reason.lowercased()
        // A signature that came too late, or too many requests; another attempt may succeed.
        let isPassing = ["expire", "timestamp", "frequen", "too many"].contains { words.contains($0) }
        ending = .refusedLogin(reason, isPassing: isPassing)
        loginRefusals.append(.login(reason))
    }

    /// Reads the answer for options: `{"failTopics":[],"successTopics":["…"]}`.
    private mutating func takeTopicLists(_ data: JSONValue) {
        var accepted: [String] = []
        var refused: [String] = []
        guard data.kind == .object else { return }
        try? JSONText.forEachText(in: "successTopics", of: data.bytes) { accepted.append($0) }
        try? JSONText.forEachText(in: "failTopics", of: data.bytes) { refused.append($0) }
        subscriptions.answered(accepted: accepted, refused: refused)
    }
}
