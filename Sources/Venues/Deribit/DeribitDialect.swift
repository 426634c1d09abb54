import JSONScanning
package import MarketModel

/// The client's side of a connection to Deribit (docs.deribit.com, JSON-RPC API v2, read in autumn 2026).
///
/// It asks for heartbeats, subscribes in messages of some channels each, and answers every test request. A connection
/// for an account logs in first.
package struct DeribitDialect: VenueDialect {
    package internal(set) var symbols = SymbolTable()
    package internal(set) var books = BookTable()
    package private(set) var ending: DialectOutcome.Ending?

    /// Channels by the index of their name in ``channelNames``.
    var channels: [DeribitChannelState] = []
    private var channelNames = SymbolTable()
    /// Symbols whose quotes come from `quote`, by index.
    private var hasQuotes: [Bool] = []
    /// What is wrong with the message that is being read; `nil` if nothing is.
    var problem: String?

    private var tokens = JSONIndex()
    private var subscriptions: DeribitSubscriptions
    private let keys: AccountKeys?
    private var isLoggedIn = false
    private var loginRefusals: [SubscriptionRefusal] = []
    /// When the last message came; `nil` before the connection is opened.
    private var heardAt: UnixNanoseconds?
    /// The venue sends a heartbeat after this number of seconds.
    private static let heartbeatSeconds = 30
    private static let silenceMax = Duration.seconds(90)

    /// Makes a client that subscribes to `channels`, or one that only reads if it is never opened.
    ///
    /// `keys` are needed for channels of an account, and for those with the interval `raw`.
    package init(channels: [String] = [], keys: AccountKeys? = nil) {
        self.keys = keys
        subscriptions = DeribitSubscriptions(channels, isPrivate: keys != nil)
    }

    package var isSubscribed: Bool {
        (keys == nil || isLoggedIn) && subscriptions.isAnswered && ending == nil
    }

    package var undelivered: [String] { subscriptions.undelivered }

    // MARK: Sending

    package mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        heardAt = now
        let interval = #"{"interval":\#(Self.heartbeatSeconds)}"#
        let heartbeat = DeribitCall.text("public/set_heartbeat", interval, id: DeribitCall.heartbeatID)
        outgoing.append(heartbeat.utf8, direction: .sent, tsRecv: now)
        guard let keys else { return subscriptions.send(now: now, outgoing: &outgoing) }
        let message = DeribitLogin.message(keys, id: DeribitCall.loginID)
        outgoing.append(message.utf8, direction: .sent, tsRecv: now)
    }

    package mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        if keys == nil || isLoggedIn { subscriptions.send(now: now, outgoing: &outgoing) }
        guard let heardAt, heardAt.advanced(by: Self.silenceMax) <= now, ending == nil else { return }
        ending = .init(reason: "no message and no heartbeat for 90 seconds", kind: .silence)
    }

    package mutating func listeningResumed(now: UnixNanoseconds) { if heardAt != nil { heardAt = now } }

    /// Subscribes to the book again: the venue then sends a snapshot.
    package mutating func repair(_ book: BookIndex, now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard books.entries.indices.contains(Int(book.value)) else { return }
        let entry = books[book]
        guard entry.rule.start == .inBand else { return }
        subscriptions.renew(DeribitChannel.full(entry.channel, of: symbols.text(of: entry.symbol)))
        if keys == nil || isLoggedIn { subscriptions.send(now: now, outgoing: &outgoing) }
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
                if heardAt != nil { heardAt = now }
                tokens.withPlainCursor(payload) { read($0, origin, now, &outcome, &events, &outgoing) }
            }
            finish(payload, origin, &outcome, &events)
        }
        if heardAt != nil, isLoggedIn || keys == nil { subscriptions.send(now: now, outgoing: &outgoing) }
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
    private mutating func finish(
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
        events.venueEvents.append(
            problem == Self.foreign
                ? .unrecognised(origin, bytes: payload.count)
                : .malformed(origin, reason: problem, bytes: payload.count)
        )
    }

    /// The ``problem`` of JSON that the venue does not send.
    private static let foreign = "foreign"

    private mutating func read(
        _ start: JSONCursor,
        _ origin: EventOrigin,
        _ now: UnixNanoseconds,
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents,
        _ outgoing: inout MessageBatch
    ) {
        let message = DeribitEnvelope(start)
        if let failure = message.failure {
            problem = failure.description
            if let channel = message.channel { noteUnreadable(channel, origin, &events) }
        } else if let method = message.method {
            if method.equals("subscription"), let channel = message.channel, channel.kind == .string {
                outcome.dataMessages += 1
                let index = self.index(of: channel.bytes)
                note(delivered: index)
                read(message.data, index, origin, &events)
            } else if method.equals("heartbeat") {
                if message.type?.equals("test_request") == true { answerTest(now, &outgoing) }
            } else {
                problem = Self.foreign
            }
        } else if message.result != nil || message.error != nil {
            take(message, start.bytes, origin, now, &events)
        } else {
            problem = Self.foreign
        }
    }

    /// The venue closes a connection that does not answer at once, so the pace of other requests does not matter.
    private func answerTest(_ now: UnixNanoseconds, _ outgoing: inout MessageBatch) {
        guard heardAt != nil else { return }
        let answer = DeribitCall.text("public/test", "{}", id: DeribitCall.testID)
        outgoing.append(answer.utf8, direction: .sent, tsRecv: now)
    }

    private mutating func read(
        _ data: JSONValue?,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        perform { dialect throws(JSONError) in
            switch dialect.channels[index].channel.kind {
            case .trades: try dialect.readTrades(data, index, origin, &events)
            case .quote: try dialect.readQuote(data, index, origin, &events)
            case .ticker: try dialect.readTicker(data, index, origin, &events)
            case .book, .groupedBook: dialect.readBook(data, index, origin, &events)
            case .chart(let name): try dialect.readChart(data, index, name, origin, &events)
            case .perpetual: try dialect.readPerpetual(data, index, origin, &events)
            case .index: try dialect.readIndex(data, index, origin, &events)
            case .event: try dialect.readEvent(data, index, origin, &events)
            case .portfolio: try dialect.readPortfolio(data, origin, &events)
            case .orders: try dialect.readOrders(data, origin, &events)
            case .fills: try dialect.readFills(data, origin, &events)
            case .changes: try dialect.readChanges(data, origin, &events)
            case .other: break
            }
        }
    }

    private mutating func perform(_ body: (inout DeribitDialect) throws(JSONError) -> Void) {
        do throws(JSONError) {
            try body(&self)
        } catch {
            problem = error.description
        }
    }

    // MARK: Channels

    /// The place of a channel in ``channels``.
    private mutating func index(of name: UnsafeRawBufferPointer) -> Int {
        let index = Int(channelNames.intern(name).value)
        if index == channels.count {
            let text = String(decoding: name, as: UTF8.self)
            channels.append(DeribitChannelState(name: text, symbols: &symbols, books: &books))
        }
        return index
    }

    private mutating func note(delivered index: Int) {
        guard !channels[index].isDelivered else { return }
        channels[index].isDelivered = true
        subscriptions.delivered(channels[index].name)
    }

    /// Marks a known book as not readable, because a message of its channel is broken.
    private mutating func noteUnreadable(_ channel: JSONValue, _ origin: EventOrigin, _ events: inout MarketEvents) {
        guard channel.kind == .string, let index = channelNames.find(String(decoding: channel.bytes, as: UTF8.self)),
            let book = channels[Int(index.value)].book
        else { return }
        events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .unreadable))
    }

    /// True if `quote` makes the quotes of `symbol`, so that its ticker makes none.
    func quotesComeFromQuote(_ symbol: SymbolIndex) -> Bool {
        let index = Int(symbol.value)
        return index < hasQuotes.count && hasQuotes[index]
    }

    /// Notes that `quote` makes the quotes of `symbol`.
    mutating func noteQuote(_ symbol: SymbolIndex) {
        let index = Int(symbol.value)
        while hasQuotes.count <= index { hasQuotes.append(false) }
        hasQuotes[index] = true
    }

    // MARK: Answers

    /// Too many requests, and trouble of the venue.
    private static let passingCodes: Set<Int64> = [10028, 10040, 10041, 10047, 11051, 13028, 13503]

    private mutating func refuseLogin(_ reason: String, code: Int64?) {
        ending = .refusedLogin(reason, isPassing: code.map(Self.passingCodes.contains) ?? false)
        loginRefusals.append(.login(reason))
    }

    /// Reads an answer to a request.
    private mutating func take(
        _ message: DeribitEnvelope,
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ now: UnixNanoseconds,
        _ events: inout MarketEvents
    ) {
        let id = message.id?.integer
        if let error = message.error, !error.isNull {
            events.venueEvents.append(VenueEvent(origin: origin, kind: "error", json: Array(payload)))
            let fields = try? DeribitObject(error)
            let reason = fields?.text("message") ?? "an error without a message"
            if id == DeribitCall.loginID, keys != nil {
                refuseLogin(reason, code: fields?["code"]?.integer)
            } else if let id {
                subscriptions.failed(id, code: fields?["code"]?.integer, reason: reason, now: now)
            }
        } else if id == DeribitCall.loginID, keys != nil {
            isLoggedIn = true
        } else if let id, let result = message.result, result.kind == .array {
            var accepted: Set<String> = []
            perform { _ throws(JSONError) in
                try DeribitValue.forEachElement(of: result) { value in
                    if let name = value.text { accepted.insert(name) }
                }
            }
            subscriptions.answered(id, accepted: accepted)
        }
    }
}

/// One channel of a connection, and what is known of it.
struct DeribitChannelState: Sendable {
    let name: String
    let channel: DeribitChannel
    let symbol: SymbolIndex?
    /// The order book of the channel; `nil` for other channels.
    let book: BookIndex?
    var isDelivered = false
    /// The latest state of the running bar of a chart.
    var bar: DeribitRunningBar?

    init(name: String, symbols: inout SymbolTable, books: inout BookTable) {
        self.name = name
        channel = DeribitChannel(name)
        let symbol = channel.symbol.map { symbols.intern($0) }
        self.symbol = symbol
        var book: BookIndex?
        if let symbol {
            switch channel.kind {
            case .book(let name): book = books.intern(symbol, channel: name, rule: Self.changesRule)
            case .groupedBook(let name, let depth):
                book = books.intern(symbol, channel: name, rule: Self.groupedRule(depth))
            default: break
            }
        }
        self.book = book
    }

    /// A snapshot, then changes that name the number of the one before.
    private static var changesRule: BookRule {
        var rule = BookRule()
        rule.start = .inBand
        rule.chain = .previous
        return rule
    }

    private static func groupedRule(_ depth: Int?) -> BookRule {
        var rule = BookRule()
        rule.start = .everyMessage
        rule.depth = depth.flatMap { $0 > 0 ? $0 : nil }
        return rule
    }
}

/// A bar that the venue may still change.
struct DeribitRunningBar: Sendable {
    /// Its start, in milliseconds.
    let tick: Int64
    let json: [UInt8]
}
