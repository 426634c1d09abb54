import FeedrecTestKit
import MarketModel

/// Messages of a market on two connections, drawn from a seed, with everything that could make bars differ.
///
/// Quotes lack a side or both. Prices are negative, 0, and get more digits over time. Trades come singly, as
/// aggregates, and as both in any order; some are administrative, late, or without a venue time.
struct EventScript {
    struct Step {
        let lane: Int
        let tsRecv: UnixNanoseconds
        let texts: [String]
    }

    /// An execution that happened, whichever messages reported it.
    struct Execution {
        let price: FixedDecimal
        let size: FixedDecimal
    }

    static let start: Int64 = 1_767_571_200_000_000_000

    private(set) var steps: [Step] = []
    private(set) var executions: [Execution] = []
    private var random: SplitMix64
    private var now = Self.start
    private var laneTimes = [Self.start, Self.start]
    private var tradeID = 100
    private var aggregateID = 7
    private var updateID = 1

    init(seed: UInt64, rounds: Int = 250) {
        random = SplitMix64(seed: seed)
        // Single trades once, aggregates before them, both together, and a pause between the kinds.
        let kinds = [[false, true], [true, false], [true, true]].shuffled(using: &random)
        let segment = (rounds + 2) / 3
        for round in 0..<rounds {
            if round.isMultiple(of: segment) { now += 20_000_000_000 }
            let kind = kinds[round / segment]
            advance()
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4: appendTrades(singles: kind[0], aggregates: kind[1], round)
            case 5: append([administrative()])
            default: append([quote(round)])
            }
        }
    }

    // MARK: Drawing

    private mutating func advance() {
        now += Int64.random(in: 1...1_500, using: &random) * 1_000_000
    }

    /// Sends messages on one connection, or on both at different times.
    private mutating func append(_ texts: [String]) {
        let lane = Int.random(in: 0...1, using: &random)
        append(texts, lane: lane, at: now)
        guard Int.random(in: 0..<3, using: &random) == 0 else { return }
        // Messages of the other connection may have been received earlier but are read later.
        let other = now + Int64.random(in: -400...400, using: &random) * 1_000_000
        append(texts, lane: 1 - lane, at: other)
    }

    /// Times of one connection never decrease.
    private mutating func append(_ texts: [String], lane: Int, at time: Int64) {
        laneTimes[lane] = max(laneTimes[lane], time)
        steps.append(Step(lane: lane, tsRecv: UnixNanoseconds(laneTimes[lane]), texts: texts))
    }

    private mutating func decimal(_ range: ClosedRange<Int>, _ round: Int) -> String {
        let digitsMax = min(4, round / 40)
        let digits = Int.random(in: 0...digitsMax, using: &random)
        let fraction = (0..<digits).map { _ in "\(Int.random(in: 0...9, using: &random))" }.joined()
        let whole = Int.random(in: range, using: &random)
        return digits == 0 ? "\(whole)" : "\(whole).\(fraction)"
    }

    private mutating func quote(_ round: Int) -> String {
        updateID += 1
        let (bid, ask) = (decimal(-40...60, round), decimal(-40...60, round))
        let side = Int.random(in: 0..<8, using: &random)
        let (b, bidSize) = side == 0 || side == 2 ? ("0.00000000", "0.00000000") : (bid, "1.5")
        let (a, askSize) = side == 1 || side == 2 ? ("0", "0") : (ask, "2")
        return #"{"stream":"btcusdt@bookTicker","data":{"u":\#(updateID),"s":"BTCUSDT","b":"\#(b)","B":"\#(bidSize)","#
            + #""a":"\#(a)","A":"\#(askSize)"}}"#
    }

    private mutating func administrative() -> String {
        tradeID += 1
        let text = SpotSample.trade(id: tradeID, price: "57000", size: "3", time: now / 1_000_000)
        let kind = Int.random(in: 0...2, using: &random)
        if kind == 0 { return text.replacing(#""q":"3""#, with: #""q":"0.00000000""#) }
        return text.replacing(#""M":true"#, with: #""M":true,"X":"\#(kind == 1 ? "NA" : "INSURANCE_FUND")""#)
    }

    private mutating func appendTrades(singles: Bool, aggregates: Bool, _ round: Int) {
        let count = Int.random(in: 1...3, using: &random)
        let price = decimal(-5...50, round)
        let time = eventTime()
        let first = tradeID + 1
        var texts: [String] = []
        var sum: FixedDecimal?
        for _ in 0..<count {
            tradeID += 1
            let size = decimal(1...9, round)
            guard let price = FixedDecimal(price), let quantity = FixedDecimal(size) else { continue }
            executions.append(Execution(price: price, size: quantity))
            sum = sum.map { $0.adding(quantity) } ?? quantity
            if singles {
                texts.append(SpotSample.trade(id: tradeID, price: price.description, size: size, time: time))
            }
        }
        if aggregates, let sum {
            let text = SpotSample.aggregate(
                id: aggregateID,
                trades: first...tradeID,
                price: price,
                size: sum.description,
                time: time
            )
            aggregateID += 1
            texts.insert(text, at: Int.random(in: 0...texts.count, using: &random))
        }
        append(texts.map { text in time == 0 ? text.replacing(#""T":0"#, with: #""T":null"#) : text })
    }

    /// In milliseconds; 0 for none.
    private mutating func eventTime() -> Int64 {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: 0
        case 1: now / 1_000_000 - 3000
        case 2: now / 1_000_000 - 400_000
        default: now / 1_000_000 - Int64.random(in: 0...300, using: &random)
        }
    }
}

extension FixedDecimal {
    /// The exact sum of two small numbers.
    fileprivate func adding(_ other: FixedDecimal) -> FixedDecimal {
        let digits = max(digits, other.digits)
        return FixedDecimal(mantissa: (rescaled(to: digits) ?? 0) + (other.rescaled(to: digits) ?? 0), digits: digits)
    }
}
