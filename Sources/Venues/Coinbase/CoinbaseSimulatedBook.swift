import MarketModel

/// A simulated order book, of which the client sees every level.
struct CoinbaseSimulatedBook: Sendable {
    struct Level: Sendable, Hashable {
        /// In ticks of 0.01.
        var price: Int64
        /// In lots of 0.00000001; 0 removes the price.
        var size: Int64
    }

    /// The best price first.
    private(set) var bids: [Level] = []
    private(set) var asks: [Level] = []

    private static let levelsMin = 20
    private static let levelsMax = 200

    init(middle: Int64, using random: inout SplitMix64) {
        var (bid, ask) = (middle, middle + 1)
        for _ in 0..<60 {
            bids.append(Level(price: bid, size: Self.size(random.next())))
            asks.append(Level(price: ask, size: Self.size(random.next())))
            bid -= 1 + Int64(random.next() & 3)
            ask += 1 + Int64(random.next() & 3)
        }
    }

    private static func size(_ random: UInt64) -> Int64 { 1 + Int64(random & 0xFFFF_FFFF) }

    /// Changes one side, and returns what the client must know.
    mutating func change(using random: inout SplitMix64) -> (side: BookSide, level: Level) {
        if random.next() & 1 == 0 {
            return (.bid, Self.change(&bids, step: -1, best: asks[0].price, using: &random))
        }
        return (.ask, Self.change(&asks, step: 1, best: bids[0].price, using: &random))
    }

    /// `best` is the best price of the other side, which no level may reach.
    private static func change(
        _ levels: inout [Level],
        step: Int64,
        best: Int64,
        using random: inout SplitMix64
    ) -> Level {
        let bits = random.next()
        // Most changes are close to the best price.
        let place = Int((bits >> 8) % UInt64(bits & 7 == 0 ? levels.count : min(levels.count, 5)))
        switch (bits >> 40) & 7 {
        case 0 where levels.count > levelsMin:
            return Level(price: levels.remove(at: place).price, size: 0)
        case 1 where levels.count < levelsMax:
            let price = levels[place].price - step
            let isFree = place == 0 ? price != best : price != levels[place - 1].price
            guard isFree else { fallthrough }
            levels.insert(Level(price: price, size: size(random.next())), at: place)
            return levels[place]
        case 2 where levels.count < levelsMin + 40:
            guard let last = levels.last, last.price > 4 || step > 0 else { fallthrough }
            levels.append(Level(price: last.price + step, size: size(random.next())))
            return levels[levels.count - 1]
        default:
            levels[place].size = size(random.next())
            return levels[place]
        }
    }
}
