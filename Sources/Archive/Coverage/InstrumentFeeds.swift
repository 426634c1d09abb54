/// Which feeds deliver an instrument, in a recording in which several feeds record one venue.
///
/// Ticks decide: a feed delivers an instrument if a message of one of its connections has a tick of it. An instrument
/// without ticks, or without stored messages, belongs to the feeds that requested its symbol. Without any evidence, it
/// belongs to all feeds of its venue.
package struct InstrumentFeeds: Sendable {
    /// A symbol of a venue; all instruments of a symbol whose digits grew count as one.
    struct Symbol: Hashable {
        let venue: String
        let symbol: String
    }

    private let feeds: [FeedRow]
    /// The venues that several feeds record.
    private let sharedVenues: Set<String>
    private var owners: [Symbol: Set<FeedKey>] = [:]
    /// The words of each feed's subscription, in lower case.
    private let words: [Int64: Set<String>]

    /// Uses only the subscriptions, without ticks.
    package init(_ feeds: [FeedRow]) {
        self.feeds = feeds
        let names = Dictionary(grouping: feeds, by: \.venue).mapValues { Set($0.map(\.name)) }
        sharedVenues = Set(names.filter { $0.value.count > 1 }.keys)
        words = Dictionary(
            feeds.map { ($0.feedID, Self.words(of: $0.subscription)) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Reads a bounded number of blocks and ticks, or none if no venue has several feeds.
    init(_ reader: ArchiveReader) throws(ArchiveError) {
        try self.init(reader, feeds: reader.feeds(), instruments: reader.instruments())
    }

    /// Like ``init(_:)``, for rows that were already read.
    package init(
        _ reader: ArchiveReader,
        feeds: [FeedRow],
        instruments: [InstrumentRow]
    ) throws(ArchiveError) {
        self.init(feeds)
        guard !sharedVenues.isEmpty else { return }
        let samples = try FeedSamples(reader, feeds)
        for (venue, rows) in Dictionary(grouping: instruments, by: \.venue) where sharedVenues.contains(venue) {
            for (instrumentID, feeds) in try samples.feeds(of: rows.map(\.instrumentID), venue: venue) {
                guard let row = rows.first(where: { $0.instrumentID == instrumentID }) else { continue }
                owners[Symbol(venue: venue, symbol: row.symbol), default: []].formUnion(feeds)
            }
        }
    }

    /// The ids of the feeds that deliver a symbol; `nil` if all feeds of the venue may.
    func feedIDs(venue: String, symbol: String) -> Set<Int64>? {
        guard sharedVenues.contains(venue) else { return nil }
        let rows = feeds.filter { $0.venue == venue }
        let word = symbol.lowercased()
        guard let keys = owners[Symbol(venue: venue, symbol: symbol)], !keys.isEmpty else {
            let asking = rows.filter { words[$0.feedID]?.contains(word) == true }
            return asking.isEmpty ? nil : Set(asking.map(\.feedID))
        }
        let own = rows.filter { keys.contains(FeedKey($0)) }
        // A reload may have removed the symbol from a feed that continues with others.
        return Set(
            Dictionary(grouping: own, by: FeedKey.init).values.flatMap { rows in
                let asking = rows.filter { words[$0.feedID]?.contains(word) == true }
                return (asking.isEmpty ? rows : asking).map(\.feedID)
            }
        )
    }

    /// For example, `{"streams":["btcusdt@trade"]}` has the words `streams`, `btcusdt` and `trade`.
    private static func words(of subscription: String?) -> Set<String> {
        guard let subscription else { return [] }
        let words = subscription.lowercased().split { "{}[]\"\\@,: ".contains($0) }
        return Set(words.map(String.init))
    }
}

extension FeedKey {
    init(_ row: FeedRow) { self.init(name: row.name, venue: row.venue) }
}
