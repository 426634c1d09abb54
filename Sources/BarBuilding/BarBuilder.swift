package import MarketModel

/// Turns ticks into bars of several intervals at once; the same ticks give the same bars, live or rebuilt.
///
/// A tick belongs to the interval of its time, whenever it arrives; within a bar the order is (time, arrival). A bar
/// closes when the tape's clock, the receive time, passes its end, not when the next tick comes. A late tick revises its
/// bar while that is among the 128 most recent of its series. Intervals without ticks have no bar.
package struct BarBuilder: Sendable {
    /// Names an instrument within this builder.
    package struct SeriesIndex: Hashable, Sendable {
        fileprivate let value: Int
    }

    private struct Series: Sendable {
        var quotes: [BarWindow<QuoteValues>]
        var trades: [BarWindow<TradeValues>]
    }

    package let intervals: [BarInterval]
    /// Ticks that came too late for their bar of at least one interval.
    package private(set) var lateTicks: Int64 = 0
    private var series: [Series] = []
    private var coveredFrom: Int64?
    private let history: (any BarHistory)?

    /// A builder that goes on with the bars that `history` knows.
    package init(intervals: [BarInterval], history: (any BarHistory)? = nil) {
        self.intervals = intervals
        self.history = history
    }

    /// Bars begun so far, counted per side; those of earlier runs do not count.
    package var barCount: Int64 {
        series.reduce(0) { sum, series in
            let quoteBars = series.quotes.reduce(0) { $0 + $1.slotsBegun }
            let tradeBars = series.trades.reduce(0) { $0 + $1.slotsBegun }
            return sum + 2 * quoteBars + tradeBars
        }
    }

    /// Adds an instrument.
    package mutating func addSeries(instrumentID: Int64) -> SeriesIndex {
        series.append(
            Series(
                quotes: intervals.map { BarWindow(instrumentID: instrumentID, interval: $0, history: history) },
                trades: intervals.map { BarWindow(instrumentID: instrumentID, interval: $0, history: history) }
            )
        )
        return SeriesIndex(value: series.count - 1)
    }

    /// Adds a two-sided quote.
    package mutating func add(_ tick: QuoteTick, to index: SeriesIndex, at time: UnixNanoseconds, source: BarTimeSource)
    {
        if !series[index.value].quotes.add(tick, at: time.rawValue, source: source) { lateTicks += 1 }
    }

    /// Adds a trade.
    package mutating func add(_ tick: TradeTick, to index: SeriesIndex, at time: UnixNanoseconds, source: BarTimeSource)
    {
        if !series[index.value].trades.add(tick, at: time.rawValue, source: source) { lateTicks += 1 }
    }

    /// Says that from `time` on nothing is missed.
    package mutating func resume(at time: UnixNanoseconds) {
        coveredFrom = time.rawValue
    }

    /// Says that data may be missing after `time`: bars not over by then are not complete.
    ///
    /// That holds for bars closed in the meantime as well, while late ticks could still revise them.
    package mutating func interrupt(at time: UnixNanoseconds) {
        close(clock: time)
        coveredFrom = nil
        for index in series.indices {
            for position in intervals.indices {
                series[index].quotes[position].breakBars(endingAfter: time.rawValue)
                series[index].trades[position].breakBars(endingAfter: time.rawValue)
            }
        }
    }

    /// Closes every bar that ends at or before `clock`.
    package mutating func close(clock: UnixNanoseconds) {
        for index in series.indices {
            for position in intervals.indices {
                series[index].quotes[position].close(clock: clock.rawValue, coveredFrom: coveredFrom)
                series[index].trades[position].close(clock: clock.rawValue, coveredFrom: coveredFrom)
            }
        }
    }

    /// Appends every bar that is new or changed since the last call, whole.
    package mutating func takeChanged(into bars: inout [Bar]) {
        for index in series.indices {
            for position in intervals.indices {
                series[index].quotes[position].takeChanged(into: &bars)
                series[index].trades[position].takeChanged(into: &bars)
            }
        }
    }
}

extension Array {
    /// Adds a tick to the windows of all intervals; false when it is too late for any of them.
    @inline(__always)
    fileprivate mutating func add<Values>(_ tick: Values.Tick, at time: Int64, source: BarTimeSource) -> Bool
    where Element == BarWindow<Values> {
        var isInTime = true
        for position in indices where !self[position].add(tick, at: time, source: source) {
            isInTime = false
        }
        return isInTime
    }
}
