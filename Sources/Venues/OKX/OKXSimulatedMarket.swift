import MarketModel

/// The prices of one simulated instrument, and its messages without the book's.
struct OKXSimulatedMarket: Sendable {
    private let symbol: String
    private var random: SplitMix64
    /// The bid in tenths; the ask is one tenth higher.
    private(set) var bid: Int64
    private var tradeID: Int64
    /// The number of the latest change of the books.
    private(set) var number: Int64

    init(symbol: String, seed: UInt64) {
        self.symbol = symbol
        random = SplitMix64(seed: seed)
        bid = 100_000 + Int64(random.next() % 500_000)
        tradeID = 100_000_000 + Int64(random.next() % 100_000_000)
        number = 1_000_000_000 + Int64(random.next() % 1_000_000_000)
    }

    /// A random number from 0 to `limit` - 1.
    mutating func pick(_ limit: Int64) -> Int64 { Int64(random.next() % UInt64(limit)) }

    /// Moves the price by at most two steps; it never falls below 1000 steps.
    mutating func walk() { bid = max(1000, bid + pick(5) - 2) }

    /// The next number of a change; numbers are not consecutive.
    mutating func nextNumber() -> Int64 {
        number += 1 + pick(4)
        return number
    }

    /// A size with five digits after the point.
    mutating func size() -> String { Self.decimal(1 + pick(999_999), digits: 5) }

    static func price(_ steps: Int64) -> String { decimal(steps, digits: 1) }

    private static func decimal(_ mantissa: Int64, digits: UInt8) -> String {
        FixedDecimal(mantissa: mantissa, digits: digits).description
    }

    /// The data of a message of `channel`, at `time` in milliseconds.
    mutating func data(_ channel: OKXChannel, time: Int64) -> String {
        walk()
        return #""data":[\#(element(channel, time: time))]"#
    }

    private mutating func element(_ channel: OKXChannel, time: Int64) -> String {
        let price = Self.price(bid)
        let ask = Self.price(bid + 1)
        switch channel {
        case .trades:
            tradeID += 1
            let isBuy = pick(2) == 0
            return #"{"instId":"\#(symbol)","tradeId":"\#(tradeID)","px":"\#(isBuy ? ask : price)","sz":"\#(size())","#
                + #""side":"\#(isBuy ? "buy" : "sell")","ts":"\#(time)","count":"1"}"#
        case .tickers:
            return #"{"instType":"\#(OKXKind(symbol: symbol).rawValue)","instId":"\#(symbol)","last":"\#(price)","#
                + #""lastSz":"\#(size())","askPx":"\#(ask)","askSz":"\#(size())","bidPx":"\#(price)","#
                + #""bidSz":"\#(size())","ts":"\#(time)"}"#
        case .candles:
            let minute = time - time % 60_000
            return #"["\#(minute)","\#(price)","\#(ask)","\#(price)","\#(ask)","\#(size())","0","0","0"]"#
        case .fundingRate:
            // Funding is paid every eight hours.
            let payment = (time / 28_800_000 + 1) * 28_800_000
            return #"{"fundingRate":"\#(Self.decimal(pick(2000) - 1000, digits: 7))","fundingTime":"\#(payment)","#
                + #""instId":"\#(symbol)","instType":"SWAP","ts":"\#(time)"}"#
        case .openInterest:
            return #"{"instId":"\#(symbol)","instType":"SWAP","oi":"\#(1_000_000 + pick(1000))","ts":"\#(time)"}"#
        case .indexTickers:
            return #"{"instId":"\#(symbol)","idxPx":"\#(price)","ts":"\#(time)"}"#
        default:
            return #"{"instType":"SWAP","instId":"\#(symbol)","markPx":"\#(price)","ts":"\#(time)"}"#
        }
    }
}
