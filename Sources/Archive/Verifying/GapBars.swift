import MarketModel

/// Finds bars that are marked complete although a gap touches them.
///
/// Gaps are given in receive time. For bars that follow the venue's time, they are shifted by the smallest difference
/// of the two clocks among the ticks around the gap, with one second of tolerance. The end of a gap is shifted by the
/// difference after it, because the venue's clock may have started over. A gap does not touch a bar that ended before
/// it or began after it.
struct GapBars {
    /// The key of a bar, as in the primary key of its table.
    struct Key: Hashable {
        let instrumentID: Int64
        let side: Int64
        let intervalNS: Int64
        let tsOpen: Int64
    }

    private static let toleranceNS: Int64 = 1_000_000_000
    private let reader: ArchiveReader

    init(_ reader: ArchiveReader) {
        self.reader = reader
    }

    func check(_ report: inout RecordingReport) throws(ArchiveError) {
        let bars = try find()
        guard let first = bars.first else { return }
        report.add(
            .bar,
            "\(Counted.text(bars.count, "bar is", "bars are")) marked complete although a gap touches "
                + "\(Counted.word(bars.count, "it", "them")) (the first: instrument "
                + "\(first.instrumentID), ts_open \(first.tsOpen))"
        )
    }

    /// Returns the bars in order of their gaps.
    func find() throws(ArchiveError) -> [Key] {
        // Messages lost to damage were there when the bar was built, and a hole in a book has all ticks.
        let gaps = try reader.gaps().filter { $0.cause != GapRow.damageCause && !$0.isOfBook }
        guard !gaps.isEmpty else { return [] }
        let instruments = try reader.instruments()
        var venueOfFeed: [Int64: String] = [:]
        for feed in try reader.feeds() { venueOfFeed[feed.feedID] = feed.venue }
        // A gap refers to one row of its symbol; bars may be under another one.
        let symbols = Dictionary(
            instruments.map { ($0.instrumentID, [$0.venue, $0.symbol]) },
            uniquingKeysWith: { $1 }
        )
        let series = try series()
        let owners = try TickOwners(reader)
        var keys: [Key] = []
        for gap in gaps {
            let venue = gap.feedID.flatMap { venueOfFeed[$0] }
            for instrument in instruments {
                if let symbol = gap.instrumentID.flatMap({ symbols[$0] }),
                    symbol != [instrument.venue, instrument.symbol]
                {
                    continue
                }
                if gap.instrumentID == nil, let venue, venue != instrument.venue { continue }
                let id = instrument.instrumentID
                let touched = try bars(of: id, series[id] ?? [], touching: gap)
                // Another feed of the venue may have recorded the instrument during the gap.
                if !touched.isEmpty, try owners.isTouched(instrumentID: id, by: gap) { keys += touched }
            }
        }
        return keys
    }

    /// One side and interval of an instrument's bars.
    private struct Series {
        let side: Int64
        let intervalNS: Int64
    }

    private func series() throws(ArchiveError) -> [Int64: [Series]] {
        try reader.read { handle throws(ArchiveError) in
            let sql = "SELECT DISTINCT instrument_id, side, interval_ns FROM bar"
            let statement = try PreparedStatement(sql, on: handle, path: reader.path)
            var series: [Int64: [Series]] = [:]
            while try statement.step() {
                let one = Series(side: statement.integer(1), intervalNS: statement.integer(2))
                series[statement.integer(0), default: []].append(one)
            }
            return series
        }
    }

    private func bars(of id: Int64, _ series: [Series], touching gap: GapRow) throws(ArchiveError) -> [Key] {
        guard !series.isEmpty else { return [] }
        let to = gap.tsTo?.rawValue ?? .max
        let keys = try bars(of: id, series, source: 1, from: gap.tsFrom.rawValue, to: to)
        let lags = try lags(of: id, around: gap)
        guard let least = [lags.before, lags.after].compactMap({ $0 }).min() else { return keys }
        let from = gap.tsFrom.rawValue.subtractingSaturated(least).addingSaturated(Self.toleranceNS)
        let lag = lags.after ?? least
        let end = gap.tsTo == nil ? Int64.max : to.subtractingSaturated(lag).subtractingSaturated(Self.toleranceNS)
        guard from < end else { return keys }
        let found = try bars(of: id, series, source: 0, from: from, to: end)
        guard !found.isEmpty else { return keys }
        // The venue's time may run backwards, so a bar may have ended before the gap or begun after it.
        let last = try greatestEventTime(of: id, "ts_recv <= ?2", gap.tsFrom)
        var first: Int64?
        if let tsTo = gap.tsTo {
            first = try greatestEventTime(of: id, "ts_recv >= ?2 ORDER BY ts_recv LIMIT 50", tsTo)
        }
        return keys
            + found.filter { key in
                let hadEnded = last.map { $0 >= key.tsOpen.addingSaturated(key.intervalNS) } ?? false
                let hadToBegin = first.map { $0 < key.tsOpen } ?? false
                return !hadEnded && !hadToBegin
            }
    }

    /// The ticks that bars are built from.
    private static let ticks = ["(SELECT * FROM quote WHERE NOT is_derived)", "trade"]

    /// The latest venue time among some ticks on one side of a gap.
    private func greatestEventTime(
        of id: Int64,
        _ condition: String,
        _ time: UnixNanoseconds
    ) throws(ArchiveError) -> Int64? {
        var greatest: Int64?
        for table in Self.ticks {
            let sql = """
                SELECT max(t) FROM (SELECT ts_event AS t FROM \(table)
                    WHERE instrument_id = ?1 AND ts_event IS NOT NULL AND \(condition))
                """
            try reader.read(with: sql) { statement throws(ArchiveError) in
                statement.bind(1, id)
                statement.bind(2, time.rawValue)
                guard try statement.step(), let time = statement.optionalInteger(0) else { return }
                greatest = max(greatest ?? time, time)
            }
        }
        return greatest
    }

    /// Complete bars with `ts_open < to` and `ts_close > from`.
    private func bars(
        of id: Int64,
        _ series: [Series],
        source: Int64,
        from: Int64,
        to: Int64
    ) throws(ArchiveError) -> [Key] {
        var keys: [Key] = []
        try reader.read(with: Self.completeBars) { statement throws(ArchiveError) in
            for one in series {
                statement.bind(1, id)
                statement.bind(2, one.side)
                statement.bind(3, one.intervalNS)
                statement.bind(4, from.subtractingSaturated(one.intervalNS))
                statement.bind(5, to)
                statement.bind(6, from)
                statement.bind(7, source)
                while try statement.step() {
                    let tsOpen = statement.integer(0)
                    keys.append(
                        Key(instrumentID: id, side: one.side, intervalNS: one.intervalNS, tsOpen: tsOpen)
                    )
                }
            }
        }
        return keys
    }

    private static let completeBars = """
        SELECT ts_open FROM bar WHERE instrument_id = ? AND side = ? AND interval_ns = ? AND ts_open > ?
            AND ts_open < ? AND ts_close > ? AND is_complete = 1 AND time_source = ?
        """

    /// The smallest `ts_recv - ts_event` of up to 50 ticks on each side of the gap.
    private func lags(of id: Int64, around gap: GapRow) throws(ArchiveError) -> (before: Int64?, after: Int64?) {
        let before = try lag(of: id, "ts_recv <= ?2 ORDER BY ts_recv DESC", gap.tsFrom)
        guard let tsTo = gap.tsTo else { return (before, nil) }
        return (before, try lag(of: id, "ts_recv >= ?2 ORDER BY ts_recv", tsTo))
    }

    private func lag(of id: Int64, _ side: String, _ time: UnixNanoseconds) throws(ArchiveError) -> Int64? {
        var least: Int64?
        for table in Self.ticks {
            let sql = """
                SELECT min(d) FROM (SELECT ts_recv - ts_event AS d FROM \(table)
                    WHERE instrument_id = ?1 AND ts_event IS NOT NULL AND \(side) LIMIT 50)
                """
            try reader.read(with: sql) { statement throws(ArchiveError) in
                statement.bind(1, id)
                statement.bind(2, time.rawValue)
                guard try statement.step(), let lag = statement.optionalInteger(0) else { return }
                least = min(least ?? lag, lag)
            }
        }
        return least
    }
}
