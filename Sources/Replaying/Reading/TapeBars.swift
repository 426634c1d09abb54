import Archive
import BarBuilding
import BarInput
import MarketModel

/// Builds bars from the ticks of a tape as they pass.
///
/// A bar is written when the tape passes its end. If bars follow the venue's clock, a bar that a gap touches, or inside
/// which the tape started, is written when the next bar of its series is, or at the end. A late tick makes its bar be
/// written again.
struct TapeBars {
    private struct RowKey: Hashable {
        let source: Int
        let instrumentID: Int64
    }

    private struct SymbolKey: Hashable {
        let venue: String
        let symbol: String
    }

    /// A symbol continues over files, and over the rows it has if its digits had to grow.
    private struct Symbol {
        let number: Int
        let first: BarBuilder.SeriesIndex
        var rows: [BarInstrument: BarBuilder.SeriesIndex] = [:]
    }

    private struct PendingKey: Hashable {
        /// The number of the symbol.
        let symbol: Int
        let side: BarSide
        let interval: BarInterval
    }

    private var builder: BarBuilder
    private let step: Int64
    private var series: [RowKey: BarBuilder.SeriesIndex] = [:]
    private var symbols: [SymbolKey: Symbol] = [:]
    /// By the builder's instrument ID: the instrument and the number of its symbol.
    private var instruments: [(instrument: EventWriter.Instrument, symbol: Int)] = []
    private var pending: [PendingKey: [Bar]] = [:]
    private var changes = BarChanges()
    private var hasBegun = false
    /// The end of the shortest interval at the present position.
    private(set) var nextBoundary = Int64.max

    init?(_ intervals: [BarInterval]) {
        guard let shortest = intervals.map(\.nanoseconds).min() else { return nil }
        builder = BarBuilder(intervals: intervals)
        step = shortest
    }

    mutating func add(_ row: QuoteRow, _ instrument: EventWriter.Instrument, source: Int) {
        begin(at: row.tsRecv)
        guard let tick = QuoteTick(row) else { return }
        let index = index(of: row.instrumentID, instrument, source)
        builder.add(tick, to: index, tsEvent: row.tsEvent, arrival: TickArrival(row))
    }

    mutating func add(_ row: TradeRow, _ instrument: EventWriter.Instrument, source: Int) {
        begin(at: row.tsRecv)
        guard let tick = TradeTick(row) else { return }
        let index = index(of: row.instrumentID, instrument, source)
        builder.add(tick, to: index, tsEvent: row.tsEvent, arrival: TickArrival(row))
    }

    private mutating func begin(at time: UnixNanoseconds) {
        guard !hasBegun else { return }
        hasBegun = true
        builder.resume(at: time)
        nextBoundary = boundary(behind: time.rawValue)
    }

    private mutating func index(
        of instrumentID: Int64,
        _ instrument: EventWriter.Instrument,
        _ source: Int
    ) -> BarBuilder.SeriesIndex {
        let key = RowKey(source: source, instrumentID: instrumentID)
        if let known = series[key] { return known }
        let index = addRow(instrument)
        series[key] = index
        return index
    }

    /// Returns the series of an instrument row.
    ///
    /// It continues a row with the same symbol and digits in another recording.
    private mutating func addRow(_ instrument: EventWriter.Instrument) -> BarBuilder.SeriesIndex {
        let row = instrument.row
        let key = SymbolKey(venue: row.venue, symbol: row.symbol)
        // Rows are found by their digits, and the ID is the position in `instruments`.
        let digits = BarInstrument(id: 0, priceDigits: row.priceDigits, sizeDigits: row.sizeDigits)
        if let known = symbols[key]?.rows[digits] { return known }
        let own = BarInstrument(
            id: Int64(instruments.count),
            priceDigits: row.priceDigits,
            sizeDigits: row.sizeDigits
        )
        let index = symbols[key].map { builder.addInstrument(own, to: $0.first) } ?? builder.addSeries(own)
        var symbol = symbols[key] ?? Symbol(number: symbols.count, first: index)
        symbol.rows[digits] = index
        symbols[key] = symbol
        instruments.append((instrument, symbol.number))
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

    /// Writes the bars that have ended, because the tape is about to pass `time`.
    mutating func pass(_ time: Int64, into writer: inout EventWriter) {
        // There are no bars without ticks, so one close is enough for all intervals in between.
        let last = boundary(behind: time) - step
        close(at: last, into: &writer)
        nextBoundary = last.addingSaturated(step)
    }

    private mutating func close(at time: Int64, into writer: inout EventWriter) {
        builder.close(clock: UnixNanoseconds(time))
        popChanged()
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

    /// Writes the remaining bars at the end of the tape.
    mutating func finish(at time: Int64, into writer: inout EventWriter) {
        guard hasBegun else { return }
        builder.close(clock: UnixNanoseconds(time))
        popChanged()
        write(pending.values.flatMap { $0 }, at: time, into: &writer)
        pending = [:]
    }

    private mutating func popChanged() {
        changes.removeAll()
        builder.takeChanged(into: &changes)
        for key in changes.removed {
            guard let symbol = symbol(of: key.instrumentID) else { continue }
            pending[PendingKey(symbol: symbol, side: key.side, interval: key.interval)]?.removeAll {
                $0.tsOpen == key.tsOpen && $0.instrumentID == key.instrumentID
            }
        }
        for bar in changes.bars {
            guard let symbol = symbol(of: bar.instrumentID) else { continue }
            let key = PendingKey(symbol: symbol, side: bar.side, interval: bar.interval)
            var bars = pending[key] ?? []
            if let place = bars.firstIndex(where: { $0.tsOpen == bar.tsOpen && $0.instrumentID == bar.instrumentID }) {
                bars[place] = bar
            } else {
                bars.insert(bar, at: bars.firstIndex { $0.tsOpen > bar.tsOpen } ?? bars.endIndex)
            }
            pending[key] = bars
        }
    }

    private func symbol(of instrumentID: Int64) -> Int? {
        Int(exactly: instrumentID).flatMap { instruments.indices.contains($0) ? instruments[$0].symbol : nil }
    }

    private func write(_ bars: [Bar], at time: Int64, into writer: inout EventWriter) {
        func order(_ bar: Bar) -> (Int64, Int64, Int64, UInt8) {
            (bar.tsOpen, bar.instrumentID, bar.interval.nanoseconds, bar.side.rawValue)
        }
        for bar in bars.sorted(by: { order($0) < order($1) }) {
            guard let index = Int(exactly: bar.instrumentID), instruments.indices.contains(index) else { continue }
            writer.append(bar, instruments[index].instrument, at: UnixNanoseconds(time))
        }
    }
}
