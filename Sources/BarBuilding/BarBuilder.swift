package import MarketModel

/// Turns ticks into bars of several intervals at once; the same ticks give the same bars, live or rebuilt.
///
/// A tick belongs to the interval of its time, whenever it arrives; within a bar the order is (time, arrival). A bar
/// closes when the tape's clock passes its end, not when the next tick comes; bars that follow `ts_event` go by the
/// venue's clock, as far as the ticks tell it. A late tick revises its bar while that is among the 128 most recent of its series. Intervals without ticks have no bar.
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
    private var eventClock = EventClock()
    /// Since when nothing is missed, on our clock and on the venue's.
    private var coveredFrom: Int64?
    private var eventCoveredFrom: Int64?
    private let history: (any BarHistory)?

    /// A builder that goes on with the bars that `history` knows.
    package init(intervals: [BarInterval], history: (any BarHistory)? = nil) {
        self.intervals = intervals
        self.history = history
    }

    /// Bars handed out so far, each once a file, counted per side; those that earlier runs stored do not count.
    package var barCount: Int64 {
        series.reduce(0) { sum, series in
            let quoteBars = series.quotes.reduce(0) { $0 + $1.slotsTaken }
            let tradeBars = series.trades.reduce(0) { $0 + $1.slotsTaken }
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

    /// Adds a two-sided quote; its bars follow `tsEvent`, or `tsRecv` where the venue gives no time.
    @inline(__always)
    package mutating func add(
        _ tick: QuoteTick,
        to index: SeriesIndex,
        tsEvent: UnixNanoseconds?,
        tsRecv: UnixNanoseconds
    ) {
        let (time, source) = place(tsEvent, tsRecv)
        if !series[index.value].quotes.add(tick, at: time, source: source) { lateTicks += 1 }
    }

    /// Adds a trade; its bars follow `tsEvent`, or `tsRecv` where the venue gives no time.
    @inline(__always)
    package mutating func add(
        _ tick: TradeTick,
        to index: SeriesIndex,
        tsEvent: UnixNanoseconds?,
        tsRecv: UnixNanoseconds
    ) {
        let (time, source) = place(tsEvent, tsRecv)
        if !series[index.value].trades.add(tick, at: time, source: source) { lateTicks += 1 }
    }

    @inline(__always)
    private mutating func place(_ tsEvent: UnixNanoseconds?, _ tsRecv: UnixNanoseconds) -> (Int64, BarTimeSource) {
        guard let tsEvent else { return (tsRecv.rawValue, .recv) }
        eventClock.note(tsEvent: tsEvent.rawValue, tsRecv: tsRecv.rawValue)
        return (tsEvent.rawValue, .event)
    }

    /// Says that from the receive time `time` on nothing is missed.
    package mutating func resume(at time: UnixNanoseconds) {
        coveredFrom = time.rawValue
        eventCoveredFrom = nil
    }

    /// Says that data may be missing after the receive time `time`: bars not over by then are not complete.
    ///
    /// That holds for bars closed in the meantime as well, while late ticks could still revise them.
    package mutating func interrupt(at time: UnixNanoseconds) {
        close(clock: time)
        coveredFrom = nil
        eventCoveredFrom = nil
        let moment = TapeMoment(recv: time.rawValue, event: eventClock.eventTime(at: time.rawValue))
        for index in series.indices {
            for position in intervals.indices {
                series[index].quotes[position].breakBars(endingAfter: moment)
                series[index].trades[position].breakBars(endingAfter: moment)
            }
        }
    }

    /// Says that ticks of one instrument are missing that came between two receive times; nothing else is.
    ///
    /// Only bars that lie in that time at least in part are not complete, also where they are closed already.
    package mutating func miss(_ index: SeriesIndex, from: UnixNanoseconds, to: UnixNanoseconds) {
        eventClock.settle()
        let start = TapeMoment(recv: from.rawValue, event: eventClock.eventTime(at: from.rawValue))
        let end = TapeMoment(recv: to.rawValue, event: eventClock.eventTime(at: to.rawValue))
        for position in intervals.indices {
            series[index.value].quotes[position].breakBars(endingAfter: start, beginningUntil: end)
            series[index.value].trades[position].breakBars(endingAfter: start, beginningUntil: end)
        }
    }

    /// Closes every bar that is over when our clock shows `clock`.
    package mutating func close(clock: UnixNanoseconds) {
        eventClock.settle()
        // The first ticks behind a gap tell where on the venue's clock it ended.
        if let coveredFrom, eventCoveredFrom == nil { eventCoveredFrom = eventClock.eventTime(at: coveredFrom) }
        let now = TapeMoment(recv: clock.rawValue, event: eventClock.eventTime(at: clock.rawValue))
        let covered = coveredFrom.map { TapeMoment(recv: $0, event: eventCoveredFrom) }
        for index in series.indices {
            for position in intervals.indices {
                series[index].quotes[position].close(clock: now, coveredFrom: covered)
                series[index].trades[position].close(clock: now, coveredFrom: covered)
            }
        }
    }

    /// Says that bars are stored in another file from now on: those that are not over are handed out again, whole.
    package mutating func beginFile() {
        for index in series.indices {
            for position in intervals.indices {
                series[index].quotes[position].beginFile()
                series[index].trades[position].beginFile()
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
