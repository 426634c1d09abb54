import JSONScanning
import MarketModel

/// The client's side of a connection to a feed that a mapping describes.
struct GenericJSONDialect: VenueDialect {
    /// How long the venue may take to acknowledge anything, if the mapping has acknowledgements.
    private static let answersWithin = Duration.seconds(30)

    private var reader: MappingReader
    private var tokens = JSONIndex()
    private var requests: MappingRequests
    /// The requested symbols without data so far, by their letters and digits alone.
    private var missing: [String: String] = [:]
    private let asksForSymbols: Bool
    private var hasData = false
    private var isOpen = false
    private var openedAt = UnixNanoseconds(0)
    private var pingedAt = UnixNanoseconds(0)
    private(set) var ending: DialectOutcome.Ending?

    /// Makes a client that subscribes to `wanted`, or one that only reads if it is never opened.
    init(_ mapping: FeedMapping, wanted: [String] = []) {
        reader = MappingReader(mapping)
        requests = MappingRequests(mapping, symbols: wanted)
        asksForSymbols = !wanted.isEmpty
        for symbol in wanted { missing[MappingRequests.letters(symbol)] = symbol }
    }

    var symbols: SymbolTable { reader.symbols }
    var books: BookTable { reader.books }
    var isSubscribed: Bool { isOpen && requests.isAccepted }
    var undelivered: [String] { missing.values.sorted() }

    mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        isOpen = true
        openedAt = now
        pingedAt = now
        requests.send(now: now, outgoing: &outgoing)
    }

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
            guard entry.kind != .rest else {
                outcome.recognised += 1
                return
            }
            tokens.withPlainCursor(payload) { reader.read($0, origin, &events, &outcome) }
        }
        hasData = hasData || outcome.dataMessages > 0
        takeFindings(now, &outcome, &outgoing)
        outcome.ending = ending
        outcome.isSubscribed = isSubscribed
        return outcome
    }

    private mutating func takeFindings(
        _ now: UnixNanoseconds,
        _ outcome: inout DialectOutcome,
        _ outgoing: inout MessageBatch
    ) {
        if reader.findings.isEmpty { return }
        let findings = reader.findings
        reader.findings = MappingReader.Findings()
        for symbol in findings.arrived where asksForSymbols { missing[MappingRequests.letters(symbol)] = nil }
        guard isOpen else { return }
        for symbol in findings.accepted { requests.accept(symbol) }
        for refusal in findings.refused {
            let names = requests.refuse(refusal.symbol)
            for name in names { missing[MappingRequests.letters(name)] = nil }
            let refused = refusal.symbol.map { [$0] } ?? (names.isEmpty ? ["a subscription"] : names)
            outcome.refusals += refused.map { SubscriptionRefusal(name: $0, reason: refusal.reason) }
            if requests.isRefused, !hasData {
                ending = DialectOutcome.Ending(
                    reason: "the venue refused all subscriptions: \(refusal.reason.prefix(200))",
                    kind: .refused
                )
            }
        }
        for answer in findings.answers { outgoing.append(answer, direction: .sent, tsRecv: now) }
    }

    /// Sends what had to wait and the mapping's own pings, and ends a connection without any answer.
    mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard isOpen, ending == nil else { return }
        requests.send(now: now, outgoing: &outgoing)
        if let ping = reader.mapping.ping, pingedAt.advanced(by: ping.interval) <= now,
            requests.ping(ping.message, now: now, outgoing: &outgoing)
        {
            pingedAt = now
        }
        if !requests.isAccepted, !requests.hasAnswer, !hasData, openedAt.advanced(by: Self.answersWithin) <= now {
            ending = DialectOutcome.Ending(
                reason: "the venue did not answer the subscriptions within \(Self.answersWithin.components.seconds) s",
                kind: .unanswered
            )
        }
    }

    mutating func listeningResumed(now: UnixNanoseconds) { openedAt = max(openedAt, now) }

    mutating func repair(_ book: BookIndex, now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard isOpen, books.entries.indices.contains(Int(book.value)) else { return }
        requests.repair(symbols.text(of: books[book].symbol))
        requests.send(now: now, outgoing: &outgoing)
    }
}
