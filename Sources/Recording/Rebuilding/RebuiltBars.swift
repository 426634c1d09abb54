import Archive
import BarBuilding
import BarInput
import MarketModel
import Synchronization

/// Makes bars from the ticks of a recording: from the quotes in their order, and from the trades in theirs.
struct RebuiltBars {
    private static let ticksPerClose = 4096

    private let rebuild: RecordingRebuild
    private let draft: ArchiveReader
    private let intervals: [BarInterval]
    private let instruments: [Int64: InstrumentRow]
    /// When coverage began (`isCovered`) and when it ended, in order of time.
    private let turns: [(time: UnixNanoseconds, isCovered: Bool)]

    init(_ rebuild: RecordingRebuild, _ draft: ArchiveReader, _ extra: [BarInterval]) throws(ArchiveError) {
        self.rebuild = rebuild
        self.draft = draft
        var intervals = rebuild.barIntervals.compactMap { BarInterval(nanoseconds: $0) }
        let configured = rebuild.configuredBars.compactMap { BarInterval(text: $0) }
        for interval in configured + extra where !intervals.contains(interval) { intervals.append(interval) }
        self.intervals = intervals
        instruments = Dictionary(
            try draft.instruments().map { ($0.instrumentID, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var turns = try rebuild.reader.connections().map { (time: $0.opened.tsOpened, isCovered: true) }
        for gap in try rebuild.reader.gaps() where gap.cause != GapRow.damageCause {
            turns.append((gap.tsFrom, false))
            if let end = gap.tsTo { turns.append((end, true)) }
        }
        self.turns = turns.sorted { $0.time < $1.time }
    }

    func run() throws {
        guard !intervals.isEmpty else { return }
        // The draft has no messages yet that limit which rows are read.
        let all = ReadRange(messageIndexMax: .max - 1)
        try build(draft.quotes(all), Self.add)
        try build(draft.trades(all), Self.add)
    }

    private static func add(_ row: QuoteRow, to series: BarBuilder.SeriesIndex, of builder: inout BarBuilder) {
        guard let tick = QuoteTick(row) else { return }
        builder.add(tick, to: series, tsEvent: row.tsEvent, arrival: TickArrival(row))
    }

    private static func add(_ row: TradeRow, to series: BarBuilder.SeriesIndex, of builder: inout BarBuilder) {
        guard let tick = TradeTick(row) else { return }
        builder.add(tick, to: series, tsEvent: row.tsEvent, arrival: TickArrival(row))
    }

    private func build<Row: StoredTick>(
        _ ticks: TickCursor<Row>,
        _ add: (Row, BarBuilder.SeriesIndex, inout BarBuilder) -> Void
    ) throws {
        var ticks = ticks
        var builder = BarBuilder(intervals: intervals)
        var series: [Int64: BarBuilder.SeriesIndex] = [:]
        for symbol in symbols { addSymbol(symbol, to: &builder, &series) }
        var turns = turns[...]
        var count = 0
        var latest = UnixNanoseconds(.min)
        while let tick = try ticks.next() {
            while let turn = turns.first, turn.time <= tick.tsRecv {
                if turn.isCovered { builder.resume(at: turn.time) } else { builder.interrupt(at: turn.time) }
                turns.removeFirst()
            }
            if let index = series[tick.instrumentID] { add(tick, index, &builder) }
            latest = max(latest, tick.tsRecv)
            count += 1
            if count.isMultiple(of: Self.ticksPerClose) { try store(&builder, clock: latest) }
        }
        if count > 0 { try store(&builder, clock: latest) }
    }

    /// The rows of each symbol; the bars of one symbol are one series.
    private var symbols: [[InstrumentRow]] {
        let rows = instruments.values.sorted { $0.instrumentID < $1.instrumentID }
        return Dictionary(grouping: rows) { [$0.venue, $0.symbol] }.values.sorted {
            $0[0].instrumentID < $1[0].instrumentID
        }
    }

    private func addSymbol(
        _ symbol: [InstrumentRow],
        to builder: inout BarBuilder,
        _ series: inout [Int64: BarBuilder.SeriesIndex]
    ) {
        var first: BarBuilder.SeriesIndex?
        for row in symbol {
            let instrument = BarInstrument(row)
            let index = first.map { builder.addInstrument(instrument, to: $0) } ?? builder.addSeries(instrument)
            series[row.instrumentID] = index
            first = first ?? index
        }
    }

    private func store(_ builder: inout BarBuilder, clock: UnixNanoseconds) throws {
        try Task.checkCancellation()
        builder.close(clock: clock)
        var changes = BarChanges()
        builder.takeChanged(into: &changes)
        var batch = WriteBatch()
        batch.bars = changes.bars.map { BarRow($0, notionalDigits: instruments[$0.instrumentID]?.notionalDigits ?? 0) }
        batch.removedBars = changes.removed.map(BarRowKey.init)
        try rebuild.write(batch)
    }
}

/// New instrument numbers for a rebuild.
final class RebuiltNumbers: Sendable {
    private let next: Atomic<Int64>

    init(next: Int64) { self.next = Atomic(next) }

    func take() -> Int64 { next.wrappingAdd(1, ordering: .relaxed).oldValue }
}
