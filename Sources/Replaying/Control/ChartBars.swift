import Archive
import BarBuilding
import BarInput
import MarketModel

/// The bars of one symbol for a chart, from all recordings of a tape.
///
/// If a recording has stored bars of the interval, they are used. Otherwise the bars are built from its ticks, with the
/// same builder as in recording and replay. Recordings are added in their order on the tape.
struct ChartBars {
    /// One bar, from all recordings that have a part of it.
    ///
    /// When a recording continues in another file, its unfinished bars are written there again, complete.
    private struct Entry {
        /// The part from earlier, ended recordings.
        var settled: ChartBar?
        /// The part from the current chain of recordings.
        var current: ChartBar
        /// The last recording of that chain.
        var file: Int

        var whole: ChartBar {
            guard var whole = settled else { return current }
            whole.extend(with: current)
            return whole
        }
    }

    private let order: BarOrder
    private var entries: [Int64: Entry] = [:]
    private var fileCount = 0
    private var connectionKeys: Set<UInt64> = []
    /// True if the present recording continues the connections of the previous one.
    private var isContinued = false

    init(_ order: BarOrder) {
        self.order = order
    }

    /// The first bars in order of time, up to the requested limit.
    var json: [String] {
        entries.keys.sorted().prefix(order.limit).compactMap { time in entries[time]?.whole.json(at: time) }
    }

    /// Adds a recording's bars of the symbol, whose rows are `instruments`.
    mutating func add(_ file: TapeCatalog.File, _ instruments: [InstrumentRow]) throws(ArchiveError) {
        let keys = Set(try file.reader.connections().compactMap(\.opened.journalKey))
        isContinued = !keys.isDisjoint(with: connectionKeys)
        connectionKeys = keys
        fileCount += 1
        if let last = file.bounds?.upperBound, last < order.range.from.rawValue { return }
        if let first = file.bounds?.lowerBound, first >= order.range.to.rawValue { return }
        if try !addStored(file.reader, instruments) { try addTicks(file.reader, instruments) }
    }

    // MARK: Stored bars

    /// Returns false if the recording has no bars of the side and interval.
    private mutating func addStored(
        _ reader: ArchiveReader,
        _ instruments: [InstrumentRow]
    ) throws(ArchiveError) -> Bool {
        var hasBars = false
        for instrument in instruments {
            let stored = try reader.bars(
                instrumentID: instrument.instrumentID,
                side: order.side,
                intervalNS: order.interval.nanoseconds,
                from: order.range.from,
                limit: order.limit
            )
            hasBars = hasBars || !stored.isEmpty
            for bar in stored where bar.tsOpen < order.range.to || order.range.to.rawValue == .max {
                merge(ChartBar(bar, instrument), at: bar.tsOpen.rawValue)
            }
        }
        return hasBars
    }

    private mutating func merge(_ bar: ChartBar, at time: Int64) {
        guard var entry = entries[time] else {
            entries[time] = Entry(current: bar, file: fileCount)
            return
        }
        if entry.file == fileCount {
            // Two rows of the symbol that no number of digits can hold together.
            entry.current.extend(with: bar)
        } else if isContinued, entry.file == fileCount - 1 {
            entry.current = bar
        } else {
            entry = Entry(settled: entry.whole, current: bar, file: fileCount)
        }
        entry.file = fileCount
        entries[time] = entry
    }

    // MARK: Ticks

    private mutating func addTicks(_ reader: ArchiveReader, _ instruments: [InstrumentRow]) throws(ArchiveError) {
        let ids = instruments.map(\.instrumentID)
        // The bars built here are of this recording alone.
        isContinued = false
        switch order.side {
        case .bid, .ask:
            var cursor = try reader.quotes(order.range, instrumentIDs: ids)
            try addTicks(instruments, of: &cursor) { row, index, builder in
                guard let tick = QuoteTick(row) else { return }
                builder.add(tick, to: index, tsEvent: row.tsEvent, arrival: TickArrival(row))
            }
        case .trade:
            var cursor = try reader.trades(order.range, instrumentIDs: ids)
            try addTicks(instruments, of: &cursor) { row, index, builder in
                guard let tick = TradeTick(row) else { return }
                builder.add(tick, to: index, tsEvent: row.tsEvent, arrival: TickArrival(row))
            }
        }
    }

    private mutating func addTicks<Row: StoredTick>(
        _ instruments: [InstrumentRow],
        of cursor: inout TickCursor<Row>,
        _ add: (Row, BarBuilder.SeriesIndex, inout BarBuilder) -> Void
    ) throws(ArchiveError) {
        var maker = ChartBarMaker(order, instruments)
        while order.hasRoom(barCount: entries.count + maker.bars.count), let row = try cursor.next() {
            maker.add(row, add)
        }
        maker.finish()
        for (key, bar) in maker.bars.sorted(by: { $0.key < $1.key }) { merge(bar, at: key.tsOpen) }
    }
}

/// Builds the bars of one symbol from the ticks of one recording.
private struct ChartBarMaker {
    struct Key: Hashable, Comparable {
        let tsOpen: Int64
        let instrumentID: Int64

        static func < (left: Key, right: Key) -> Bool {
            (left.tsOpen, left.instrumentID) < (right.tsOpen, right.instrumentID)
        }
    }

    private static let ticksPerClose = 4096

    private(set) var bars: [Key: ChartBar] = [:]
    private let side: BarSide
    private let instruments: [Int64: InstrumentRow]
    private var series: [Int64: BarBuilder.SeriesIndex] = [:]
    private var builder: BarBuilder
    private var changes = BarChanges()
    private var tickCount = 0
    private var latest = UnixNanoseconds(.min)

    init(_ order: BarOrder, _ instruments: [InstrumentRow]) {
        side = order.side
        builder = BarBuilder(intervals: [order.interval])
        self.instruments = Dictionary(instruments.map { ($0.instrumentID, $0) }, uniquingKeysWith: { $1 })
        for row in instruments {
            let own = BarInstrument(row)
            let first = series.values.first
            series[row.instrumentID] = first.map { builder.addInstrument(own, to: $0) } ?? builder.addSeries(own)
        }
    }

    mutating func add<Row: StoredTick>(_ row: Row, _ add: (Row, BarBuilder.SeriesIndex, inout BarBuilder) -> Void) {
        guard let index = series[row.instrumentID] else { return }
        add(row, index, &builder)
        latest = max(latest, row.tsRecv)
        tickCount += 1
        if tickCount.isMultiple(of: Self.ticksPerClose) { finish() }
    }

    /// Takes over the bars that the builder has made so far.
    mutating func finish() {
        builder.close(clock: latest)
        changes.removeAll()
        builder.takeChanged(into: &changes)
        for key in changes.removed where key.side == side {
            bars[Key(tsOpen: key.tsOpen, instrumentID: key.instrumentID)] = nil
        }
        for bar in changes.bars where bar.side == side {
            guard let row = instruments[bar.instrumentID] else { continue }
            let key = Key(tsOpen: bar.tsOpen, instrumentID: bar.instrumentID)
            bars[key] = ChartBar(bar, priceDigits: row.priceDigits, sizeDigits: row.sizeDigits)
        }
    }
}
