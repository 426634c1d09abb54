import MarketModel

/// The order books of a connection to Kraken, of either version of its interface.
struct KrakenBooks: Sendable {
    private(set) var table = BookTable()
    /// The depth of a book of which neither a statement of the venue nor a snapshot is known.
    var depthOfUnknown = KrakenDepth.standard
    /// By symbol index: the latest book of the symbol, and its depth.
    private var latest: [Latest?] = []

    private struct Latest {
        var book: BookIndex
        var depth: Int
        /// True if the venue stated the depth, false if it was inferred from a snapshot.
        var isStated: Bool
    }

    private static func rule(depth: Int) -> BookRule {
        var rule = BookRule()
        rule.checksum = .sides
        rule.depth = depth
        return rule
    }

    /// The latest book of `symbol`; `nil` if it has none.
    func find(_ symbol: SymbolIndex) -> BookIndex? {
        let index = Int(symbol.value)
        return index < latest.count ? latest[index]?.book : nil
    }

    /// The depth that the venue stated for `symbol`, or that its first snapshot shows.
    func depth(of symbol: SymbolIndex) -> Int? {
        let index = Int(symbol.value)
        return index < latest.count ? latest[index]?.depth : nil
    }

    /// Returns the book of `symbol` on `channel`, with a depth that the venue stated.
    mutating func book(of symbol: SymbolIndex, channel: @autoclosure () -> String, depth: Int) -> BookIndex {
        let index = Int(symbol.value)
        if index < latest.count, let known = latest[index], known.isStated, known.depth == depth { return known.book }
        return set(symbol, channel(), depth, isStated: true)
    }

    /// Returns the book of `symbol` on `channel`; a snapshot of `snapshotLevels` a side shows an unknown depth.
    mutating func book(
        of symbol: SymbolIndex,
        channel: @autoclosure () -> String,
        snapshotLevels: Int?
    ) -> BookIndex {
        let index = Int(symbol.value)
        let known = index < latest.count ? latest[index] : nil
        if let known, known.isStated || snapshotLevels == nil { return known.book }
        let depth = snapshotLevels.map(KrakenDepth.fitting) ?? depthOfUnknown
        return set(symbol, channel(), depth, isStated: false)
    }

    private mutating func set(_ symbol: SymbolIndex, _ channel: String, _ depth: Int, isStated: Bool) -> BookIndex {
        let book = table.intern(symbol, channel: channel, rule: Self.rule(depth: depth))
        while latest.count <= Int(symbol.value) { latest.append(nil) }
        latest[Int(symbol.value)] = Latest(book: book, depth: depth, isStated: isStated)
        return book
    }

    /// Reports that a message of unknown content was lost, for every book.
    func appendHoles(_ origin: EventOrigin, to events: inout MarketEvents) {
        for index in table.entries.indices {
            let book = BookIndex(Int32(truncatingIfNeeded: index))
            events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .connectionHole))
        }
    }
}
