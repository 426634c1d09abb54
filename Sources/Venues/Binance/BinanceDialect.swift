import JSONScanning
package import MarketModel

/// The client's side of a Binance market data connection (web-socket-streams.md of the Binance spot API, and "Websocket
/// Market Streams" of the USD-M futures).
///
/// By default, the URL subscribes to the streams, see ``target(basePath:streams:timeUnit:)``. The venue does not
/// acknowledge that, so the connection counts as subscribed from its first batch. Too many streams for a URL are
/// requested with messages, which the venue acknowledges.
package struct BinanceDialect: VenueDialect {
    package internal(set) var symbols = SymbolTable()
    package let market: BinanceMarket
    /// The streams of the connection, as given.
    package let streams: [String]
    var orderBooks: BinanceBooks
    /// Requests over HTTP; only an open connection makes any.
    var requests: BinanceRequests
    /// The account whose stream the connection is; `nil` for market data.
    private var account: BinanceAccount?
    /// Requests about the account that were refused.
    var accountRefusals: [SubscriptionRefusal] = []
    var isOpen = false
    /// The subscriptions that are requested with messages; `nil` if the URL has them.
    var queue: BinanceSubscriptions?
    package internal(set) var ending: DialectOutcome.Ending?
    private var delivery: BinanceDelivery
    private var hasNoticed = false
    private var tokens = JSONIndex()

    /// Makes a client of `streams`, which are in the URL unless `isSubscribing`.
    ///
    /// The open interest of `openInterest`, which are symbols, is asked for over HTTP.
    package init(
        market: BinanceMarket = .spot,
        streams: [String],
        isSubscribing: Bool = false,
        openInterestOf openInterest: [String] = []
    ) {
        self.market = market
        self.streams = streams
        delivery = BinanceDelivery(streams: streams)
        orderBooks = BinanceBooks(market: market)
        requests = BinanceRequests(market: market, openInterestOf: openInterest)
        if isSubscribing { queue = BinanceSubscriptions(streams, perSecond: market.messagesPerSecond) }
    }

    /// Makes a client of an account's stream, whose name is in the URL.
    init(_ account: BinanceAccount) {
        self.init(market: .usdm, streams: [])
        self.account = account
    }

    package var books: BookTable { orderBooks.table }

    package var undelivered: [String] {
        guard let queue else { return delivery.undelivered }
        return delivery.undelivered.filter { !queue.refused.contains($0) }
    }

    /// An account may be quiet for days, so its stream does not wait for a first batch.
    package var isSubscribed: Bool { isOpen && ending == nil && (queue?.isAnswered ?? (account != nil)) }

    package mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        isOpen = true
        queue?.send(now: now, outgoing: &outgoing)
        account?.open(now: now, outgoing: &outgoing)
    }

    package mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        queue?.send(now: now, outgoing: &outgoing)
        guard isOpen else { return }
        requests.send(now: now, outgoing: &outgoing)
        account?.keepAlive(now: now, outgoing: &outgoing)
    }

    package mutating func repair(_ book: BookIndex, now: UnixNanoseconds, outgoing: inout MessageBatch) {
        let entries = orderBooks.table.entries
        guard isOpen, entries.indices.contains(Int(book.value)) else { return }
        orderBooks.setWaiting(book, true)
        guard orderBooks.needsSnapshot(book) else { return }
        requests.addSnapshot(of: symbols.text(of: orderBooks.table[book].symbol))
        requests.send(now: now, outgoing: &outgoing)
    }

    package mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        var outcome = DialectOutcome()
        let (quotes, trades) = (events.quotes.count, events.trades.count)
        let eventsBefore = events.venueEvents.count
        outcome.notices = takeNotices()
        var tokens = self.tokens.take()
        defer { self.tokens = tokens }
        batch.forEachReceived { payload, entry, origin in
            if entry.kind == .rest {
                if readExchange(payload, origin, now, &events) { outcome.dataMessages += 1 }
            } else if tokens.withPlainCursor(payload, { read($0, origin, &events) }) {
                outcome.dataMessages += 1
                if delivery.awaitsOthers { delivery.note(payload) }
            }
        }
        if delivery.awaitsTicks { delivery.note(events.quotes[quotes...], events.trades[trades...], symbols) }
        if isOpen, !requests.isEmpty { requests.send(now: now, outgoing: &outgoing) }
        queue?.send(now: now, outgoing: &outgoing)
        conclude(batch, events.venueEvents[eventsBefore...], &outcome)
        return outcome
    }

    /// Completes the outcome of a batch that led to `events`.
    private mutating func conclude(
        _ batch: MessageBatch,
        _ events: ArraySlice<VenueEvent>,
        _ outcome: inout DialectOutcome
    ) {
        let received = batch.entries.count { $0.direction == .received }
        if !events.isEmpty {
            let odd = events.lazy.filter { $0.isOddity && $0.kind != VenueEvent.wrongTimeKind }
            outcome.unrecognised = Set(odd.map(\.origin.message)).count
            outcome.isLeaving = events.contains { $0.kind == Self.shutdownKind }
        }
        outcome.recognised = received - outcome.unrecognised
        outcome.isSubscribed = queue?.isAnswered ?? true
        outcome.refusals = (queue?.takeRefusals() ?? []) + accountRefusals
        accountRefusals = []
        outcome.ending = ending
    }

    static let shutdownKind = "serverShutdown"

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
}
