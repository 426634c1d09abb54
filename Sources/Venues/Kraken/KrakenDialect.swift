import JSONScanning
package import MarketModel

/// The client's side of a connection to Kraken's WebSocket API v2 (docs.kraken.com, "Spot WebSockets v2").
///
/// It subscribes to channels of symbols, and reads trades, tickers, books and candles. The venue sends a heartbeat
/// about once a second while a connection has subscriptions, so silence means that the connection is dead.
package struct KrakenDialect: VenueDialect {
    package internal(set) var symbols = SymbolTable()
    package internal(set) var ending: DialectOutcome.Ending?
    let wanted: KrakenSubscriptions
    var queue: SubscriptionQueue
    var knownBooks = KrakenBooks()
    /// The names of each request, by its number minus 1.
    var requestNames: [[String]]
    /// The channels of each symbol that have delivered something, as ``KrakenChannel/bit``.
    private var tokens = JSONIndex()
    private var delivered: [UInt8] = []
    var refusedNames: Set<String> = []
    private var isOpen = false
    /// True once the venue has answered every first subscription.
    private var hasAnswers = false
    private var lastHeard = UnixNanoseconds(0)
    private var lastPing: UnixNanoseconds?

    /// The client sends a ping after this time of silence.
    private static let pingAfter = Duration.seconds(5)
    /// The connection counts as dead after this time of silence.
    private static let silenceMax = Duration.seconds(15)
    /// Requests that are sent in one second; the venue states no limit.
    private static let requestsPerSecond = 5

    /// Makes a client that subscribes to `wanted`, or one that only reads if it is never opened.
    init(_ wanted: KrakenSubscriptions = KrakenSubscriptions()) {
        self.wanted = wanted
        let requests = wanted.requests()
        queue = SubscriptionQueue(requests, perSecond: Self.requestsPerSecond)
        requestNames = requests.map(\.names)
    }

    package var books: BookTable { knownBooks.table }
    package var isSubscribed: Bool { hasAnswers && !isRefused }
    package var undelivered: [String] { queue.undelivered }

    package mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        isOpen = true
        lastHeard = now
        queue.send(now: now, outgoing: &outgoing)
    }

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
            lastHeard = now
            if entry.kind == .rest {
                readAnswer(payload, origin, &events, &outcome)
            } else {
                tokens.withPlainCursor(payload) { read($0, origin, &events, &outcome) }
            }
        }
        queue.send(now: now, outgoing: &outgoing)
        outcome.refusals = queue.takeRefusals()
        if isOpen, queue.isAnswered { hasAnswers = true }
        if ending == nil, hasAnswers, isRefused {
            ending = DialectOutcome.Ending(reason: "the venue refused all subscriptions", kind: .refused)
        }
        outcome.ending = ending
        outcome.isSubscribed = isSubscribed
        return outcome
    }

    /// True if the venue refused everything.
    private var isRefused: Bool {
        !refusedNames.isEmpty && refusedNames.count >= wanted.symbols.count * wanted.channels.count
    }

    /// Pings a silent connection, and gives it up when it stays silent.
    package mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard isOpen, ending == nil else { return }
        queue.send(now: now, outgoing: &outgoing)
        let silence = now.since(lastHeard)
        if silence >= Self.silenceMax {
            let seconds = Self.silenceMax.components.seconds
            ending = DialectOutcome.Ending(reason: "the venue was silent for \(seconds) s", kind: .silence)
        } else if silence >= Self.pingAfter, lastPing.map({ now.since($0) >= Self.pingAfter }) ?? true {
            lastPing = now
            outgoing.append(#"{"method":"ping"}"#.utf8, direction: .sent, tsRecv: now)
        }
    }

    package mutating func listeningResumed(now: UnixNanoseconds) { lastHeard = now }

    /// Subscribes to the book again: after the acknowledgement, the venue sends a new snapshot.
    package mutating func repair(_ book: BookIndex, now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard isOpen, knownBooks.table.entries.indices.contains(Int(book.value)) else { return }
        let index = knownBooks.table[book].symbol
        let symbol = symbols.text(of: index)
        var again = wanted
        again.depth = knownBooks.depth(of: index) ?? wanted.depth
        for method in ["unsubscribe", "subscribe"] {
            requestNames.append([KrakenChannel.book.subscriptionName(symbol)])
            let payload = again.request(method, .book, [symbol], id: requestNames.count)
            // Without a name, because the connection stays subscribed meanwhile.
            queue.add(SubscriptionQueue.Request(names: [], payload: payload))
        }
        queue.send(now: now, outgoing: &outgoing)
    }

    /// Notes that `channel` of `symbol` has delivered something.
    @inline(__always)
    mutating func noteDelivery(_ symbol: SymbolIndex, _ channel: KrakenChannel) {
        guard !wanted.symbols.isEmpty else { return }
        let index = Int(symbol.value)
        while delivered.count <= index { delivered.append(0) }
        guard delivered[index] & channel.bit == 0 else { return }
        delivered[index] |= channel.bit
        queue.delivered(channel.subscriptionName(symbols.text(of: symbol)))
    }
}
