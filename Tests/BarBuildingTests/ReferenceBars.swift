import BarBuilding
import MarketModel

/// A tick of either kind for one instrument.
struct TestTick {
    enum Kind {
        case quote(QuoteTick)
        case trade(TradeTick)
    }

    var series: Int
    var time: Int64
    var source: BarTimeSource
    var kind: Kind
}

/// Identifies a bar among all bars of a builder.
struct BarKey: Hashable {
    let instrumentID: Int64
    let side: BarSide
    let interval: BarInterval
    let tsOpen: Int64

    init(_ bar: Bar) {
        instrumentID = bar.instrumentID
        side = bar.side
        interval = bar.interval
        tsOpen = bar.tsOpen
    }
}

/// The values of a bar beyond its ``BarKey``.
struct BarFacts: Equatable {
    var tsClose: Int64
    var prices: [Int64]
    var tickCount: Int64
    var volume: Int64?
    var takerBuyVolume: Int64?
    var notional: Int128?
    var isComplete: Bool
    var timeSource: BarTimeSource
}

extension BarFacts {
    init(_ bar: Bar) {
        tsClose = bar.tsClose
        prices = [bar.open, bar.high, bar.low, bar.close]
        tickCount = bar.tickCount
        volume = bar.volume
        takerBuyVolume = bar.takerBuyVolume
        notional = bar.notional
        isComplete = bar.isComplete
        timeSource = bar.timeSource
    }
}

/// The definition of a bar, literal and slow: keep all ticks, sort by (time, arrival), then visit each interval.
struct ReferenceBars {
    private struct Price {
        let value: Int64
        let time: Int64
        let source: BarTimeSource
        let trade: TradeTick?
    }

    private struct Stream: Hashable {
        let instrumentID: Int64
        let isTrade: Bool
        let interval: BarInterval
    }

    let intervals: [BarInterval]
    /// Ticks refused by at least one interval.
    private(set) var lateTicks: Int64 = 0
    private var starts: [Stream: Set<Int64>] = [:]
    private var prices: [BarKey: [Price]] = [:]

    init(intervals: [BarInterval]) {
        self.intervals = intervals
    }

    mutating func add(_ tick: TestTick, instrumentID: Int64) {
        var isLate = false
        for interval in intervals {
            let start = floorDivided(tick.time, by: interval.nanoseconds) * interval.nanoseconds
            let isTrade = if case .trade = tick.kind { true } else { false }
            let stream = Stream(instrumentID: instrumentID, isTrade: isTrade, interval: interval)
            // A bar can change while fewer than 128 bars of its series are younger.
            guard starts[stream, default: []].count(where: { $0 > start }) < 128 else {
                isLate = true
                continue
            }
            starts[stream, default: []].insert(start)
            switch tick.kind {
            case .quote(let quote):
                append(quote.bidPrice, tick, nil, .bid, stream, start)
                append(quote.askPrice, tick, nil, .ask, stream, start)
            case .trade(let trade):
                append(trade.price, tick, trade, .trade, stream, start)
            }
        }
        lateTicks += isLate ? 1 : 0
    }

    /// All bars; those whose range satisfies `isCovered` are complete.
    func bars(isCovered: (Range<Int64>) -> Bool) -> [BarKey: BarFacts] {
        var bars: [BarKey: BarFacts] = [:]
        for (key, arrived) in prices {
            // The offsets make the sort stable.
            let ordered = arrived.enumerated()
                .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
                .map(\.element)
            let values = ordered.map(\.value)
            let trades = ordered.compactMap(\.trade)
            let buys = trades.filter { $0.aggressorSide == .buyer }
            let isTrade = key.side == .trade
            let tsClose = key.tsOpen + key.interval.nanoseconds
            bars[key] = BarFacts(
                tsClose: tsClose,
                prices: [values.first, values.max(), values.min(), values.last].compactMap { $0 },
                tickCount: Int64(ordered.count),
                volume: isTrade ? trades.map(\.size).reduce(0, +) : nil,
                takerBuyVolume: isTrade ? buys.map(\.size).reduce(0, +) : nil,
                notional: isTrade ? trades.map { Int128($0.price) * Int128($0.size) }.reduce(0, +) : nil,
                isComplete: isCovered(key.tsOpen..<tsClose),
                timeSource: ordered.contains { $0.source == .recv } ? .recv : .event
            )
        }
        return bars
    }

    private mutating func append(
        _ value: Int64,
        _ tick: TestTick,
        _ trade: TradeTick?,
        _ side: BarSide,
        _ stream: Stream,
        _ start: Int64
    ) {
        let key = BarKey(
            instrumentID: stream.instrumentID,
            side: side,
            interval: stream.interval,
            tsOpen: start
        )
        prices[key, default: []].append(Price(value: value, time: tick.time, source: tick.source, trade: trade))
    }

    private func floorDivided(_ time: Int64, by divisor: Int64) -> Int64 {
        let quotient = time / divisor
        return quotient * divisor > time ? quotient - 1 : quotient
    }
}

extension BarKey {
    fileprivate init(instrumentID: Int64, side: BarSide, interval: BarInterval, tsOpen: Int64) {
        self.instrumentID = instrumentID
        self.side = side
        self.interval = interval
        self.tsOpen = tsOpen
    }
}
