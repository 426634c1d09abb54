import JSONScanning
import MarketModel

/// The prices of one simulated coin, and its messages.
struct HyperliquidSimulatedMarket: Sendable {
    private static let levelsPerSide: Int64 = 20
    private static let historyCount: Int64 = 3
    private static let minute: Int64 = 60_000

    /// The running candle.
    private struct Candle {
        var start: Int64
        let open: Int64
        var high: Int64
        var low: Int64
        var trades: Int64 = 0
    }

    private let coin: String
    private let isSpot: Bool
    private var random: SplitMix64
    /// The best bid in whole dollars; the best ask is one higher.
    private(set) var bid: Int64
    private var tradeID: Int64
    private var candle: Candle?
    /// The subscription that the last history of trades was for.
    private var historySerial = 0

    init(coin: String, seed: UInt64) {
        self.coin = coin
        isSpot = HyperliquidInstruments.isSpot(coin)
        random = SplitMix64(seed: seed)
        bid = 10_000 + Int64(random.next() % 50_000)
        tradeID = 100_000_000_000 + Int64(random.next() % 100_000_000_000)
    }

    /// A message of `subscription`, at `time` in milliseconds.
    ///
    /// The first one of trades repeats trades from before the subscription, as the venue does.
    mutating func message(_ subscription: HyperliquidSession.Subscription, time: Int64) -> String {
        // The price never falls below 1000 steps.
        bid = max(1000, bid + pick(5) - 2)
        let coin = JSONText.quoted(coin)
        switch subscription.subscription.type {
        case "trades":
            let isHistory = historySerial != subscription.serial
            historySerial = subscription.serial
            return trades(coin, time: time, isHistory: isHistory)
        case "bbo":
            return #"{"channel":"bbo","data":{"coin":\#(coin),"time":\#(time),"bbo":[\#(level(bid)),"#
                + #"\#(level(bid + 1))]}}"#
        case "l2Book":
            let bids = (0..<Self.levelsPerSide).map { level(bid - $0) }.joined(separator: ",")
            let asks = (0..<Self.levelsPerSide).map { level(bid + 1 + $0) }.joined(separator: ",")
            return #"{"channel":"l2Book","data":{"coin":\#(coin),"time":\#(time),"levels":[[\#(bids)],[\#(asks)]]}}"#
        case "candle":
            return candle(coin, subscription.subscription.interval ?? "", time: time)
        default:
            return context(coin)
        }
    }

    var mid: String { "\(bid).5" }

    // MARK: Messages

    private mutating func trades(_ coin: String, time: Int64, isHistory: Bool) -> String {
        let count = isHistory ? Self.historyCount : 1 + pick(2)
        var entries: [String] = []
        for index in 0..<count {
            // Numbers are unique and not consecutive.
            tradeID += 1 + pick(1_000_000)
            let isBuy = pick(2) == 0
            let time = isHistory ? time - (count - index) * 1000 : time
            let hash = Self.hexadecimal(random.next()) + Self.hexadecimal(random.next())
            entries.append(
                #"{"coin":\#(coin),"side":"\#(isBuy ? "B" : "A")","px":"\#(isBuy ? bid + 1 : bid).0","#
                    + #""sz":"\#(size())","time":\#(time),"hash":"0x\#(hash)\#(hash)","tid":\#(tradeID),"#
                    + #""users":["0x\#(hash)00000000","0x\#(hash)00000001"]}"#
            )
        }
        return #"{"channel":"trades","data":[\#(entries.joined(separator: ","))]}"#
    }

    /// Assumes candles of one minute, whatever the interval.
    private mutating func candle(_ coin: String, _ interval: String, time: Int64) -> String {
        let start = time - time % Self.minute
        var candle = candle ?? Candle(start: start, open: bid, high: bid, low: bid)
        if candle.start != start { candle = Candle(start: start, open: bid, high: bid, low: bid) }
        candle.high = max(candle.high, bid)
        candle.low = min(candle.low, bid)
        candle.trades += 1
        self.candle = candle
        return #"{"channel":"candle","data":{"t":\#(start),"T":\#(start + Self.minute - 1),"s":\#(coin),"#
            + #""i":\#(JSONText.quoted(interval)),"o":"\#(candle.open).0","c":"\#(bid).0","h":"\#(candle.high).0","#
            + #""l":"\#(candle.low).0","v":"\#(candle.trades).0","n":\#(candle.trades)}}"#
    }

    private mutating func context(_ coin: String) -> String {
        let common = #""prevDayPx":"\#(bid).0","dayNtlVlm":"1000000.0","markPx":"\#(bid).0","midPx":"\#(mid)""#
        guard !isSpot else {
            return #"{"channel":"activeSpotAssetCtx","data":{"coin":\#(coin),"ctx":{\#(common),"#
                + #""circulatingSupply":"597683272.12003005"}}}"#
        }
        let funding = FixedDecimal(mantissa: pick(5000) - 2500, digits: 10).canonicalText
        return #"{"channel":"activeAssetCtx","data":{"coin":\#(coin),"ctx":{"funding":"\#(funding)","#
            + #""openInterest":"\#(size())","premium":"0.0",\#(common),"oraclePx":"\#(bid + pick(3)).0"}}}"#
    }

    // MARK: Values

    private mutating func level(_ price: Int64) -> String {
        #"{"px":"\#(price).0","sz":"\#(size())","n":\#(1 + pick(9))}"#
    }

    /// A size with one to five digits after the point.
    private mutating func size() -> String {
        let text = FixedDecimal(mantissa: 1 + pick(999_999), digits: 5).canonicalText
        return text.contains(".") ? text : text + ".0"
    }

    /// A random number from 0 to `limit` - 1.
    private mutating func pick(_ limit: Int64) -> Int64 { Int64(random.next() % UInt64(limit)) }

    /// Sixteen digits.
    private static func hexadecimal(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
