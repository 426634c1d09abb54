import MarketModel

/// One topic of a connection, and what is known of it.
struct BybitTopicState: Sendable {
    let name: String
    let topic: BybitTopic
    let symbol: SymbolIndex?
    /// The order book of the topic; `nil` for other topics.
    let book: BookIndex?
    var isDelivered = false
    /// The best prices of `orderbook.1`; `nil` before its first snapshot.
    var best: BybitBest?
    /// What the deltas of a ticker change.
    var ticker = BybitTickerState()

    init(name: String, symbols: inout SymbolTable, books: inout BookTable) {
        self.name = name
        topic = BybitTopic(name)
        let symbol = topic.symbol.map { symbols.intern($0) }
        self.symbol = symbol
        guard let symbol, case .book(let channel, let isBest) = topic.kind else {
            book = nil
            return
        }
        book = books.intern(symbol, channel: channel, rule: isBest ? Self.bestRule : Self.deepRule)
    }

    /// `orderbook.1`: only snapshots, which are pushed again after 3 s without a change.
    private static var bestRule: BookRule {
        var rule = BookRule()
        rule.start = .everyMessage
        rule.depth = 1
        return rule
    }

    /// Deeper books: a snapshot, then changes whose number `u` grows by 1; the venue removes levels that leave the
    /// depth.
    static var deepRule: BookRule {
        var rule = BookRule()
        rule.start = .inBand
        rule.chain = .following
        return rule
    }
}

/// The best bid and ask of one symbol, with their sizes.
struct BybitBest: Sendable, Hashable {
    var bid: BookLevel?
    var ask: BookLevel?

    /// Takes the levels of a snapshot or, with `isChange`, of a change.
    mutating func apply(_ levels: ArraySlice<BookLevel>, isChange: Bool) {
        if !isChange { self = BybitBest() }
        for level in levels {
            switch level.side {
            case .bid: Self.apply(level, isChange: isChange, to: &bid)
            case .ask: Self.apply(level, isChange: isChange, to: &ask)
            }
        }
    }

    private static func apply(_ level: BookLevel, isChange: Bool, to best: inout BookLevel?) {
        if level.size.isZero {
            let isSame = best?.price.withoutTrailingZeros == level.price.withoutTrailingZeros
            if isSame { best = nil }
        } else if isChange || best == nil {
            best = level
        }
    }
}

/// The members of a ticker that belong together but change apart.
struct BybitTickerState: Sendable, Hashable {
    var fundingRate: FixedDecimal?
    var nextFunding: UnixNanoseconds?
}
