import MarketModel

/// A simulated order book with more levels than its client sees.
struct KrakenSimulatedBook: Sendable {
    struct Level: Sendable, Hashable {
        /// In ticks of 0.1.
        var price: Int64
        /// In lots of 0.00000001; 0 removes the price.
        var size: Int64
    }

    /// The best price first.
    ///
    /// Each side has at least one level below the depth of its client.
    private(set) var bids: [Level]
    private(set) var asks: [Level]
    private var depth = KrakenDepth.standard

    init(middle: Int64, using random: inout SplitMix64) {
        bids = [Level(price: middle, size: Self.size(random.next()))]
        asks = [Level(price: middle + 1, size: Self.size(random.next()))]
        deepen(to: depth, using: &random)
    }

    private static func size(_ random: UInt64) -> Int64 { 1 + Int64(random & 0xFFFF_FFFF) }

    /// Sets the depth that the client sees, and adds levels if there are too few.
    mutating func deepen(to depth: Int, using random: inout SplitMix64) {
        self.depth = depth
        Self.deepen(&bids, to: depth + 1, step: -1, using: &random)
        Self.deepen(&asks, to: depth + 1, step: 1, using: &random)
    }

    private static func deepen(
        _ levels: inout [Level],
        to count: Int,
        step: Int64,
        using random: inout SplitMix64
    ) {
        while levels.count < count, let last = levels.last {
            let bits = random.next()
            // A price is never 0 or less.
            guard last.price > 4 || step > 0 else { return }
            levels.append(Level(price: last.price + step * (1 + Int64((bits >> 33) & 3)), size: size(bits)))
        }
    }

    /// Changes one side, and returns what the client must know: new sizes, and 0 for a price that has gone.
    mutating func change(using random: inout SplitMix64) -> (side: BookSide, changed: [Level]) {
        let side: BookSide = random.next() & 1 == 0 ? .bid : .ask
        let changed: [Level]
        if side == .bid {
            changed = Self.change(&bids, depth: depth, step: -1, best: asks[0].price, using: &random)
        } else {
            changed = Self.change(&asks, depth: depth, step: 1, best: bids[0].price, using: &random)
        }
        return (side, changed)
    }

    /// `best` is the best price of the other side, which no level may reach.
    private static func change(
        _ levels: inout [Level],
        depth: Int,
        step: Int64,
        best: Int64,
        using random: inout SplitMix64
    ) -> [Level] {
        let bits = random.next()
        let visible = min(depth, levels.count)
        // Most changes are close to the best price.
        let place = Int((bits >> 8) % UInt64(bits & 7 == 0 ? visible : min(visible, 5)))
        switch (bits >> 40) & 7 {
        case 0 where levels.count > 5:
            let gone = Level(price: levels.remove(at: place).price, size: 0)
            deepen(&levels, to: depth + 1, step: step, using: &random)
            return visible == depth && levels.count >= depth ? [gone, levels[depth - 1]] : [gone]
        case 1:
            let price = levels[place].price - step
            let isFree = place == 0 ? price != best : price != levels[place - 1].price
            guard isFree else { fallthrough }
            let new = Level(price: price, size: size(random.next()))
            levels.insert(new, at: place)
            if levels.count > depth + 50 { levels.removeLast() }
            return [new]
        default:
            levels[place].size = size(random.next())
            return [levels[place]]
        }
    }

    /// CRC-32 of the best 10 levels: asks, then bids, each price and size without its point and leading zeros.
    var checksum: UInt32 {
        var text: [UInt8] = []
        for level in asks.prefix(10) + bids.prefix(10) {
            text.append(contentsOf: String(level.price).utf8)
            text.append(contentsOf: String(level.size).utf8)
        }
        return ~text.reduce(UInt32.max) { Self.table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
    }

    /// The table of CRC-32 (IEEE 802.3): reflected polynomial 0xEDB88320.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
    }
}
