import MarketModel

/// One simulated order book: snapshots and changes with right numbers and checksums.
struct OKXSimulatedBook: Sendable {
    private static let levelsPerSide = 30
    private static let depthMax = 40

    /// The subscription that the last snapshot was for.
    var serial = 0
    /// Sizes by price in tenths.
    private var bids: [Int64: String] = [:]
    private var asks: [Int64: String] = [:]
    private var last: Int64

    init(market: OKXSimulatedMarket) {
        last = market.number
    }

    /// The members of the next message after its argument.
    mutating func next(
        _ channel: OKXChannel,
        isSnapshot: Bool,
        _ market: inout OKXSimulatedMarket,
        time: Int64
    ) -> String {
        let change = step(&market)
        let previous = isSnapshot ? -1 : last
        last = market.nextNumber()
        switch channel {
        case .bestPrices, .book5:
            let depth = channel == .bestPrices ? 1 : 5
            return #""data":[{"asks":\#(Self.list(top(.ask, depth))),"bids":\#(Self.list(top(.bid, depth))),"#
                + #""ts":"\#(time)","seqId":\#(last)}]"#
        default:
            let asks = isSnapshot ? top(.ask, .max) : change.asks
            let bids = isSnapshot ? top(.bid, .max) : change.bids
            return #""action":"\#(isSnapshot ? "snapshot" : "update")","data":[{"asks":\#(Self.list(asks)),"#
                + #""bids":\#(Self.list(bids)),"ts":"\#(time)","checksum":\#(checksum),"#
                + #""prevSeqId":\#(previous),"seqId":\#(last)}]"#
        }
    }

    /// A price in tenths, and its size.
    private typealias Level = (price: Int64, size: String)

    /// Changes some levels; returns them, with the size `0` for those that are gone.
    private mutating func step(_ market: inout OKXSimulatedMarket) -> (bids: [Level], asks: [Level]) {
        market.walk()
        var (bidChanges, askChanges): ([Int64: String], [Int64: String]) = ([:], [:])
        // Levels on the wrong side of the market are gone.
        for price in bids.keys where price > market.bid { bidChanges[price] = "0" }
        for price in asks.keys where price <= market.bid { askChanges[price] = "0" }
        let count = bids.isEmpty ? Self.levelsPerSide : 3
        for index in 0..<count {
            let distance = bids.isEmpty ? Int64(index) : market.pick(Int64(Self.levelsPerSide))
            bidChanges[market.bid - distance] = market.size()
            askChanges[market.bid + 1 + distance] = market.size()
        }
        // The best prices are those of the market.
        if bids[market.bid] == nil { bidChanges[market.bid] = market.size() }
        if asks[market.bid + 1] == nil { askChanges[market.bid + 1] = market.size() }
        // The venue removes what leaves the depth.
        for price in bids.keys where price < market.bid - Int64(Self.depthMax) { bidChanges[price] = "0" }
        for price in asks.keys where price > market.bid + Int64(Self.depthMax) { askChanges[price] = "0" }
        Self.apply(bidChanges, to: &bids)
        Self.apply(askChanges, to: &asks)
        return (
            bidChanges.sorted { $0.key > $1.key }.map { ($0.key, $0.value) },
            askChanges.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        )
    }

    private static func apply(_ changes: [Int64: String], to side: inout [Int64: String]) {
        for (price, size) in changes { side[price] = size == "0" ? nil : size }
    }

    private func top(_ side: BookSide, _ depth: Int) -> [Level] {
        let levels = side == .bid ? bids.sorted { $0.key > $1.key } : asks.sorted { $0.key < $1.key }
        return levels.prefix(depth).map { ($0.key, $0.value) }
    }

    private static func list(_ levels: [Level]) -> String {
        let texts = levels.map { #"["\#(OKXSimulatedMarket.price($0.price))","\#($0.size)","0","1"]"# }
        return "[" + texts.joined(separator: ",") + "]"
    }

    /// CRC-32 of the best 25 levels, bids and asks in turns, as a signed number.
    private var checksum: Int32 {
        let (bids, asks) = (top(.bid, 25), top(.ask, 25))
        var parts: [String] = []
        for index in 0..<max(bids.count, asks.count) {
            for side in [bids, asks] where index < side.count {
                parts.append("\(OKXSimulatedMarket.price(side[index].price)):\(side[index].size)")
            }
        }
        return Int32(bitPattern: Self.crc32(parts.joined(separator: ":").utf8))
    }

    /// The checksum of gzip and Ethernet (polynomial 0xEDB88320).
    static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var checksum = UInt32.max
        for byte in bytes {
            checksum ^= UInt32(byte)
            for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 0 ? 0 : 0xEDB8_8320) }
        }
        return ~checksum
    }
}
