import MarketModel

/// The state of one simulated instrument: a book without holes, whose best bid and ask are one tick apart.
struct DeribitSimulatedMarket: Sendable {
    let symbol: String
    /// Options have smaller prices and amounts.
    let isOption: Bool
    /// Prices and sizes are counted in ticks and lots.
    private(set) var bidTicks: Int64
    /// Sizes in lots, from the best price on, one tick apart.
    private(set) var bids: [Int64]
    private(set) var asks: [Int64]
    /// The number of the last change, which jumps.
    private(set) var changeID: Int64
    /// The number of the last trade, which does not.
    private(set) var tradeSequence: Int64
    private(set) var tradeID: Int64
    var random: SplitMix64
    static let depth = 40

    init(symbol: String, seed: UInt64) {
        self.symbol = symbol
        isOption = symbol.hasSuffix("-C") || symbol.hasSuffix("-P")
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in symbol.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var random = SplitMix64(seed: seed ^ hash)
        bidTicks = isOption ? 100 + Int64(random.next() % 900) : 10_000 + Int64(random.next() % 190_000)
        changeID = 33_000_000_000 + Int64(random.next() % 1_000_000_000)
        tradeSequence = 1_000_000 + Int64(random.next() % 9_000_000)
        tradeID = 400_000_000 + Int64(random.next() % 1_000_000)
        bids = (0..<Self.depth).map { _ in Self.size(&random) }
        asks = (0..<Self.depth).map { _ in Self.size(&random) }
        self.random = random
    }

    private static func size(_ random: inout SplitMix64) -> Int64 { 1 + Int64(random.next() % 26_000) }

    /// The numbers of a new trade.
    mutating func nextTrade() -> (sequence: Int64, id: Int64) {
        tradeSequence += 1
        // The venue numbers the trades of all instruments together.
        tradeID += 1 + Int64(random.next() % 4)
        return (tradeSequence, tradeID)
    }

    /// Changes one to three sizes near the best prices, and now and then moves the price by one tick.
    mutating func step() {
        changeID += 1 + Int64(random.next() % 300)
        for _ in 0...random.next() % 3 {
            let place = Int(random.next() % 20)
            let size = Self.size(&random)
            if random.next() & 1 == 0 { bids[place] = size } else { asks[place] = size }
        }
        switch random.next() % 16 {
        case 0: rise()
        // Every price of the book stays above zero.
        case 1 where bidTicks > Int64(Self.depth) * 2: fall()
        default: break
        }
    }

    private mutating func rise() {
        bidTicks += 1
        asks.removeFirst()
        asks.append(Self.size(&random))
        bids.removeLast()
        bids.insert(Self.size(&random), at: 0)
    }

    private mutating func fall() {
        bidTicks -= 1
        bids.removeFirst()
        bids.append(Self.size(&random))
        asks.removeLast()
        asks.insert(Self.size(&random), at: 0)
    }

    /// The bids with their prices, the best first.
    var bidLevels: [DeribitSimulatedLevel] {
        bids.enumerated().map { DeribitSimulatedLevel(ticks: bidTicks - Int64($0.offset), lots: $0.element) }
    }

    /// The asks with their prices, the best first.
    var askLevels: [DeribitSimulatedLevel] {
        asks.enumerated().map { DeribitSimulatedLevel(ticks: bidTicks + 1 + Int64($0.offset), lots: $0.element) }
    }

    // MARK: Texts

    /// A price: ticks of 0.5, or of 0.0005 for options.
    func price(_ ticks: Int64) -> String {
        Self.text(FixedDecimal(mantissa: ticks * 5, digits: isOption ? 4 : 1))
    }

    /// An amount: lots of 10 dollars, or of 0.1 coins for options.
    func amount(_ lots: Int64) -> String {
        Self.text(isOption ? FixedDecimal(mantissa: lots, digits: 1) : FixedDecimal(mantissa: lots * 10, digits: 0))
    }

    /// The venue leaves out trailing zeros, except the first.
    private static func text(_ decimal: FixedDecimal) -> String {
        let short = decimal.withoutTrailingZeros
        return short.digits == 0 ? "\(short).0" : short.description
    }
}

/// A price of a simulated book, in ticks, and its size in lots.
struct DeribitSimulatedLevel: Sendable, Hashable {
    let ticks: Int64
    let lots: Int64

    /// The levels in `new` that differ from `old`, and those that have left, as `(action, ticks, lots)`.
    static func changes(
        from old: [DeribitSimulatedLevel],
        to new: [DeribitSimulatedLevel]
    ) -> [(action: String, level: DeribitSimulatedLevel)] {
        let known = Dictionary(old.map { ($0.ticks, $0.lots) }, uniquingKeysWith: { first, _ in first })
        let kept = Set(new.map(\.ticks))
        var changes: [(action: String, level: DeribitSimulatedLevel)] = []
        for level in new where known[level.ticks] != level.lots {
            changes.append((known[level.ticks] == nil ? "new" : "change", level))
        }
        for level in old where !kept.contains(level.ticks) {
            changes.append(("delete", DeribitSimulatedLevel(ticks: level.ticks, lots: 0)))
        }
        return changes
    }
}
