import MarketModel
import Testing
import Venues

/// A dialect, and what it has read and sent.
struct CoinbaseRun {
    var dialect: any VenueDialect
    var events = MarketEvents()
    var outcome = DialectOutcome()
    /// Everything that was refused so far.
    var refusals: [SubscriptionRefusal] = []
    /// The clock of the connection, moved by hand.
    var now = UnixNanoseconds(1_790_735_990_000_000_000)

    /// A dialect that only reads.
    init(reading venue: Venue = .coinbase) { dialect = venue.makeReader() }

    /// A dialect for a user's options.
    init(symbols: [String], channels: [String]) throws {
        dialect = try Self.plan(symbols: symbols, channels: channels).makeDialect(.seconds(5))
    }

    static func plan(symbols: [String], channels: [String]) throws -> VenuePlan {
        var values = VenueOptionValues()
        values.set(MarketOptions.symbols, symbols)
        values.set(MarketOptions.channels, channels)
        return try Venue.coinbase.definition.plan(values) { _ in nil }
    }

    /// Opens the connection, and returns what the dialect sends.
    mutating func open() -> [String] {
        var outgoing = MessageBatch()
        dialect.open(now: now, outgoing: &outgoing)
        return texts(outgoing)
    }

    /// Reads messages, with new ``events``, and returns what the dialect sends.
    @discardableResult
    mutating func receive(_ payloads: [String]) -> [String] { receive(batch(payloads)) }

    @discardableResult
    mutating func receive(_ batch: MessageBatch) -> [String] {
        events.removeAll()
        var outgoing = MessageBatch()
        outcome = dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
        refusals += outcome.refusals
        return texts(outgoing)
    }

    mutating func keepAlive(after duration: Duration) -> [String] {
        now = now.advanced(by: duration)
        var outgoing = MessageBatch()
        dialect.keepAlive(now: now, outgoing: &outgoing)
        return texts(outgoing)
    }

    mutating func repair(_ book: BookIndex) -> [String] {
        var outgoing = MessageBatch()
        dialect.repair(book, now: now, outgoing: &outgoing)
        return texts(outgoing)
    }

    func symbol(_ index: SymbolIndex) -> String { dialect.symbols.text(of: index) }

    /// The reasons of all oddities.
    var oddities: [String] {
        events.venueEvents.filter(\.isOddity).map { String(decoding: $0.json, as: UTF8.self) }
    }
}

/// Reads damaged forms of `samples` after `context`.
///
/// Every message must be counted, and damage must not be lost silently.
func checkCoinbaseDamage(_ venue: Venue, context: [String], samples: [String]) {
    for sample in samples {
        var clean = CoinbaseRun(reading: venue)
        clean.receive(context)
        forEachKrakenDamage(of: sample) { damaged, isTruncated in
            var run = clean
            var batch = MessageBatch()
            batch.append(damaged, direction: .received, tsRecv: run.now)
            run.receive(batch)
            let isCounted = run.outcome.recognised + run.outcome.unrecognised == 1
            let isReported = run.outcome.unrecognised == 0 || !run.oddities.isEmpty
            let isDamageSeen = !isTruncated || run.outcome.unrecognised == 1
            let areLevelsValid = run.events.bookMessages.allSatisfy {
                $0.levels.lowerBound >= 0 && $0.levels.upperBound <= run.events.bookLevels.count
            }
            if !(isCounted && isReported && isDamageSeen && areLevelsValid) {
                Issue.record("lost: \(String(decoding: damaged, as: UTF8.self))")
            }
        }
    }
}
