import JSONScanning
package import MarketModel

/// The client's side of a connection to Coinbase Advanced Trade (docs.cdp.coinbase.com, "Advanced Trade WebSocket").
///
/// It subscribes to channels of symbols and to heartbeats, and reads trades, tickers, books and candles. The venue
/// numbers all messages of a connection, so a number that is left out shows that something is missing.
package struct CoinbaseDialect: VenueDialect {
    package internal(set) var symbols = SymbolTable()
    package internal(set) var books = BookTable()
    package private(set) var ending: DialectOutcome.Ending?
    let wanted: CoinbaseSubscriptions
    var queue: SubscriptionQueue
    /// Requests that the venue has not answered, in the order in which they are sent.
    var unanswered: [CoinbaseSubscriptions.Part]
    var numbers = CoinbaseNumbers()
    /// The book of each symbol, by the symbol's index.
    var bookPlaces: [BookIndex?] = []
    /// The asked name of each symbol that the venue answers with another name.
    private var askedSymbols: [String: String] = [:]
    /// The channels of each symbol that have delivered something, as ``CoinbaseChannel/bit``.
    private var tokens = JSONIndex()
    private var delivered: [UInt8] = []
    private var refusedNames: Set<String> = []
    /// The asked names of symbols whose books need a new snapshot.
    private var repairs: [String] = []
    private var isOpen = false
    /// True once the venue has answered every first subscription.
    private var hasAnswers = false
    private var lastHeard = UnixNanoseconds(0)

    /// The connection counts as dead after this time without a message; heartbeats come every second.
    private static let silenceMax = Duration.seconds(15)
    /// The venue takes 8 messages in a second from one address without a key.
    private static let requestsPerSecond = 5

    /// Makes a client that subscribes to `wanted`, or one that only reads if it is never opened.
    init(_ wanted: CoinbaseSubscriptions = CoinbaseSubscriptions()) {
        self.wanted = wanted
        let parts = wanted.parts
        unanswered = parts
        queue = SubscriptionQueue(
            [CoinbaseSubscriptions.heartbeats] + parts.map(\.request),
            perSecond: Self.requestsPerSecond
        )
        for symbol in wanted.symbols { askedSymbols[CoinbaseSymbol.answered(symbol)] = symbol }
    }

    package var isSubscribed: Bool { hasAnswers && !isRefused }
    package var undelivered: [String] { queue.undelivered }

    /// The name that the user gave for a symbol of the venue's messages.
    func asked(_ symbol: String) -> String { askedSymbols[CoinbaseSymbol.answered(symbol)] ?? symbol }

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
            if entry.kind == .rest {
                readAnswer(payload, origin, &events, &outcome)
            } else {
                lastHeard = now
                tokens.withPlainCursor(payload) { read($0, origin, &events, &outcome) }
            }
        }
        send(now: now, outgoing: &outgoing)
        outcome.refusals = queue.takeRefusals()
        refusedNames.formUnion(outcome.refusals.map(\.name))
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

    /// Sends requests that had to wait, and gives up a silent connection.
    package mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard isOpen, ending == nil else { return }
        send(now: now, outgoing: &outgoing)
        guard now.since(lastHeard) >= Self.silenceMax else { return }
        let seconds = Self.silenceMax.components.seconds
        ending = DialectOutcome.Ending(reason: "the venue was silent for \(seconds) s", kind: .silence)
    }

    package mutating func listeningResumed(now: UnixNanoseconds) { lastHeard = now }

    /// Subscribes to the book again, for a new snapshot.
    ///
    /// A hole of the connection makes all its books invalid, so the requests wait for the next call that may send, and
    /// are then sent together.
    package mutating func repair(_ book: BookIndex, now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard isOpen, books.entries.indices.contains(Int(book.value)) else { return }
        let symbol = asked(symbols.text(of: books[book].symbol))
        if !repairs.contains(symbol) { repairs.append(symbol) }
    }

    /// Sends what is due: requests that had to wait, and those that repair books.
    private mutating func send(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        for start in stride(from: 0, to: repairs.count, by: CoinbaseSubscriptions.symbolsMax) {
            let part = Array(repairs[start..<min(start + CoinbaseSubscriptions.symbolsMax, repairs.count)])
            for type in ["unsubscribe", "subscribe"] {
                let payload = CoinbaseSubscriptions.request(type, CoinbaseChannel.book.name, part)
                // Without names, because the connection stays subscribed meanwhile.
                queue.add(SubscriptionQueue.Request(names: [], payload: payload))
            }
        }
        repairs.removeAll(keepingCapacity: true)
        queue.send(now: now, outgoing: &outgoing)
    }

    /// Notes that `channel` of `symbol` has delivered something.
    @inline(__always)
    mutating func noteDelivery(_ symbol: SymbolIndex, _ channel: CoinbaseChannel) {
        guard !wanted.symbols.isEmpty else { return }
        let index = Int(symbol.value)
        while delivered.count <= index { delivered.append(0) }
        guard delivered[index] & channel.bit == 0 else { return }
        delivered[index] |= channel.bit
        queue.delivered(channel.subscriptionName(asked(symbols.text(of: symbol))))
    }
}
