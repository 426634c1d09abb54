package import MarketModel

/// Builds bars of several intervals from ticks; the same ticks give the same bars, live or rebuilt.
///
/// A tick belongs to the interval of its time, whenever it arrives. Within a bar, ticks are ordered by time, then by
/// arrival. A bar closes when our clock passes its end, not when the next tick arrives. Bars that follow
/// `ts_event` use the venue's clock, estimated from the ticks. A late tick revises its bar while that is one of the 128
/// most recent of its series. Intervals without ticks have no bar.
package struct BarBuilder: Sendable {
    /// Identifies an instrument within this builder.
    package struct SeriesIndex: Hashable, Sendable {
        fileprivate let value: Int
        fileprivate let instrument: BarInstrument
    }

    private struct Series: Sendable {
        var quotes: [BarWindow<QuoteValues>]
        var trades: [BarWindow<TradeValues>]
    }

    package let intervals: [BarInterval]
    /// Ticks that arrived too late for their bar of at least one interval.
    package private(set) var lateTicks: Int64 = 0
    private var series: [Series] = []
    private var eventClock = EventClock()
    /// Since when the data is complete, on our clock and on the venue's.
    private var coveredFrom: Int64?
    private var eventCoveredFrom: Int64?
    private let history: (any BarHistory)?

    /// Makes a builder that continues the bars in `history`.
    package init(intervals: [BarInterval], history: (any BarHistory)? = nil) {
        self.intervals = intervals
        self.history = history
    }

    /// Bars taken so far, counted once per file and per side; without the bars that earlier runs stored.
    package var barCount: Int64 {
        series.reduce(0) { sum, series in
            let quoteBars = series.quotes.reduce(0) { $0 + $1.slotsTaken }
            let tradeBars = series.trades.reduce(0) { $0 + $1.slotsTaken }
            return sum + 2 * quoteBars + tradeBars
        }
    }

    /// Adds a symbol, whose mantissas have the digits of `instrument`.
    package mutating func addSeries(_ instrument: BarInstrument) -> SeriesIndex {
        series.append(
            Series(
                quotes: intervals.map { BarWindow(instrument: instrument, interval: $0, history: history) },
                trades: intervals.map { BarWindow(instrument: instrument, interval: $0, history: history) }
            )
        )
        return SeriesIndex(value: series.count - 1, instrument: instrument)
    }

    /// Adds another row of the symbol of `index`, for mantissas with other digits.
    ///
    /// Ticks of both rows go into one bar, under the row with more digits. Only if neither row can hold all numbers
    /// exactly, each has its own bar.
    package mutating func addInstrument(_ instrument: BarInstrument, to index: SeriesIndex) -> SeriesIndex {
        for position in intervals.indices {
            series[index.value].quotes[position].instruments.append(instrument)
            series[index.value].trades[position].instruments.append(instrument)
        }
        return SeriesIndex(value: index.value, instrument: instrument)
    }

    /// Adds a quote; its bars follow `tsEvent`, or the receive time if the venue gives no time.
    @inline(__always)
    package mutating func add(
        _ tick: QuoteTick,
        to index: SeriesIndex,
        tsEvent: UnixNanoseconds?,
        arrival: TickArrival
    ) {
        let (time, source) = place(tsEvent, arrival)
        if !series[index.value].quotes.add(tick, of: index.instrument, at: time, source: source) { lateTicks += 1 }
    }

    /// Adds an execution; its bars follow `tsEvent`, or the receive time if the venue gives no time.
    @inline(__always)
    package mutating func add(
        _ tick: TradeTick,
        to index: SeriesIndex,
        tsEvent: UnixNanoseconds?,
        arrival: TickArrival
    ) {
        let (time, source) = place(tsEvent, arrival)
        if !series[index.value].trades.add(tick, of: index.instrument, at: time, source: source) { lateTicks += 1 }
    }

    @inline(__always)
    private mutating func place(_ tsEvent: UnixNanoseconds?, _ arrival: TickArrival) -> (TickTime, BarTimeSource) {
        guard let tsEvent else { return (TickTime(time: arrival.tsRecv, arrival: arrival), .recv) }
        eventClock.note(tsEvent: tsEvent.rawValue, tsRecv: arrival.tsRecv)
        return (TickTime(time: tsEvent.rawValue, arrival: arrival), .event)
    }

    /// Records that the data is complete from the receive time `time` on.
    package mutating func resume(at time: UnixNanoseconds) {
        coveredFrom = time.rawValue
        eventCoveredFrom = nil
    }

    /// Records that data may be missing after the receive time `time`: bars that are not over by then are incomplete.
    ///
    /// This includes bars closed in the meantime, while late ticks could still revise them.
    package mutating func interrupt(at time: UnixNanoseconds) {
        close(clock: time)
        coveredFrom = nil
        eventCoveredFrom = nil
        let moment = BarMoment(recv: time.rawValue, event: eventClock.eventTime(at: time.rawValue))
        for index in series.indices {
            for position in intervals.indices {
                series[index].quotes[position].breakBars(endingAfter: moment)
                series[index].trades[position].breakBars(endingAfter: moment)
            }
        }
    }

    /// Records that ticks of this one instrument are missing between two receive times.
    ///
    /// Only bars that overlap that time become incomplete, even if they are closed already.
    package mutating func miss(_ index: SeriesIndex, from: UnixNanoseconds, to: UnixNanoseconds) {
        eventClock.settle()
        let start = BarMoment(recv: from.rawValue, event: eventClock.eventTime(at: from.rawValue))
        let end = BarMoment(recv: to.rawValue, event: eventClock.eventTime(at: to.rawValue))
        for position in intervals.indices {
            series[index.value].quotes[position].breakBars(endingAfter: start, beginningUntil: end)
            series[index.value].trades[position].breakBars(endingAfter: start, beginningUntil: end)
        }
    }

    /// Closes every bar that is over when our clock shows `clock`.
    package mutating func close(clock: UnixNanoseconds) {
        eventClock.settle()
        // The first ticks after a gap show where it ended on the venue's clock.
        if let coveredFrom, eventCoveredFrom == nil { eventCoveredFrom = eventClock.eventTime(at: coveredFrom) }
        let now = BarMoment(recv: clock.rawValue, event: eventClock.eventTime(at: clock.rawValue))
        let covered = coveredFrom.map { BarMoment(recv: $0, event: eventCoveredFrom) }
        for index in series.indices {
            for position in intervals.indices {
                series[index].quotes[position].close(clock: now, coveredFrom: covered)
                series[index].trades[position].close(clock: now, coveredFrom: covered)
            }
        }
    }

    /// Starts another file: bars that are not over are returned again by ``takeChanged(into:)``, complete.
    package mutating func beginFile() {
        for index in series.indices {
            for position in intervals.indices {
                series[index].quotes[position].beginFile()
                series[index].trades[position].beginFile()
            }
        }
    }

    /// Appends all bars that are new or changed since the last call, and the keys that bars have left.
    package mutating func takeChanged(into changes: inout BarChanges) {
        for index in series.indices {
            for position in intervals.indices {
                series[index].quotes[position].takeChanged(into: &changes)
                series[index].trades[position].takeChanged(into: &changes)
            }
        }
    }
}

extension Array {
    /// Adds a tick to the windows of all intervals; returns false if it is too late for any of them.
    @inline(__always)
    fileprivate mutating func add<Values>(
        _ tick: Values.Tick,
        of instrument: BarInstrument,
        at time: TickTime,
        source: BarTimeSource
    ) -> Bool where Element == BarWindow<Values> {
        var isInTime = true
        for position in indices where !self[position].add(tick, of: instrument, at: time, source: source) {
            isInTime = false
        }
        return isInTime
    }
}
