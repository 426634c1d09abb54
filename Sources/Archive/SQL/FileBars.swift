import CSQLite

/// The parts of one recording that are needed to find bars shared with other files.
struct FileBars {
    /// The bars of a symbol, of one side and one interval.
    struct Series: Hashable {
        let venue: String
        let symbol: String
        let side: Int64
        let intervalNS: Int64
    }

    /// The extent of a series in one file.
    struct Span {
        /// Ids in `instrument`: several if the symbol's digits had to grow.
        var instrumentIDs: [Int64]
        var tsOpen: ClosedRange<Int64>
    }

    let spans: [Series: Span]
    /// The times and hosts of sessions that ended with a rotation, and in `beginnings` those of sessions that began.
    let rotations: Set<String>
    let beginnings: Set<String>
    /// The random keys of connections, which stay the same from file to file.
    let journalKeys: Set<Int64>

    /// Reads the ends of each series: a few lookups for each instrument.
    init(_ path: String) throws(ArchiveError) {
        let (handle, version) = try RecordingFile.openHandle(path)
        defer { sqlite3_close_v2(handle) }
        spans = try Self.spans(handle, path)
        var rotations: Set<String> = []
        var beginnings: Set<String> = []
        let sessions = try PreparedStatement(
            "SELECT ts_start, host, CASE end_cause WHEN 'rotation' THEN ts_end END FROM session",
            on: handle,
            path: path
        )
        while try sessions.step() {
            beginnings.insert("\(sessions.integer(0)) \(sessions.text(1))")
            if let end = sessions.optionalInteger(2) { rotations.insert("\(end) \(sessions.text(1))") }
        }
        (self.rotations, self.beginnings) = (rotations, beginnings)
        var keys: Set<Int64> = []
        if version >= 3 {
            let sql = "SELECT journal_key FROM connection WHERE journal_key IS NOT NULL"
            let connections = try PreparedStatement(sql, on: handle, path: path)
            while try connections.step() { keys.insert(connections.integer(0)) }
        }
        journalKeys = keys
    }

    /// True if the recorder of `earlier` continued in this file, so that it wrote unfinished bars again, whole.
    func continues(_ earlier: FileBars) -> Bool {
        !beginnings.isDisjoint(with: earlier.rotations) || !journalKeys.isDisjoint(with: earlier.journalKeys)
    }

    private static func spans(_ handle: OpaquePointer?, _ path: String) throws(ArchiveError) -> [Series: Span] {
        let bars = "FROM main.bar WHERE instrument_id = ?1 AND side = ?2"
        let next = try PreparedStatement("SELECT min(interval_ns) \(bars) AND interval_ns > ?3", on: handle, path: path)
        let ends = try PreparedStatement(
            "SELECT (SELECT min(ts_open) \(bars) AND interval_ns = ?3), (SELECT max(ts_open) \(bars) AND interval_ns = ?3)",
            on: handle,
            path: path
        )
        var spans: [Series: Span] = [:]
        for instrument in try RowQueries.instruments(on: handle, path: path) {
            for side in 0...2 as ClosedRange<Int64> {
                var interval: Int64 = 0
                while let found = try value(next, instrument.instrumentID, side, interval) {
                    interval = found
                    for (index, value) in [instrument.instrumentID, side, interval].enumerated() {
                        ends.bind(Int32(index + 1), value)
                    }
                    guard try ends.step() else { break }
                    let range = ends.integer(0)...max(ends.integer(0), ends.integer(1))
                    ends.reset()
                    let series = Series(
                        venue: instrument.venue,
                        symbol: instrument.symbol,
                        side: side,
                        intervalNS: interval
                    )
                    var span = spans[series] ?? Span(instrumentIDs: [], tsOpen: range)
                    span.instrumentIDs.append(instrument.instrumentID)
                    span.tsOpen =
                        min(span.tsOpen.lowerBound, range.lowerBound)...max(span.tsOpen.upperBound, range.upperBound)
                    spans[series] = span
                }
            }
        }
        return spans
    }

    private static func value(
        _ statement: PreparedStatement,
        _ instrumentID: Int64,
        _ side: Int64,
        _ interval: Int64
    ) throws(ArchiveError) -> Int64? {
        statement.bind(1, instrumentID)
        statement.bind(2, side)
        statement.bind(3, interval)
        defer { statement.reset() }
        return try statement.step() ? statement.optionalInteger(0) : nil
    }
}
