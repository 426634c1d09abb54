import JSONScanning
import MarketModel

/// The state of one simulated product; it writes events as the venue writes them.
///
/// Prices have two digits after the point, sizes eight; trailing zeros are left out.
struct CoinbaseSimulatedMarket: Sendable {
    /// The JSON string of the product.
    private let product: String
    private var book: CoinbaseSimulatedBook
    private var tradeID: Int64
    private var last: Int64
    private var candle: Candle?

    /// The prices of five minutes, in ticks.
    private struct Candle {
        /// In units of five minutes since 1970.
        var place: Int64
        var (open, high, low, close): (Int64, Int64, Int64, Int64)
        var volume: Int64 = 0
    }

    init(_ product: String, using random: inout SplitMix64) {
        self.product = JSONText.quoted(product)
        tradeID = 1000 + Int64(random.next() % 1_000_000_000)
        book = CoinbaseSimulatedBook(middle: 100_000 + Int64(random.next() % 9_000_000), using: &random)
        last = book.bids[0].price
    }

    private static func price(_ ticks: Int64) -> String { FixedDecimal(mantissa: ticks, digits: 2).canonicalText }
    private static func size(_ lots: Int64) -> String { FixedDecimal(mantissa: lots, digits: 8).canonicalText }

    // MARK: Trades

    /// Two trades at the best bid or ask, the newest first.
    mutating func trades(_ time: UnixNanoseconds, isSnapshot: Bool, using random: inout SplitMix64) -> String {
        let list = (0..<2).map { _ in trade(time, random.next()) }.reversed()
        return #"{"type":"\#(Self.type(isSnapshot))","trades":[\#(list.joined(separator: ","))]}"#
    }

    private mutating func trade(_ time: UnixNanoseconds, _ random: UInt64) -> String {
        tradeID += 1
        let isBuy = random & 1 == 0
        let price = isBuy ? book.asks[0].price : book.bids[0].price
        let size = 1 + Int64(random >> 8 & 0xFF_FFFF)
        note(price, size, time)
        // The side is that of the maker.
        return #"{"product_id":\#(product),"trade_id":"\#(tradeID)","price":"\#(Self.price(price))","#
            + #""size":"\#(Self.size(size))","time":"\#(CoinbaseReply.time(time))","#
            + #""side":"\#(isBuy ? "SELL" : "BUY")"}"#
    }

    private static func type(_ isSnapshot: Bool) -> String { isSnapshot ? "snapshot" : "update" }

    func ticker(isSnapshot: Bool) -> String {
        let (bid, ask) = (book.bids[0], book.asks[0])
        return #"{"type":"\#(Self.type(isSnapshot))","tickers":[{"type":"ticker","product_id":\#(product),"#
            + #""price":"\#(Self.price(last))","best_bid":"\#(Self.price(bid.price))","#
            + #""best_bid_quantity":"\#(Self.size(bid.size))","best_ask":"\#(Self.price(ask.price))","#
            + #""best_ask_quantity":"\#(Self.size(ask.size))"}]}"#
    }

    // MARK: Candles

    private static let interval: Int64 = 300_000_000_000

    private mutating func note(_ price: Int64, _ size: Int64, _ time: UnixNanoseconds) {
        last = price
        var now = currentCandle(time)
        (now.high, now.low, now.close) = (max(now.high, price), min(now.low, price), price)
        now.volume += size
        candle = now
    }

    private func currentCandle(_ time: UnixNanoseconds) -> Candle {
        let place = time.rawValue / Self.interval
        if let candle, candle.place == place { return candle }
        return Candle(place: place, open: last, high: last, low: last, close: last)
    }

    /// The candle of the five minutes; without a trade so far, one at the last price.
    func candle(_ time: UnixNanoseconds, isSnapshot: Bool) -> String {
        let now = currentCandle(time)
        return #"{"type":"\#(Self.type(isSnapshot))","candles":[{"start":"\#(now.place * 300)","#
            + #""high":"\#(Self.price(now.high))","low":"\#(Self.price(now.low))","open":"\#(Self.price(now.open))","#
            + #""close":"\#(Self.price(now.close))","volume":"\#(Self.size(now.volume))","product_id":\#(product)}]}"#
    }

    // MARK: Books

    /// The whole book, or one change of it.
    mutating func book(_ time: UnixNanoseconds, isSnapshot: Bool, using random: inout SplitMix64) -> String {
        let levels: [String]
        if isSnapshot {
            levels = book.bids.map { Self.level(.bid, $0, time) } + book.asks.map { Self.level(.ask, $0, time) }
        } else {
            let change = book.change(using: &random)
            levels = [Self.level(change.side, change.level, time)]
        }
        return #"{"type":"\#(Self.type(isSnapshot))","product_id":\#(product),"#
            + #""updates":[\#(levels.joined(separator: ","))]}"#
    }

    private static func level(_ side: BookSide, _ level: CoinbaseSimulatedBook.Level, _ time: UnixNanoseconds) -> String
    {
        #"{"side":"\#(side == .bid ? "bid" : "offer")","event_time":"\#(CoinbaseReply.time(time))","#
            + #""price_level":"\#(price(level.price))","new_quantity":"\#(size(level.size))"}"#
    }
}
