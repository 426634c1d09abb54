import Archive
import JournalFormat
import MarketModel
import Venues

/// What a tape has, so that a client that asks for something else is refused at once.
struct TapeInventory: Sendable {
    private(set) var offers: [Venue: VenueOffer] = [:]
    /// Symbols of venues that this program does not know.
    private var otherSymbols: Set<String> = []

    /// The maximum number of blocks to read for streams that no subscription names.
    ///
    /// Beyond it, everything counts as available.
    private static let blocksMax = 2048
    /// The number of blocks to read of a recording whose streams are known.
    private static let knownBlocksMax = 8

    /// Reads the instruments.
    ///
    /// With `readsMessages`, also reads what venue clients can subscribe to.
    init(_ catalog: TapeCatalog, readsMessages: Bool) throws(ArchiveError) {
        let readers = catalog.readers
        var symbols: [Venue: Set<String>] = [:]
        for reader in readers {
            for row in try reader.instruments() {
                if let venue = Venue(named: row.venue) {
                    symbols[venue, default: []].insert(row.symbol)
                } else {
                    otherSymbols.insert(row.symbol)
                }
            }
        }
        for venue in try catalog.venues() {
            var offer = venue.definition.makeOfferReader(symbols: symbols[venue] ?? [])
            var isComplete = true
            if readsMessages {
                var blocksLeft = Self.blocksMax
                for reader in readers { isComplete = try Self.read(reader, venue, &offer, &blocksLeft) && isComplete }
            }
            offers[venue] = offer.offer
            if !isComplete { offers[venue]?.isComplete = false }
        }
    }

    /// Reads what one recording has for clients of `venue`; returns false if it may have more.
    private static func read(
        _ reader: ArchiveReader,
        _ venue: Venue,
        _ offer: inout any VenueOfferReader,
        _ blocksLeft: inout Int
    ) throws(ArchiveError) -> Bool {
        var isKnown = true
        var feeds: Set<Int64> = []
        for feed in try reader.feeds() where feed.venue == venue.name {
            feeds.insert(feed.feedID)
            let isNamed = feed.subscription.map { offer.note(subscription: $0) } ?? false
            isKnown = isKnown && isNamed
        }
        guard !feeds.isEmpty, offer.needsMessages else { return true }
        let connections = Set(try reader.connections().filter { feeds.contains($0.opened.feedID) }.map(\.connectionID))
        let blocksMax = isKnown ? knownBlocksMax : blocksLeft
        let (blocks, isWhole) = note(connections, of: reader, blocksMax: blocksMax, in: &offer)
        if !isKnown { blocksLeft -= blocks }
        return isKnown || isWhole
    }

    /// Reads the first messages of some connections.
    ///
    /// An unreadable block may contain anything, so the result is not whole.
    private static func note(
        _ connections: Set<Int64>,
        of reader: ArchiveReader,
        blocksMax: Int,
        in offer: inout any VenueOfferReader
    ) -> (blocks: Int, isWhole: Bool) {
        var blocks = 0
        do throws(ArchiveError) {
            var cursor = try reader.blocks(order: .time)
            while let (connectionID, block) = try cursor.next() {
                guard blocks < blocksMax else { return (blocks, false) }
                guard connections.contains(connectionID) else { continue }
                blocks += 1
                offer.note(block.batch)
            }
        } catch {
            return (blocks, false)
        }
        return (blocks, true)
    }

    // MARK: Symbols

    /// Returns the symbols in `wanted` as the tape writes them.
    ///
    /// - Throws: ``BadRequest`` if the tape does not have one of them.
    func resolve(_ wanted: Set<String>) throws(BadRequest) -> Set<String> {
        let known = offers.map { (venue: $0.key, symbols: Self.symbols(of: $0.value, $0.key)) }
        var found: Set<String> = []
        var missing: [String] = []
        for text in wanted.sorted() {
            var symbols = Set(known.map { $0.venue.definition.symbol(text) }).filter { symbol in
                known.contains { $0.symbols.contains(symbol) && $0.venue.definition.symbol(text) == symbol }
            }
            if otherSymbols.contains(text) { symbols.insert(text) }
            if symbols.isEmpty { missing.append(text) }
            found.formUnion(symbols)
        }
        guard !missing.isEmpty else { return found }
        var all = VenueOffer()
        all.symbols = known.reduce(into: otherSymbols) { $0.formUnion($1.symbols) }
        throw BadRequest(description: all.refusal(ofSymbols: missing) ?? "")
    }

    /// Returns symbols with ticks, and symbols of streams without ticks.
    private static func symbols(of offer: VenueOffer, _ venue: Venue) -> Set<String> {
        offer.symbols.union(offer.streams.compactMap { venue.definition.symbol(ofStream: $0) })
    }

    /// Returns the inventory for clients that may see only `symbols`.
    func restricted(to symbols: Set<String>) -> TapeInventory {
        var inventory = self
        for (venue, offer) in offers { inventory.offers[venue] = offer.restricted(to: symbols, at: venue) }
        return inventory
    }
}
