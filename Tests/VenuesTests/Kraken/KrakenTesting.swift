import Foundation
import Interchange
import JSONScanning
import MarketModel
import Testing
import Venues

/// The captures of Kraken; they are too large for the repository.
enum KrakenCapture {
    /// The folder of a venue's captures; `nil` if the environment does not name it.
    static func folder(_ venue: String) -> String? {
        ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map { "\($0)/data/captures/\(venue)/" }
    }

    /// All messages of a capture.
    static func messages(of path: String) throws -> MessageBatch {
        var reader = try MessageFileReader(path: path, format: nil)
        var batch = MessageBatch()
        var events: [ConnectionOpened] = []
        while try reader.next(maxMessages: 1000, into: &batch, connectionEvents: &events) {}
        return batch
    }
}

/// A dialect, and what it has read and sent.
struct KrakenRun {
    var dialect: any VenueDialect
    var events = MarketEvents()
    var outcome = DialectOutcome()
    /// The clock of the connection, moved by hand.
    var now = UnixNanoseconds(1_785_600_000_000_000_000)

    /// A dialect that only reads.
    init(reading venue: Venue) { dialect = venue.makeReader() }

    /// A dialect for a user's options.
    init(symbols: [String], channels: [String], depth: String? = nil) throws {
        let plan = try Self.plan(symbols: symbols, channels: channels, depth: depth)
        dialect = plan.makeDialect(.seconds(5))
    }

    static func plan(symbols: [String], channels: [String], depth: String? = nil) throws -> VenuePlan {
        var values = VenueOptionValues()
        values.set(MarketOptions.symbols, symbols)
        values.set(MarketOptions.channels, channels)
        if let depth { values.set(KrakenVenue.depth, [depth]) }
        return try Venue.kraken.definition.plan(values) { _ in nil }
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
}

/// A book as a client of Kraken keeps it, to check the levels and checksums that a dialect reads.
struct KrakenTestBook {
    private var sides: [BookSide: [FixedDecimal: BookLevel]] = [.bid: [:], .ask: [:]]

    /// Applies a message, and returns the checksum of the book; `nil` for a message without levels.
    mutating func apply(_ message: BookMessage, _ levels: [BookLevel], depth: Int) -> UInt32? {
        guard message.kind == .snapshot || message.kind == .change else { return nil }
        if message.kind == .snapshot { sides = [.bid: [:], .ask: [:]] }
        for level in levels[message.levels] {
            sides[level.side]?[level.price.withoutTrailingZeros] = level.size.isZero ? nil : level
        }
        for side in BookSide.allCases {
            for level in sorted(side).dropFirst(depth) { sides[side]?[level.price.withoutTrailingZeros] = nil }
        }
        let best = sorted(.ask).prefix(10) + sorted(.bid).prefix(10)
        let text = best.map { Self.digits($0.price) + Self.digits($0.size) }.joined()
        return Self.crc32(text)
    }

    func sorted(_ side: BookSide) -> [BookLevel] {
        let levels = sides[side].map { Array($0.values) } ?? []
        let value = { (level: BookLevel) in level.price.rescaled(to: 10) ?? 0 }
        return levels.sorted { side == .ask ? value($0) < value($1) : value($0) > value($1) }
    }

    private static func digits(_ decimal: FixedDecimal) -> String {
        String(decimal.description.filter { $0 != "." }.drop { $0 == "0" })
    }

    private static func crc32(_ text: String) -> UInt32 {
        var register = UInt32.max
        for byte in text.utf8 {
            register ^= UInt32(byte)
            for _ in 0..<8 { register = register & 1 == 0 ? register >> 1 : register >> 1 ^ 0xEDB8_8320 }
        }
        return ~register
    }
}

/// Damages a message in every place: each truncation, and several other bytes at each place.
func forEachKrakenDamage(of text: String, _ body: (_ damaged: [UInt8], _ isTruncated: Bool) -> Void) {
    let bytes = Array(text.utf8)
    for length in 0..<bytes.count { body(Array(bytes[..<length]), true) }
    for place in bytes.indices {
        for byte in [UInt8(ascii: "0"), UInt8(ascii: "\""), 0xFF]
        where bytes[place] != byte {
            var damaged = bytes
            damaged[place] = byte
            body(damaged, false)
        }
    }
}

/// Reads damaged forms of `samples` after `context`.
///
/// Every message must be counted, and damage must not be lost silently.
func checkKrakenDamage(_ venue: Venue, context: [String], samples: [String]) {
    for sample in samples {
        var clean = KrakenRun(reading: venue)
        clean.receive(context)
        clean.receive([sample])
        #expect(clean.outcome.unrecognised == 0, "\(sample)")
        forEachKrakenDamage(of: sample) { damaged, isTruncated in
            var run = clean
            var batch = MessageBatch()
            batch.append(damaged, direction: .received, tsRecv: run.now)
            run.receive(batch)
            let isCounted = run.outcome.recognised + run.outcome.unrecognised == 1
            let isReported = run.outcome.unrecognised == 0 || run.events.venueEvents.contains { $0.isOddity }
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
