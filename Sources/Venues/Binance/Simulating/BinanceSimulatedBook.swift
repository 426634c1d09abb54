import MarketModel

/// The order book of a simulated symbol: 20 levels a side, one tick apart.
///
/// The best levels are those of the market's quotes. The size of a deeper level depends only on its price, so that the
/// book before a change can be computed again.
struct BinanceSimulatedBook: Sendable {
    /// The best prices and their sizes; the ask is one tick above the bid.
    struct Top: Sendable, Hashable {
        var bidTicks: UInt64
        var bidLots: UInt64
        var askLots: UInt64
    }

    /// A level of one side; 0 lots remove it.
    struct Level: Sendable, Hashable {
        var ticks: UInt64
        var lots: UInt64
    }

    static let depth: UInt64 = 20

    /// The levels of a side, the best first.
    static func levels(_ top: Top, isBid: Bool) -> [Level] {
        var levels: [Level] = []
        for step in 0..<depth {
            let ticks = isBid ? top.bidTicks - min(step, top.bidTicks) : top.bidTicks + 1 + step
            guard ticks > 0 else { break }
            let best = isBid ? top.bidLots : top.askLots
            levels.append(Level(ticks: ticks, lots: step == 0 ? best : deepLots(ticks)))
        }
        return levels
    }

    /// What changes a side from `old` to `new`: levels to set, and levels to remove.
    static func changes(from old: Top, to new: Top, isBid: Bool) -> [Level] {
        let before = levels(old, isBid: isBid)
        let after = levels(new, isBid: isBid)
        let removed = before.filter { level in !after.contains { $0.ticks == level.ticks } }
        return after.filter { !before.contains($0) } + removed.map { Level(ticks: $0.ticks, lots: 0) }
    }

    private static func deepLots(_ ticks: UInt64) -> UInt64 {
        1 + (ticks &* 0x9E37_79B9_7F4A_7C15) >> 44
    }
}
