import MarketModel

/// One simulated topic: writes its messages as Bybit writes them.
struct BybitSimulatedStream: Sendable {
    enum Content: Sendable, Hashable {
        case trades
        case book(depth: Int)
        case ticker
        /// `minutes` is the length of a kline.
        case bars(minutes: Int64)
        case liquidations

        /// `nil` for topics that are not simulated.
        init?(_ name: String) {
            switch BybitTopic(name).kind {
            case .trades: self = .trades
            case .book(let channel, _):
                guard let depth = channel.split(separator: ".").last.flatMap({ Int($0) }), depth > 0,
                    depth <= BybitSimulatedMarket.depthMax
                else { return nil }
                self = .book(depth: depth)
            case .ticker: self = .ticker
            case .bars:
                let interval = name.split(separator: ".", omittingEmptySubsequences: false)[1]
                guard let minutes = Int64(interval), (1...720).contains(minutes) else { return nil }
                self = .bars(minutes: minutes)
            case .liquidations: self = .liquidations
            case .wallet, .positions, .orders, .executions, .other: return nil
            }
        }
    }

    let topic: String
    let content: Content
    let market: Int
    /// The last number `u` of a book.
    private var number: Int64
    /// What the client knows of the book.
    private var book = BybitSimulatedBook(bidTicks: 0, bids: [], asks: [])
    private var bar: BybitSimulatedBar?
    private var fundingRate: Int64 = 100
    private var openInterest: Int64 = 68_744_761
    /// False until a snapshot is sent to the present subscription.
    var hasSnapshot = false
    var subscriptions = 0

    init(topic: String, content: Content, market: Int, number: Int64) {
        self.topic = topic
        self.content = content
        self.market = market
        self.number = number
    }

    /// Appends the next message; `time` is in milliseconds.
    mutating func write(_ market: inout BybitSimulatedMarket, at time: Int64, to bytes: inout [UInt8]) {
        switch content {
        case .trades: writeTrade(&market, time, &bytes)
        case .book(let depth):
            market.step()
            writeBook(market, depth, time, &bytes)
        case .ticker: writeTicker(&market, time, &bytes)
        case .bars(let minutes): writeBar(market, minutes, time, &bytes)
        case .liquidations: writeLiquidation(&market, time, &bytes)
        }
        hasSnapshot = true
    }

    private func writeHead(_ type: String, _ time: Int64, _ bytes: inout [UInt8]) {
        bytes.append(contentsOf: "{\"topic\":\"\(topic)\",\"ts\":\(time),\"type\":\"\(type)\",\"data\":".utf8)
    }

    // MARK: Trades

    private func writeTrade(_ market: inout BybitSimulatedMarket, _ time: Int64, _ bytes: inout [UInt8]) {
        let isBuy = market.random.next() & 1 == 0
        let lots = 1 + Int64(market.random.next() % 20_000)
        let id = market.product == .spot ? String(market.nextTradeID()) : Self.uuid(&market.random)
        writeHead("snapshot", time, &bytes)
        bytes.append(contentsOf: "[{\"i\":\"\(id)\",\"T\":\(time),\"p\":\"".utf8)
        market.append(price: isBuy ? market.bidTicks + 1 : market.bidTicks, to: &bytes)
        bytes.append(contentsOf: "\",\"v\":\"".utf8)
        market.append(size: lots, to: &bytes)
        bytes.append(contentsOf: "\",\"S\":\"\(isBuy ? "Buy" : "Sell")\",\"seq\":\(market.sequence)".utf8)
        bytes.append(contentsOf: ",\"s\":\"\(market.symbol)\",\"BT\":false,\"RPI\":false}]}".utf8)
    }

    private static func uuid(_ random: inout SplitMix64) -> String {
        let digits = [random.next(), random.next()].map { value in
            let text = String(value, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        let all = Array(digits)
        return [all[0..<8], all[8..<12], all[12..<16], all[16..<20], all[20..<32]]
            .map { String($0) }.joined(separator: "-")
    }

    // MARK: Books

    private mutating func writeBook(
        _ market: BybitSimulatedMarket,
        _ depth: Int,
        _ time: Int64,
        _ bytes: inout [UInt8]
    ) {
        let window = market.window(depth)
        let isSnapshot = !hasSnapshot || depth == 1
        // `orderbook.1` comes again with its number if nothing has changed.
        if depth > 1 || window != book { number += 1 }
        let old = isSnapshot ? BybitSimulatedBook(bidTicks: window.bidTicks, bids: [], asks: []) : book
        writeHead(isSnapshot ? "snapshot" : "delta", time, &bytes)
        bytes.append(contentsOf: "{\"s\":\"\(market.symbol)\",\"b\":[".utf8)
        write(window.changedBids(since: old), market, &bytes)
        bytes.append(contentsOf: "],\"a\":[".utf8)
        write(window.changedAsks(since: old), market, &bytes)
        bytes.append(contentsOf: "],\"u\":\(number),\"seq\":\(market.sequence)},\"cts\":\(time)}".utf8)
        book = window
    }

    private func write(
        _ levels: [(ticks: Int64, size: Int64)],
        _ market: BybitSimulatedMarket,
        _ bytes: inout [UInt8]
    ) {
        for (index, level) in levels.enumerated() {
            bytes.append(contentsOf: index == 0 ? "[\"".utf8 : ",[\"".utf8)
            market.append(price: level.ticks, to: &bytes)
            bytes.append(contentsOf: "\",\"".utf8)
            market.append(size: level.size, to: &bytes)
            bytes.append(contentsOf: "\"]".utf8)
        }
    }

    // MARK: Others

    private mutating func writeTicker(_ market: inout BybitSimulatedMarket, _ time: Int64, _ bytes: inout [UInt8]) {
        market.step()
        let isSnapshot = !hasSnapshot || market.product == .spot
        writeHead(isSnapshot ? "snapshot" : "delta", time, &bytes)
        bytes.append(contentsOf: "{\"symbol\":\"\(market.symbol)\",\"lastPrice\":\"".utf8)
        market.append(price: market.bidTicks, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        if market.product != .spot { writeContract(&market, time, isSnapshot: isSnapshot, &bytes) }
        bytes.append(contentsOf: "},\"cs\":\(market.sequence)}".utf8)
    }

    /// Appends the members of a contract: all in a snapshot, some in a delta.
    private mutating func writeContract(
        _ market: inout BybitSimulatedMarket,
        _ time: Int64,
        isSnapshot: Bool,
        _ bytes: inout [UInt8]
    ) {
        let choice = market.random.next()
        for (bit, name, ticks) in [(1, "markPrice", market.bidTicks), (2, "indexPrice", market.bidTicks + 3)] {
            guard isSnapshot || choice & UInt64(bit) != 0 else { continue }
            bytes.append(contentsOf: ",\"\(name)\":\"".utf8)
            market.append(price: ticks, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        if isSnapshot || choice & 4 != 0 {
            openInterest += Int64(choice >> 8 % 2001) % 1001
            let interest = FixedDecimal(mantissa: openInterest, digits: 3)
            bytes.append(contentsOf: ",\"openInterest\":\"\(interest)\"".utf8)
        }
        if isSnapshot || choice & 0xF0 == 0 {
            fundingRate = 50 + Int64(choice >> 16 & 0x7F)
            let rate = FixedDecimal(mantissa: fundingRate, digits: 6)
            bytes.append(contentsOf: ",\"fundingRate\":\"\(rate)\"".utf8)
        }
        if isSnapshot {
            let eightHours: Int64 = 28_800_000
            let next = (time / eightHours + 1) * eightHours
            bytes.append(contentsOf: ",\"nextFundingTime\":\"\(next)\"".utf8)
        }
    }

    private mutating func writeBar(
        _ market: BybitSimulatedMarket,
        _ minutes: Int64,
        _ time: Int64,
        _ bytes: inout [UInt8]
    ) {
        let length = minutes * 60_000
        let start = time - time % length
        var current = bar ?? BybitSimulatedBar(start: start, ticks: market.bidTicks)
        let isClosed = current.start < start
        if !isClosed { current.add(market.bidTicks) }
        writeHead("snapshot", time, &bytes)
        bytes.append(contentsOf: "[{\"start\":\(current.start),\"end\":\(current.start + length - 1)".utf8)
        bytes.append(contentsOf: ",\"interval\":\"\(minutes)\"".utf8)
        let prices = [("open", current.open), ("close", current.close), ("high", current.high), ("low", current.low)]
        for (name, ticks) in prices {
            bytes.append(contentsOf: ",\"\(name)\":\"".utf8)
            market.append(price: ticks, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(contentsOf: ",\"volume\":\"\(current.count)\",\"turnover\":\"\(current.count)\"".utf8)
        bytes.append(contentsOf: ",\"confirm\":\(isClosed),\"timestamp\":\(time)}]}".utf8)
        bar = isClosed ? BybitSimulatedBar(start: start, ticks: market.bidTicks) : current
    }

    private func writeLiquidation(_ market: inout BybitSimulatedMarket, _ time: Int64, _ bytes: inout [UInt8]) {
        let isLong = market.random.next() & 1 == 0
        let lots = 1 + Int64(market.random.next() % 20_000)
        writeHead("snapshot", time, &bytes)
        bytes.append(contentsOf: "[{\"T\":\(time),\"s\":\"\(market.symbol)\",\"S\":\"\(isLong ? "Buy" : "Sell")\"".utf8)
        bytes.append(contentsOf: ",\"v\":\"".utf8)
        market.append(size: lots, to: &bytes)
        bytes.append(contentsOf: "\",\"p\":\"".utf8)
        market.append(price: isLong ? market.bidTicks : market.bidTicks + 1, to: &bytes)
        bytes.append(contentsOf: "\"}]}".utf8)
    }
}

/// A kline of bids that is being built.
struct BybitSimulatedBar: Sendable {
    /// In milliseconds.
    let start: Int64
    let open: Int64
    private(set) var high: Int64
    private(set) var low: Int64
    private(set) var close: Int64
    private(set) var count: Int64 = 0

    init(start: Int64, ticks: Int64) {
        self.start = start
        (open, high, low, close) = (ticks, ticks, ticks, ticks)
    }

    mutating func add(_ ticks: Int64) {
        (high, low, close) = (max(high, ticks), min(low, ticks), ticks)
        count += 1
    }
}
