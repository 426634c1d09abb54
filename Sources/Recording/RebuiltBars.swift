import Archive
import BarBuilding
import MarketModel
import Synchronization

/// The bars that the ticks of a recording give, quotes and trades each in their order.
struct RebuiltBars {
    private static let ticksPerClose = 4096

    private let rebuild: RecordingRebuild
    private let draft: ArchiveReader
    private let intervals: [BarInterval]
    private let digits: [Int64: UInt8]
    /// When recording began to miss nothing, and when it did no more, in order of time.
    private let turns: [(time: UnixNanoseconds, isCovered: Bool)]

    init(_ rebuild: RecordingRebuild, _ draft: ArchiveReader, _ extra: [BarInterval]) throws(ArchiveError) {
        self.rebuild = rebuild
        self.draft = draft
        var intervals = rebuild.barIntervals.compactMap { BarInterval(nanoseconds: $0) }
        let configured = rebuild.configuredBars.compactMap { BarInterval(text: $0) }
        for interval in configured + extra where !intervals.contains(interval) { intervals.append(interval) }
        self.intervals = intervals
        digits = Dictionary(
            try draft.instruments().map { ($0.instrumentID, $0.priceDigits + $0.sizeDigits) },
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
        // The draft has no messages yet that could tell where its rows end.
        let all = ReadRange(messageIndexMax: .max - 1)
        try build(draft.quotes(all), Self.add)
        try build(draft.trades(all), Self.add)
    }

    private static func add(_ row: QuoteRow, to series: BarBuilder.SeriesIndex, of builder: inout BarBuilder) {
        // A one-sided quote is a row, but no bar is made of it.
        guard row.bidPrice > 0, row.askPrice > 0 else { return }
        let tick = QuoteTick(bidPrice: row.bidPrice, askPrice: row.askPrice)
        builder.add(tick, to: series, tsEvent: row.tsEvent, tsRecv: row.tsRecv)
    }

    private static func add(_ row: TradeRow, to series: BarBuilder.SeriesIndex, of builder: inout BarBuilder) {
        let tick = TradeTick(price: row.price, size: row.size, aggressorSide: row.aggressorSide)
        builder.add(tick, to: series, tsEvent: row.tsEvent, tsRecv: row.tsRecv)
    }

    private func build<Row: StoredTick>(
        _ ticks: TickCursor<Row>,
        _ add: (Row, BarBuilder.SeriesIndex, inout BarBuilder) -> Void
    ) throws {
        var ticks = ticks
        var builder = BarBuilder(intervals: intervals)
        var series: [Int64: BarBuilder.SeriesIndex] = [:]
        var turns = turns[...]
        var count = 0
        var latest = UnixNanoseconds(.min)
        while let tick = try ticks.next() {
            while let turn = turns.first, turn.time <= tick.tsRecv {
                if turn.isCovered { builder.resume(at: turn.time) } else { builder.interrupt(at: turn.time) }
                turns.removeFirst()
            }
            let index = series[tick.instrumentID] ?? builder.addSeries(instrumentID: tick.instrumentID)
            series[tick.instrumentID] = index
            add(tick, index, &builder)
            latest = max(latest, tick.tsRecv)
            count += 1
            if count.isMultiple(of: Self.ticksPerClose) { try store(&builder, clock: latest) }
        }
        if count > 0 { try store(&builder, clock: latest) }
    }

    private func store(_ builder: inout BarBuilder, clock: UnixNanoseconds) throws {
        try Task.checkCancellation()
        builder.close(clock: clock)
        var bars: [Bar] = []
        builder.takeChanged(into: &bars)
        var batch = WriteBatch()
        batch.bars = bars.map { BarRow($0, notionalDigits: digits[$0.instrumentID] ?? 0) }
        try rebuild.write(batch)
    }
}

/// Numbers for instruments that a recording does not have yet.
final class RebuiltNumbers: Sendable {
    private let next: Atomic<Int64>

    init(next: Int64) { self.next = Atomic(next) }

    func take() -> Int64 { next.wrappingAdd(1, ordering: .relaxed).oldValue }
}
