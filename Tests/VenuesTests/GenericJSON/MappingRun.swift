import MarketModel
import Venues

/// Reads messages with a mapping, which is written as JSON.
struct MappingRun {
    private(set) var dialect: any VenueDialect
    private(set) var events = MarketEvents()
    private(set) var outcome = DialectOutcome()
    private(set) var sent: [String] = []

    /// Makes a reader of recorded messages.
    init(_ mapping: String) {
        var reading = VenueReading()
        reading.mapping = try? FeedMapping(json: mapping)
        dialect = Venue.genericJSON.makeReader(reading)
    }

    /// Opens a connection as a recorder would.
    init(recording mapping: String, symbols: [String]) throws {
        var values = VenueOptionValues()
        values.set(MarketOptions.symbols, symbols)
        values.set(GenericJSONVenue.mapping, [mapping])
        dialect = try Venue.genericJSON.definition.plan(values) { _ in nil }.makeDialect(.seconds(10))
        var outgoing = MessageBatch()
        dialect.open(now: UnixNanoseconds(0), outgoing: &outgoing)
        note(outgoing)
    }

    mutating func receive(_ payloads: String..., at second: Int64 = 0) {
        var batch = MessageBatch()
        let now = UnixNanoseconds(second * 1_000_000_000)
        for payload in payloads { batch.append(payload.utf8, direction: .received, tsRecv: now) }
        events.removeAll()
        var outgoing = MessageBatch()
        outcome = dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
        note(outgoing)
    }

    mutating func wait(until second: Int64) {
        var outgoing = MessageBatch()
        dialect.keepAlive(now: UnixNanoseconds(second * 1_000_000_000), outgoing: &outgoing)
        note(outgoing)
    }

    mutating func repair(_ book: BookIndex, at second: Int64) {
        var outgoing = MessageBatch()
        dialect.repair(book, now: UnixNanoseconds(second * 1_000_000_000), outgoing: &outgoing)
        note(outgoing)
    }

    private mutating func note(_ outgoing: MessageBatch) {
        sent += outgoing.entries.indices.map { String(decoding: outgoing.payload(at: $0), as: UTF8.self) }
    }

    var oddities: [String] {
        events.venueEvents.filter(\.isOddity).map { String(decoding: $0.json, as: UTF8.self) }
    }

    func text(_ symbol: SymbolIndex) -> String { dialect.symbols.text(of: symbol) }
}

/// The mistakes in a mapping, as a configuration file reports them.
func mappingMistakes(_ mapping: String, symbols: [String] = ["A"]) -> [String] {
    var values = VenueOptionValues()
    values.set(MarketOptions.symbols, symbols)
    values.set(GenericJSONVenue.mapping, [mapping])
    do throws(VenueOptionError) {
        _ = try Venue.genericJSON.definition.plan(values) { _ in nil }
        return []
    } catch {
        return error.fileTexts.map(\.text)
    }
}
