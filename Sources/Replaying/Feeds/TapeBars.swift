import Archive
import BarBuilding
import MarketModel

/// Makes bars of the ticks of a tape as they pass.
///
/// A bar comes when the tape passes its end. Where bars follow the venue's clock, one that a gap touches, or that the tape began inside
/// of, comes when a later bar of its series does, or at the end. A late tick makes its bar come again.
struct TapeBars {
    private struct SeriesKey: Hashable {
        let source: Int
        let instrumentID: Int64
    }

    private struct Series {
        let index: BarBuilder.SeriesIndex
        let instrument: EventWriter.Instrument
    }

    private struct PendingKey: Hashable {
        let series: Int64
        let side: BarSide
        let interval: BarInterval
    }

    private var builder: BarBuilder
    private let step: Int64
    private var series: [SeriesKey: Series] = [:]
    /// By the number that the builder knows a series under.
    private var instruments: [EventWriter.Instrument] = []
    private var pending: [PendingKey: [Bar]] = [:]
    private var changed: [Bar] = []
    private var hasBegun = false
    /// The end of the shortest interval that the tape is in.
    private(set) var nextBoundary = Int64.max

    init?(_ intervals: [BarInterval]) {
        guard let shortest = intervals.map(\.nanoseconds).min() else { return nil }
        builder = BarBuilder(intervals: intervals)
        step = shortest
    }

    mutating func add(_ row: QuoteRow, _ instrument: EventWriter.Instrument, source: Int) {
        let index = index(of: row.instrumentID, instrument, source, at: row.tsRecv)
        let tick = QuoteTick(bidPrice: row.bidPrice, askPrice: row.askPrice)
        builder.add(tick, to: index, tsEvent: row.tsEvent, tsRecv: row.tsRecv)
    }

    mutating func add(_ row: TradeRow, _ instrument: EventWriter.Instrument, source: Int) {
        let index = index(of: row.instrumentID, instrument, source, at: row.tsRecv)
        let tick = TradeTick(price: row.price, size: row.size, aggressorSide: row.aggressorSide)
        builder.add(tick, to: index, tsEvent: row.tsEvent, tsRecv: row.tsRecv)
    }

    private mutating func index(
        of instrumentID: Int64,
        _ instrument: EventWriter.Instrument,
        _ source: Int,
        at time: UnixNanoseconds
    ) -> BarBuilder.SeriesIndex {
        if !hasBegun {
            hasBegun = true
            builder.resume(at: time)
            nextBoundary = boundary(behind: time.rawValue)
        }
        let key = SeriesKey(source: source, instrumentID: instrumentID)
        if let known = series[key] { return known.index }
        // A symbol goes on over files under one number.
        let number =
            instruments.firstIndex {
                $0.row.venue == instrument.row.venue && $0.row.symbol == instrument.row.symbol
                    && $0.row.priceDigits == instrument.row.priceDigits
                    && $0.row.sizeDigits == instrument.row.sizeDigits
            } ?? instruments.count
        let index: BarBuilder.SeriesIndex
        if number < instruments.count,
            let same = series.values.first(where: { $0.instrument.row == instruments[number].row })
        {
            index = same.index
        } else {
            index = builder.addSeries(instrumentID: Int64(instruments.count))
            instruments.append(instrument)
        }
        series[key] = Series(index: index, instrument: instruments[number])
        return index
    }

    private func boundary(behind time: Int64) -> Int64 {
        let remainder = time % step
        return time.addingSaturated(step - (remainder < 0 ? remainder + step : remainder))
    }

    mutating func interrupt(_ gap: GapRow) {
        builder.interrupt(at: gap.tsFrom)
        if let to = gap.tsTo { builder.resume(at: to) }
    }

    /// The tape is about to pass `time`: writes the bars that are over.
    mutating func pass(_ time: Int64, into writer: inout EventWriter) {
        // Stretches without a tick have no bars: one close does for all of them.
        let last = boundary(behind: time) - step
        close(at: last, into: &writer)
        nextBoundary = last.addingSaturated(step)
    }

    private mutating func close(at time: Int64, into writer: inout EventWriter) {
        builder.close(clock: UnixNanoseconds(time))
        takeChanged()
        var over: [Bar] = []
        for (key, bars) in pending {
            var rest: [Bar] = []
            for (place, bar) in bars.enumerated() {
                let isOver = bar.isComplete || (bar.timeSource == .recv && bar.tsClose <= time)
                if isOver || place + 1 < bars.count { over.append(bar) } else { rest.append(bar) }
            }
            pending[key] = rest.isEmpty ? nil : rest
        }
        write(over, at: time, into: &writer)
    }

    /// Writes what is left at the end of the tape.
    mutating func finish(at time: Int64, into writer: inout EventWriter) {
        guard hasBegun else { return }
        builder.close(clock: UnixNanoseconds(time))
        takeChanged()
        write(pending.values.flatMap { $0 }, at: time, into: &writer)
        pending = [:]
    }

    private mutating func takeChanged() {
        changed.removeAll(keepingCapacity: true)
        builder.takeChanged(into: &changed)
        for bar in changed {
            let key = PendingKey(series: bar.instrumentID, side: bar.side, interval: bar.interval)
            var bars = pending[key] ?? []
            if let place = bars.firstIndex(where: { $0.tsOpen == bar.tsOpen }) {
                bars[place] = bar
            } else {
                bars.insert(bar, at: bars.firstIndex { $0.tsOpen > bar.tsOpen } ?? bars.endIndex)
            }
            pending[key] = bars
        }
    }

    private func write(_ bars: [Bar], at time: Int64, into writer: inout EventWriter) {
        func order(_ bar: Bar) -> (Int64, Int64, Int64, UInt8) {
            (bar.tsOpen, bar.instrumentID, bar.interval.nanoseconds, bar.side.rawValue)
        }
        for bar in bars.sorted(by: { order($0) < order($1) }) {
            guard let index = Int(exactly: bar.instrumentID), instruments.indices.contains(index) else { continue }
            writer.append(bar, instruments[index], at: UnixNanoseconds(time))
        }
    }
}
