import CSQLite

/// Combines the bars that several files of a set hold, so that each bar counts once and whole.
///
/// A recorder that continues in another file writes its unfinished bars there again, whole; among its files, the last
/// one counts. Files of different recorders, such as imports of parts of a day, hold parts of a bar, which are added
/// up.
struct BarSeams: Sendable {
    /// The difference between the bars that one file shows and those that it stores.
    struct Changes: Sendable {
        var dropped: [(series: FileBars.Series, bar: SharedBar)] = []
        var added: [(series: FileBars.Series, bar: SharedBar)] = []
    }

    private var changes: [Int: Changes] = [:]

    /// Reads the first and last bar of all series, and the bars at the times that files have in common.
    init(_ paths: [String]) throws(ArchiveError) {
        var files: [FileBars] = []
        for path in paths { files.append(try FileBars(path)) }
        let chains = Self.chains(files)
        var readers: [Int: BarReader] = [:]
        for series in Set(files.flatMap(\.spans.keys)) {
            let spans = files.indices.compactMap { number in files[number].spans[series].map { (number, $0) } }
            var found: [Int64: [(file: Int, bar: SharedBar)]] = [:]
            for (number, span) in spans {
                guard let range = Self.overlap(of: number, span.tsOpen, with: spans) else { continue }
                if readers[number] == nil { readers[number] = try BarReader(paths[number]) }
                for bar in try readers[number]?.bars(series, span.instrumentIDs, range) ?? [] {
                    found[bar.tsOpen, default: []].append((number, bar))
                }
            }
            for bars in found.values where Set(bars.map(\.file)).count > 1 { settle(series, bars, chains) }
        }
    }

    /// For each file, the index of the first file of the same chain of rotations.
    private static func chains(_ files: [FileBars]) -> [Int] {
        var chains: [Int] = []
        for (number, file) in files.enumerated() {
            let before = (0..<number).last { file.continues(files[$0]) }
            chains.append(before.map { chains[$0] } ?? number)
        }
        return chains
    }

    /// The times for which another file also has bars of the series.
    private static func overlap(
        of number: Int,
        _ own: ClosedRange<Int64>,
        with spans: [(Int, FileBars.Span)]
    ) -> ClosedRange<Int64>? {
        let shared = spans.filter { $0.0 != number && $0.1.tsOpen.overlaps(own) }.map { $0.1.tsOpen.clamped(to: own) }
        guard let first = shared.map(\.lowerBound).min(), let last = shared.map(\.upperBound).max() else { return nil }
        return first...last
    }

    /// Resolves one bar that several files hold, given in file order.
    private mutating func settle(_ series: FileBars.Series, _ bars: [(file: Int, bar: SharedBar)], _ chains: [Int]) {
        // Among files of one recorder, the file with the most ticks counts, the last one if they are equal.
        var kept: [Int: (file: Int, ticks: Int64)] = [:]
        for (file, bars) in Dictionary(grouping: bars, by: \.file).sorted(by: { $0.key < $1.key }) {
            let ticks = bars.reduce(0) { $0 &+ $1.bar.tickCount }
            if ticks >= kept[chains[file]]?.ticks ?? 0 { kept[chains[file]] = (file, ticks) }
        }
        let files = Set(kept.values.map(\.file))
        for (file, bar) in bars where !files.contains(file) {
            changes[file, default: Changes()].dropped.append((series, bar))
        }
        let parts = bars.filter { files.contains($0.file) }
        guard files.count > 1, let whole = Self.whole(parts) else { return }
        for (file, bar) in parts { changes[file, default: Changes()].dropped.append((series, bar)) }
        changes[whole.file, default: Changes()].added.append((series, whole.bar))
    }

    /// Returns the sum of all parts, and the file whose instrument it refers to; `nil` if a number does not fit.
    private static func whole(_ parts: [(file: Int, bar: SharedBar)]) -> (file: Int, bar: SharedBar)? {
        let owner = parts.max { ($0.bar.priceDigits, $0.bar.sizeDigits) < ($1.bar.priceDigits, $1.bar.sizeDigits) }
        guard let owner else { return nil }
        var whole: SharedBar?
        for (_, part) in parts {
            guard let bar = part.rescaled(owner.bar.priceDigits, owner.bar.sizeDigits) else { return nil }
            if whole == nil {
                whole = bar
            } else if whole?.append(bar) == false {
                return nil
            }
        }
        whole?.instrumentID = owner.bar.instrumentID
        return whole.map { (owner.file, $0) }
    }

    // MARK: Applying to a connection

    /// Creates temporary views `bar` and `bars` on the connection of one file, if the file shows other bars than it
    /// stores.
    func apply(to handle: OpaquePointer?, file: Int, _ path: String) throws(ArchiveError) {
        guard let changes = changes[file] else { return }
        let made = "SELECT count(*) FROM sqlite_temp_schema WHERE name = 'dropped_bar'"
        guard try RowQueries.integer(made, on: handle, path: path) == 0 else { return }
        let schema = try NewestSchema.shared.get()
        guard let bar = schema.tables.first(where: { $0.name == "bar" }),
            let bars = schema.views.first(where: { $0.name == "bars" })?.select
        else { return }
        let key = "instrument_id, side, interval_ns, ts_open"
        let stored = try OlderSchema.select(bar, handle, path)
        // Added rows have a separate view, so that SQLite still finds the others by their key.
        let sources = changes.added.isEmpty ? ["kept_bar"] : ["kept_bar", "added_bar"]
        let all = sources.map { "SELECT * FROM temp.\($0)" }.joined(separator: " UNION ALL ")
        let shown = sources.map { bars.replacing(" JOIN bar b ", with: " JOIN temp.\($0) b ") }
        try RecordingFile.execute(
            """
            CREATE TEMP TABLE dropped_bar (\(key), PRIMARY KEY (\(key))) WITHOUT ROWID;
            CREATE TEMP TABLE added_bar AS \(stored) WHERE false;
            CREATE TEMP VIEW kept_bar AS \(stored) b WHERE NOT EXISTS (SELECT 1 FROM temp.dropped_bar d
                WHERE (d.instrument_id, d.side, d.interval_ns, d.ts_open)
                    = (b.instrument_id, b.side, b.interval_ns, b.ts_open));
            DROP VIEW IF EXISTS temp.bar;
            DROP VIEW IF EXISTS temp.bars;
            CREATE TEMP VIEW bar AS \(all);
            CREATE TEMP VIEW bars AS \(shown.joined(separator: " UNION ALL "));
            """,
            handle,
            path
        )
        try changes.insert(on: handle, path)
    }
}

extension BarSeams.Changes {
    /// Fills the temporary tables for one file.
    fileprivate func insert(on handle: OpaquePointer?, _ path: String) throws(ArchiveError) {
        let drop = try PreparedStatement(
            "INSERT OR IGNORE INTO temp.dropped_bar VALUES (?, ?, ?, ?)",
            on: handle,
            path: path
        )
        for (series, bar) in dropped {
            for (index, value) in [bar.instrumentID, series.side, series.intervalNS, bar.tsOpen].enumerated() {
                drop.bind(Int32(index + 1), value)
            }
            try drop.run()
        }
        let add = try PreparedStatement(
            """
            INSERT INTO temp.added_bar (instrument_id, side, interval_ns, ts_open, ts_close, open, high, low, close,
                tick_count, volume, taker_buy_volume, notional, is_complete, time_source)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            on: handle,
            path: path
        )
        for (series, bar) in added {
            let numbers = [
                bar.instrumentID, series.side, series.intervalNS, bar.tsOpen, bar.tsClose, bar.open, bar.high, bar.low,
                bar.close, bar.tickCount,
            ]
            for (index, value) in numbers.enumerated() { add.bind(Int32(index + 1), value) }
            add.bind(11, bar.volume)
            add.bind(12, bar.takerBuyVolume)
            add.bind(13, bar.notional)
            add.bind(14, bar.isComplete)
            add.bind(15, bar.timeSource)
            try add.run()
        }
    }
}
