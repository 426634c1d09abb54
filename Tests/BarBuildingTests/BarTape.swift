import BarBuilding
import MarketModel

/// A builder with two instruments, and the knowledge of a reader of its bars.
struct BarTape {
    static let instrumentIDs: [Int64] = [7, -9]

    var builder: BarBuilder
    /// The last returned state of every bar.
    private(set) var bars: [BarKey: BarFacts] = [:]
    private let series: [BarBuilder.SeriesIndex]
    private var arrived: Int64 = 0

    init(intervals: [BarInterval]) {
        var builder = BarBuilder(intervals: intervals)
        series = Self.instrumentIDs.map {
            builder.addSeries(BarInstrument(id: $0, priceDigits: 2, sizeDigits: 0))
        }
        self.builder = builder
    }

    mutating func add(_ tick: TestTick) {
        let time = UnixNanoseconds(tick.time)
        let arrival = TickArrival(tsRecv: time, messageIndex: arrived, item: 0)
        arrived += 1
        switch tick.kind {
        case .quote(let quote):
            builder.add(quote, to: series[tick.series], tsEvent: tick.source == .event ? time : nil, arrival: arrival)
        case .trade(let trade):
            builder.add(trade, to: series[tick.series], tsEvent: tick.source == .event ? time : nil, arrival: arrival)
        }
    }

    /// A trade of size 1 in the first instrument.
    mutating func trade(_ price: Int64, at time: Int64) {
        let trade = TradeTick(price: price, size: 1, aggressorSide: nil)
        add(TestTick(series: 0, time: time, source: .event, kind: .trade(trade)))
    }

    /// Takes the changed bars, in the builder's order.
    @discardableResult
    mutating func take() -> [Bar] {
        var changes = BarChanges()
        builder.takeChanged(into: &changes)
        for bar in changes.bars { bars[BarKey(bar)] = BarFacts(bar) }
        return changes.bars
    }

    /// A few lines about the differences; none if there are none.
    static func differences(_ actual: [BarKey: BarFacts], _ expected: [BarKey: BarFacts]) -> [String] {
        let keys = Set(actual.keys).union(expected.keys).filter { actual[$0] != expected[$0] }
        return keys.sorted { $0.tsOpen < $1.tsOpen }.prefix(3).map { key in
            "\(key): \(String(describing: actual[key])) instead of \(String(describing: expected[key]))"
        }
    }
}
