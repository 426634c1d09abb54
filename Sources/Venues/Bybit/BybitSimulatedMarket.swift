import MarketModel

/// The state of one simulated symbol: a book without holes, whose best bid and ask are one tick apart.
struct BybitSimulatedMarket: Sendable {
    let symbol: String
    let product: BybitProduct
    /// Prices and sizes are counted in ticks and lots.
    private(set) var bidTicks: Int64
    /// Sizes in lots, from the best price on, one tick apart.
    private(set) var bids: [Int64]
    private(set) var asks: [Int64]
    /// The number that orders the venue's changes of the symbol.
    private(set) var sequence: Int64
    private(set) var tradeID: Int64
    var random: SplitMix64
    /// The deepest book that the venue has.
    static let depthMax = 1000

    init(symbol: String, product: BybitProduct, seed: UInt64) {
        self.symbol = symbol
        self.product = product
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in symbol.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var random = SplitMix64(seed: seed ^ hash)
        bidTicks = 10_000 + Int64(random.next() % 990_000)
        sequence = 2_000_000_000 + Int64(random.next() % 100_000_000)
        tradeID = 2_100_000_000_000_000_000 + Int64(random.next() % 1_000_000_000)
        bids = (0..<Self.depthMax).map { _ in Self.size(&random) }
        asks = (0..<Self.depthMax).map { _ in Self.size(&random) }
        self.random = random
    }

    private static func size(_ random: inout SplitMix64) -> Int64 { 1 + Int64(random.next() % 400_000) }

    /// The first number of a new stream.
    mutating func startNumber() -> Int64 { 1_000_000 + Int64(random.next() % 9_000_000) }

    mutating func nextTradeID() -> Int64 {
        // The venue skips numbers.
        tradeID += 1 + Int64(random.next() % 4)
        return tradeID
    }

    /// Changes one to three sizes near the best prices, and now and then moves the price by one tick.
    mutating func step() {
        sequence += 1 + Int64(random.next() % 8)
        for _ in 0...random.next() % 3 {
            let place = Int(random.next() % 40)
            let size = Self.size(&random)
            if random.next() & 1 == 0 { bids[place] = size } else { asks[place] = size }
        }
        switch random.next() % 16 {
        case 0: rise()
        // Every price of the deepest book stays above zero.
        case 1 where bidTicks > Int64(Self.depthMax) * 2: fall()
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

    /// The best `depth` levels of both sides.
    func window(_ depth: Int) -> BybitSimulatedBook {
        BybitSimulatedBook(bidTicks: bidTicks, bids: Array(bids.prefix(depth)), asks: Array(asks.prefix(depth)))
    }

    // MARK: Texts

    /// Appends a price: ticks of 0.1, on linear with two digits.
    func append(price ticks: Int64, to bytes: inout [UInt8]) {
        bytes.append(number: ticks / 10)
        let tenths = UInt8(truncatingIfNeeded: ticks % 10) + 0x30
        if product == .spot {
            // Spot leaves out trailing zeros.
            if tenths != 0x30 { bytes.append(contentsOf: [UInt8(ascii: "."), tenths]) }
        } else {
            bytes.append(contentsOf: [UInt8(ascii: "."), tenths, 0x30])
        }
    }

    /// Appends a size: lots of 0.000001 on spot, without trailing zeros, and of 0.001 on linear.
    func append(size lots: Int64, to bytes: inout [UInt8]) {
        let digits: UInt8 = product == .spot ? 6 : 3
        let size = FixedDecimal(mantissa: lots, digits: digits)
        bytes.append(contentsOf: (product == .spot ? size.withoutTrailingZeros : size).description.utf8)
    }
}

/// A part of a simulated book.
struct BybitSimulatedBook: Sendable, Hashable {
    var bidTicks: Int64
    var bids: [Int64]
    var asks: [Int64]

    /// The size of a bid; 0 if the price is not in this part.
    func bid(_ ticks: Int64) -> Int64 { Self.size(bids, bidTicks - ticks) }

    /// The size of an ask; 0 if the price is not in this part.
    func ask(_ ticks: Int64) -> Int64 { Self.size(asks, ticks - bidTicks - 1) }

    private static func size(_ sizes: [Int64], _ place: Int64) -> Int64 {
        place >= 0 && place < sizes.count ? sizes[Int(place)] : 0
    }

    /// The bids that differ from those of `old`, as ticks and sizes; size 0 for those that have left.
    func changedBids(since old: BybitSimulatedBook) -> [(ticks: Int64, size: Int64)] {
        let low = min(bidTicks - Int64(bids.count), old.bidTicks - Int64(old.bids.count)) + 1
        let all = stride(from: max(bidTicks, old.bidTicks), through: low, by: -1)
        return all.filter { bid($0) != old.bid($0) }.map { ($0, bid($0)) }
    }

    /// The asks that differ from those of `old`; see ``changedBids(since:)``.
    func changedAsks(since old: BybitSimulatedBook) -> [(ticks: Int64, size: Int64)] {
        let high = max(bidTicks + Int64(asks.count), old.bidTicks + Int64(old.asks.count))
        let all = stride(from: min(bidTicks, old.bidTicks) + 1, through: high, by: 1)
        return all.filter { ask($0) != old.ask($0) }.map { ($0, ask($0)) }
    }
}

extension [UInt8] {
    mutating func append(number: Int64) { append(contentsOf: String(number).utf8) }
}
