import MarketModel

/// The state of one simulated symbol.
///
/// It writes messages as Binance writes them.
struct BinanceSimulatedMarket: Sendable {
    let market: BinanceMarket
    /// The bid in ticks of 0.01; the ask is one tick higher.
    private var bidTicks: UInt64
    private(set) var updateID: UInt64
    private var tradeID: UInt64
    private var aggregateID: UInt64
    /// The first execution of the next aggregate.
    private var executionID: UInt64
    /// The state that the last change of the book led to, and its number.
    private var book: BinanceSimulatedBook.Top
    private var bookUpdateID: UInt64
    /// The sizes of the last quote, in lots.
    private var sizes: (bid: UInt64, ask: UInt64)
    /// True if quotes move the market; otherwise, changes of the book do.
    var isQuoted = false

    init(_ market: BinanceMarket, using generator: inout SplitMix64) {
        self.market = market
        bidTicks = 10_000 + generator.next() % 9_990_000
        updateID = 50_000_000_000 + generator.next() % 1_000_000_000
        tradeID = 3_000_000_000 + generator.next() % 1_000_000_000
        aggregateID = tradeID / 2
        // The simulated aggregates report executions of their own.
        executionID = tradeID + 1_000_000_000
        sizes = (1 + updateID & 0xF_FFFF, 1 + tradeID & 0xF_FFFF)
        book = BinanceSimulatedBook.Top(bidTicks: bidTicks, bidLots: sizes.bid, askLots: sizes.ask)
        bookUpdateID = updateID
    }

    /// Makes the market of a symbol with a book: its first state depends only on the seed and the symbol, so that it
    /// can be served over HTTP.
    init(_ market: BinanceMarket, seed: UInt64, symbol: String) {
        let hash = symbol.uppercased().utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        var generator = SplitMix64(seed: seed ^ hash)
        self.init(market, using: &generator)
    }

    // MARK: Quotes and trades

    /// Appends `{"u":…,"s":"…","b":"…","B":"…","a":"…","A":"…"}`; futures have `e` and times, too.
    mutating func writeBookTicker(
        of stream: BinanceSimulatedStream,
        at time: Int64,
        _ random: UInt64,
        to bytes: inout [UInt8]
    ) {
        move(random)
        bytes.append(contentsOf: market == .spot ? "{\"u\":".utf8 : "{\"e\":\"bookTicker\",\"u\":".utf8)
        bytes.append(decimal: updateID)
        bytes.append(contentsOf: stream.symbol)
        bytes.append(price: bidTicks, market)
        bytes.append(contentsOf: "\",\"B\":\"".utf8)
        bytes.append(quantity: sizes.bid, market)
        bytes.append(contentsOf: "\",\"a\":\"".utf8)
        bytes.append(price: bidTicks + 1, market)
        bytes.append(contentsOf: "\",\"A\":\"".utf8)
        bytes.append(quantity: sizes.ask, market)
        guard market == .usdm else { return bytes.append(contentsOf: "\"}".utf8) }
        let milliseconds = UInt64(max(0, time))
        bytes.append(contentsOf: "\",\"T\":".utf8)
        bytes.append(decimal: milliseconds)
        bytes.append(contentsOf: ",\"E\":".utf8)
        bytes.append(decimal: milliseconds)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Changes sizes, and sometimes the price.
    private mutating func move(_ random: UInt64) {
        updateID += 1 + random & 7
        // Most updates change only a quantity.
        if random >> 3 & 7 == 0 { walk(up: random >> 6 & 1 == 0) }
        sizes = (1 + random >> 7 & 0xF_FFFF, 1 + random >> 27 & 0xF_FFFF)
    }

    private mutating func walk(up: Bool) {
        // The price never falls to zero, because a price of 0 means an empty side.
        bidTicks = up ? bidTicks + 1 : max(1, bidTicks - 1)
    }

    /// Appends `{"e":"trade","E":…,"s":"…","t":…,"p":"…","q":"…","T":…,"m":…,"M":true}`, times in milliseconds; futures
    /// have `X` instead of `M`.
    mutating func writeTrade(
        of stream: BinanceSimulatedStream,
        at time: Int64,
        _ random: UInt64,
        to bytes: inout [UInt8]
    ) {
        tradeID += 1
        let milliseconds = UInt64(max(0, time))
        bytes.append(contentsOf: "{\"e\":\"trade\",\"E\":".utf8)
        bytes.append(decimal: milliseconds)
        bytes.append(contentsOf: stream.symbol)
        bytes.append(decimal: tradeID)
        writeExecution(milliseconds, random, to: &bytes) { _ in }
    }

    /// Appends an `aggTrade` of one to four executions.
    mutating func writeAggregate(
        of stream: BinanceSimulatedStream,
        at time: Int64,
        _ random: UInt64,
        to bytes: inout [UInt8]
    ) {
        aggregateID += 1
        let first = executionID
        let last = first + random >> 60 & 3
        executionID = last + 1
        let milliseconds = UInt64(max(0, time))
        bytes.append(contentsOf: "{\"e\":\"aggTrade\",\"E\":".utf8)
        bytes.append(decimal: milliseconds)
        bytes.append(contentsOf: stream.symbol)
        bytes.append(decimal: aggregateID)
        writeExecution(milliseconds, random, to: &bytes) { bytes in
            bytes.append(contentsOf: ",\"f\":".utf8)
            bytes.append(decimal: first)
            bytes.append(contentsOf: ",\"l\":".utf8)
            bytes.append(decimal: last)
        }
    }

    /// Appends what trades and aggregates share: `,"p":"…","q":"…","T":…,"m":…}`.
    private func writeExecution(
        _ milliseconds: UInt64,
        _ random: UInt64,
        to bytes: inout [UInt8],
        numbers: (inout [UInt8]) -> Void
    ) {
        let isBuyerMaker = random & 1 == 0
        bytes.append(contentsOf: ",\"p\":\"".utf8)
        bytes.append(price: isBuyerMaker ? bidTicks : bidTicks + 1, market)
        bytes.append(contentsOf: "\",\"q\":\"".utf8)
        bytes.append(quantity: 1 + random >> 7 & 0xF_FFFF, market)
        bytes.append(UInt8(ascii: "\""))
        numbers(&bytes)
        bytes.append(contentsOf: ",\"T\":".utf8)
        bytes.append(decimal: milliseconds)
        bytes.append(contentsOf: isBuyerMaker ? ",\"m\":true".utf8 : ",\"m\":false".utf8)
        bytes.append(contentsOf: market == .spot ? ",\"M\":true}".utf8 : "}".utf8)
    }

    // MARK: Books

    /// Appends a `depthUpdate` with what has changed since the last one.
    mutating func writeDepth(
        of stream: BinanceSimulatedStream,
        at time: Int64,
        _ random: UInt64,
        to bytes: inout [UInt8]
    ) {
        if !isQuoted { move(random) }
        updateID += 1
        let new = BinanceSimulatedBook.Top(bidTicks: bidTicks, bidLots: sizes.bid, askLots: sizes.ask)
        writeDepthHead(of: stream, at: time, to: &bytes)
        write(BinanceSimulatedBook.changes(from: book, to: new, isBid: true), ",\"b\":[", to: &bytes)
        write(BinanceSimulatedBook.changes(from: book, to: new, isBid: false), ",\"a\":[", to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        book = new
        bookUpdateID = updateID
    }

    /// Appends the best levels, which are complete in each message.
    mutating func writePartialDepth(
        _ count: Int,
        of stream: BinanceSimulatedStream,
        at time: Int64,
        to bytes: inout [UInt8]
    ) {
        let top = BinanceSimulatedBook.Top(bidTicks: bidTicks, bidLots: sizes.bid, askLots: sizes.ask)
        if market == .spot {
            bytes.append(contentsOf: "{\"lastUpdateId\":".utf8)
            bytes.append(decimal: updateID)
        } else {
            writeDepthHead(of: stream, at: time, to: &bytes)
        }
        let bids = BinanceSimulatedBook.levels(top, isBid: true).prefix(count)
        let asks = BinanceSimulatedBook.levels(top, isBid: false).prefix(count)
        write(Array(bids), market == .spot ? ",\"bids\":[" : ",\"b\":[", to: &bytes)
        write(Array(asks), market == .spot ? ",\"asks\":[" : ",\"a\":[", to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends `{"e":"depthUpdate","E":…,"s":"…","U":…,"u":…`; futures have `T` and `pu`, too.
    private func writeDepthHead(of stream: BinanceSimulatedStream, at time: Int64, to bytes: inout [UInt8]) {
        let milliseconds = UInt64(max(0, time))
        bytes.append(contentsOf: "{\"e\":\"depthUpdate\",\"E\":".utf8)
        bytes.append(decimal: milliseconds)
        if market == .usdm {
            bytes.append(contentsOf: ",\"T\":".utf8)
            bytes.append(decimal: milliseconds)
        }
        bytes.append(contentsOf: stream.symbol)
        bytes.append(decimal: min(bookUpdateID + 1, updateID))
        bytes.append(contentsOf: ",\"u\":".utf8)
        bytes.append(decimal: updateID)
        if market == .usdm {
            bytes.append(contentsOf: ",\"pu\":".utf8)
            bytes.append(decimal: bookUpdateID)
        }
    }

    /// The answer to a request for the book: its state before the first change.
    func snapshot(limit: Int, at time: Int64) -> [UInt8] {
        var bytes = Array("{\"lastUpdateId\":\(bookUpdateID)".utf8)
        if market == .usdm { bytes.append(contentsOf: ",\"E\":\(time),\"T\":\(time)".utf8) }
        let bids = BinanceSimulatedBook.levels(book, isBid: true).prefix(limit)
        let asks = BinanceSimulatedBook.levels(book, isBid: false).prefix(limit)
        write(Array(bids), ",\"bids\":[", to: &bytes)
        write(Array(asks), ",\"asks\":[", to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private func write(_ levels: [BinanceSimulatedBook.Level], _ start: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: start.utf8)
        for (index, level) in levels.enumerated() {
            bytes.append(contentsOf: index == 0 ? "[\"".utf8 : ",[\"".utf8)
            bytes.append(price: level.ticks, market)
            bytes.append(contentsOf: "\",\"".utf8)
            bytes.append(quantity: level.lots, market)
            bytes.append(contentsOf: "\"]".utf8)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    // MARK: Funding

    /// Appends a `markPriceUpdate`; funding is paid at every full 8 hours.
    func writeMarkPrice(of stream: BinanceSimulatedStream, at time: Int64, to bytes: inout [UInt8]) {
        let milliseconds = UInt64(max(0, time))
        let period: UInt64 = 8 * 3600 * 1000
        bytes.append(contentsOf: "{\"e\":\"markPriceUpdate\",\"E\":".utf8)
        bytes.append(decimal: milliseconds)
        bytes.append(contentsOf: stream.symbol)
        bytes.append(price: bidTicks, .spot)
        bytes.append(contentsOf: "\",\"i\":\"".utf8)
        bytes.append(price: bidTicks + 1, .spot)
        bytes.append(contentsOf: "\",\"P\":\"".utf8)
        bytes.append(price: bidTicks, .spot)
        bytes.append(contentsOf: "\",\"r\":\"0.00010000\",\"T\":".utf8)
        bytes.append(decimal: (milliseconds / period + 1) * period)
        bytes.append(UInt8(ascii: "}"))
    }
}

extension [UInt8] {
    fileprivate mutating func append(decimal value: UInt64) {
        append(digitsOf: value, atLeast: 1)
    }

    /// Appends a price in ticks of 0.01: with eight decimal places in the spot market, otherwise with two.
    fileprivate mutating func append(price ticks: UInt64, _ market: BinanceMarket) {
        append(digitsOf: ticks / 100, atLeast: 1)
        append(UInt8(ascii: "."))
        append(digitsOf: ticks % 100, atLeast: 2)
        if market == .spot { append(contentsOf: "000000".utf8) }
    }

    /// Appends a quantity in lots: of 0.00001 with eight decimal places in the spot market, otherwise of 0.001.
    fileprivate mutating func append(quantity lots: UInt64, _ market: BinanceMarket) {
        let lotsInOne: UInt64 = market == .spot ? 100_000 : 1000
        append(digitsOf: lots / lotsInOne, atLeast: 1)
        append(UInt8(ascii: "."))
        append(digitsOf: lots % lotsInOne, atLeast: market == .spot ? 5 : 3)
        if market == .spot { append(contentsOf: "000".utf8) }
    }

    private mutating func append(digitsOf value: UInt64, atLeast width: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = value
            var start = 20
            while rest > 0 || start > 20 - width {
                start -= 1
                digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }
}
