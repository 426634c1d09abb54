import MarketModel

/// The differences that a rebuild found in one table.
package struct RebuildDifference: Hashable, Sendable {
    package let table: String
    /// Rows that should be stored but were not.
    package let made: Int64
    /// Rows that were stored but should not be.
    package let removed: Int64
    /// Rows that were stored with other values.
    package let changed: Int64

    package var isEmpty: Bool { made == 0 && removed == 0 && changed == 0 }
}

/// Rebuilds the rows and bars of a recording in a file beside it.
///
/// The caller writes the rows made from the stored messages, then the bars. Rows of messages that are no longer stored
/// are copied from the recording. Not `Sendable`: use it from one task at a time.
package final class RecordingRebuild {
    package let reader: ArchiveReader
    /// The instruments of the recording, which keep their numbers.
    package let instruments: [InstrumentRow]
    /// The intervals of the stored bars, in nanoseconds.
    package let barIntervals: [Int64]
    /// The intervals in the configurations of the sessions, as text.
    package let configuredBars: [String]
    /// Tiers that were pruned; they are not rebuilt.
    package let pruned: Set<RetentionTier>

    private let path: String
    /// An upgraded copy, which is read instead if the recording has an older schema.
    private let upgraded: UpgradedCopy?
    private let upkeep: ArchiveUpkeep
    private let replacement: RecordingReplacement
    private let absences: [AbsenceRow]
    private var storedMessages: [ClosedRange<Int64>] = []
    private var ticks: TickInserter?
    private var rows: RowInserter?

    /// Begins to rebuild the recording at `path`.
    ///
    /// - Throws: ``ArchiveError/Code/busy`` while it is being written, ``ArchiveError/Code/notFound`` if its messages
    ///   have been pruned.
    package init(
        of path: String,
        fileSystem: any FileSystem = SystemFileSystem()
    ) throws(ArchiveError) {
        upkeep = try ArchiveUpkeep(directory: FilePath.parent(of: path))
        try upkeep.checkNotWritten(path)
        try upkeep.foldLog(of: path)
        self.path = path
        upgraded = try UpgradedCopy(of: path, fileSystem: fileSystem)
        reader = try ArchiveReader(path: upgraded?.path ?? path)
        instruments = try reader.instruments()
        absences = try reader.absences()
        pruned = Set(absences.filter { $0.cause == .prune }.map(\.kind.tier))
        guard !pruned.contains(.raw) else {
            throw ArchiveError(
                code: .notFound,
                path: path,
                detail: "cannot rebuild '\(path)': its raw messages have been pruned"
            )
        }
        configuredBars = try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                """
                SELECT DISTINCT configuration ->> '$.bars' FROM session
                WHERE json_valid(configuration) AND json_type(configuration, '$.bars') = 'text'
                """,
                on: handle,
                path: path
            )
            var texts: [String] = []
            while try statement.step() { texts += statement.text(0).split(separator: ",").map(String.init) }
            return texts
        }
        barIntervals = try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                "SELECT DISTINCT interval_ns FROM bar ORDER BY 1",
                on: handle,
                path: path
            )
            var intervals: [Int64] = []
            while try statement.step() { intervals.append(statement.integer(0)) }
            return intervals
        }
        replacement = try RecordingReplacement(of: path, source: upgraded?.path, fileSystem: fileSystem)
        try openInserters()
        for row in instruments { try rows?.insert(row) }
    }

    /// Writes rebuilt rows of any kind except blocks and gaps.
    package func write(_ batch: WriteBatch) throws(ArchiveError) {
        guard let ticks, let rows else { return }
        for row in batch.instruments { try rows.insert(row) }
        for key in batch.removedBars { try rows.remove(key) }
        for row in batch.bars { try rows.insert(row) }
        for row in batch.bookCheckpoints { try rows.insert(row) }
        guard !pruned.contains(.ticks) else { return }
        try ticks.insert(batch.quotes)
        try ticks.insert(batch.trades)
        for row in batch.marginUpdates { try rows.insert(row) }
        for row in batch.venueBars { try rows.insert(row) }
        for row in batch.orderUpdates { try rows.insert(row) }
        for row in batch.events { try rows.insert(row) }
    }

    /// Notes that all rows of the messages `numbers` have been written; call it in ascending order.
    package func cover(_ numbers: ClosedRange<Int64>) {
        if let last = storedMessages.last, last.upperBound + 1 == numbers.lowerBound {
            storedMessages[storedMessages.count - 1] = last.lowerBound...numbers.upperBound
        } else {
            storedMessages.append(numbers)
        }
    }

    /// Copies the rows of messages that are not stored, and returns a reader of the ticks for the bars.
    ///
    /// `lacksMessages` is true if messages could not be read.
    package func finishRows(lacksMessages: Bool = false) throws(ArchiveError) -> ArchiveReader {
        let copy = try TableCopy(replacement)
        try replacement.execute("CREATE TEMP TABLE stored (first INTEGER PRIMARY KEY, last INTEGER NOT NULL)")
        let insert = try replacement.statement("INSERT INTO temp.stored VALUES (?, ?)")
        for range in storedMessages.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            insert.bind(1, range.lowerBound)
            insert.bind(2, range.upperBound)
            try insert.run()
        }
        let names = RetentionTier.ticks.tables + [Self.books]
        for table in copy.tables where names.contains(table.name) {
            // No message is the cause of the first and the last state of a book in a recording.
            let isKept = table.name == Self.books ? "item < 0" : "message_index IS NULL"
            let columns = table.columns.filter { $0.name != "event_id" }.map(\.name).joined(separator: ", ")
            // Only the last range that begins at or before a message can contain it.
            try replacement.execute(
                """
                INSERT OR IGNORE INTO main.\(table.name) (\(columns)) SELECT \(columns) FROM source.\(table.name) r
                WHERE \(isKept) OR message_index > coalesce(
                    (SELECT last FROM temp.stored WHERE first <= r.message_index ORDER BY first DESC LIMIT 1), -1)
                """
            )
        }
        try keepInstruments()
        try keepCounting()
        if lacksMessages || absences.contains(where: { $0.kind == .message }) { try keepDerivedQuotes() }
        try copy.detach()
        try closeInserters()
        try replacement.finish()
        return try ArchiveReader(path: replacement.path)
    }

    /// The table of the states of order books, which pruning keeps.
    private static let books = "book_checkpoint"
    private static let bookKey = "channel, ts_recv, message_index, item"
    private static let venueBarPrices = ["open", "high", "low", "close"]

    /// Moves ticks to the instrument row under which they are stored, if their numbers are equal.
    ///
    /// A symbol continues under another row if its digits grow. When this happens depends on how many messages were
    /// read together, which is not stored.
    private func keepInstruments() throws(ArchiveError) {
        try replacement.execute(
            """
            CREATE TEMP VIEW twin AS
            SELECT a.instrument_id AS id, b.instrument_id AS stored_id, a.price_scale AS price_scale,
                a.size_scale AS size_scale, b.price_scale AS stored_price_scale, b.size_scale AS stored_size_scale
            FROM main.instrument a JOIN main.instrument b USING (venue, symbol) WHERE a.instrument_id <> b.instrument_id
            """
        )
        for (table, prices, sizes) in [
            ("quote", ["bid_price", "ask_price"], ["bid_size", "ask_size"]), ("trade", ["price"], ["size"]),
            ("venue_bar", ["bid", "ask"].flatMap { side in Self.venueBarPrices.map { "\(side)_\($0)" } }, []),
        ] {
            let isSame =
                prices.map { "m.\($0) / t.price_scale IS s.\($0) / t.stored_price_scale" }
                + sizes.map { "m.\($0) / t.size_scale IS s.\($0) / t.stored_size_scale" }
            let key = "ts_recv, message_index, item"
            try replacement.execute(
                """
                CREATE TEMP TABLE moved_\(table) AS
                SELECT t.id, t.stored_id, m.ts_recv, m.message_index, m.item FROM temp.twin t
                JOIN main.\(table) m ON m.instrument_id = t.id
                JOIN source.\(table) s ON s.instrument_id = t.stored_id
                    AND (\(prefixed("s", key))) = (\(prefixed("m", key)))
                WHERE \(isSame.joined(separator: " AND "));
                INSERT OR REPLACE INTO main.\(table) SELECT s.* FROM temp.moved_\(table) v JOIN source.\(table) s
                    ON s.instrument_id = v.stored_id AND (\(prefixed("s", key))) = (\(prefixed("v", key)));
                DELETE FROM main.\(table) WHERE (instrument_id, \(key)) IN (
                    SELECT id, \(key) FROM temp.moved_\(table));
                DROP TABLE temp.moved_\(table)
                """
            )
        }
        try replacement.execute(
            """
            UPDATE OR REPLACE main.book_checkpoint SET instrument_id = s.instrument_id
            FROM temp.twin t JOIN source.book_checkpoint s ON s.instrument_id = t.stored_id
            WHERE book_checkpoint.instrument_id = t.id AND (\(prefixed("book_checkpoint", Self.bookKey)))
                = (\(prefixed("s", Self.bookKey)));
            DROP VIEW temp.twin
            """
        )
    }

    /// Keeps the stored decision which of several rows of the same executions bars use.
    ///
    /// The decision depends on earlier rows, which may be in another recording. Schemas before 5 did not store it.
    private func keepCounting() throws(ArchiveError) {
        if let upgraded, upgraded.originalVersion < 5 { return }
        let key = "instrument_id, ts_recv, message_index, item"
        try replacement.execute(
            """
            UPDATE main.trade SET in_bars = s.in_bars FROM source.trade s
            WHERE (\(prefixed("trade", key))) = (\(prefixed("s", key))) AND main.trade.in_bars <> s.in_bars
            """
        )
    }

    /// Keeps stored quotes of order books.
    ///
    /// If a message is missing, its book is not known until the next snapshot, so these quotes cannot be rebuilt.
    private func keepDerivedQuotes() throws(ArchiveError) {
        try replacement.execute("INSERT OR IGNORE INTO main.quote SELECT * FROM source.quote WHERE is_derived")
    }

    /// Compares the rebuilt rows with the stored ones; call it after the bars have been written.
    ///
    /// Only the session that built a bar knew whether it is complete, so a bar with the same values keeps its stored
    /// flag.
    package func compare() throws(ArchiveError) -> [RebuildDifference] {
        let copy = try TableCopy(replacement)
        try settleBars(copy)
        var differences: [RebuildDifference] = []
        for table in copy.tables {
            let tier = RetentionTier.allCases.first { $0 != .raw && $0.tables.contains(table.name) }
            guard ["instrument", Self.books].contains(table.name) || tier.map({ !pruned.contains($0) }) == true else {
                continue
            }
            let difference = try TableComparison(replacement, table).difference()
            if !difference.isEmpty { differences.append(difference) }
        }
        try copy.detach()
        return differences
    }

    private func settleBars(_ copy: TableCopy) throws(ArchiveError) {
        guard let bars = copy.tables.first(where: { $0.name == "bar" }) else { return }
        let values = "ts_close, open, high, low, close, tick_count, volume, taker_buy_volume, notional, time_source"
        let key = "instrument_id, side, interval_ns, ts_open"
        try replacement.execute(
            """
            UPDATE main.bar SET is_complete = s.is_complete FROM source.bar s
            WHERE (\(prefixed("bar", key))) = (\(prefixed("s", key)))
                AND (\(prefixed("bar", values))) IS (\(prefixed("s", values)))
            """
        )
        // If messages are missing, their ticks may be too, but the stored bar includes them.
        if absences.contains(where: { $0.kind == .message }) { try keepLargerBars(bars, key, where: "true") }
        // Bars that were still open when a recorder continued in this file include ticks of earlier files.
        if try goesOnFromEarlierFile() {
            func first(_ table: String, _ condition: String) -> String {
                "(SELECT coalesce(ts_event, ts_recv) FROM source.\(table) t WHERE t.instrument_id = s.instrument_id "
                    + "AND \(condition) ORDER BY ts_recv LIMIT 1)"
            }
            let (trade, quote) = (first("trade", "true"), first("quote", "NOT is_derived"))
            let begin = "CASE s.side WHEN 2 THEN \(trade) ELSE \(quote) END"
            try keepLargerBars(bars, key, where: "s.ts_open <= coalesce(\(begin), s.ts_open)")
        }
    }

    /// Keeps stored bars that count more ticks than the recording has.
    private func keepLargerBars(_ bars: TableShape, _ key: String, where condition: String) throws(ArchiveError) {
        let columns = bars.columns.map(\.name).joined(separator: ", ")
        try replacement.execute(
            """
            INSERT OR REPLACE INTO main.bar (\(columns)) SELECT \(columns) FROM source.bar s
            WHERE (\(condition)) AND s.tick_count > coalesce((SELECT tick_count FROM main.bar b
                WHERE (\(prefixed("b", key))) = (\(prefixed("s", key)))), 0)
            """
        )
    }

    /// True if a recorder continued here from another file.
    ///
    /// Its connections were open when the session began; without a connection, a gap or a closed market was.
    private func goesOnFromEarlierFile() throws(ArchiveError) -> Bool {
        try RowQueries.integer(
            """
            SELECT count(*) FROM source.session s WHERE s.kind = 'record' AND (
                EXISTS (SELECT 1 FROM source.feed f JOIN source.connection c USING (feed_id)
                    WHERE f.session_id = s.session_id AND c.ts_opened = s.ts_start AND c.journal_key IS NOT NULL)
                OR EXISTS (SELECT 1 FROM source.feed f JOIN source.closed_span p USING (feed_id)
                    WHERE f.session_id = s.session_id AND p.ts_from = s.ts_start)
                OR EXISTS (SELECT 1 FROM source.gap g WHERE g.session_id = s.session_id AND g.ts_from = s.ts_start))
            """,
            on: replacement.handle,
            path: replacement.path
        ) > 0
    }

    private func prefixed(_ name: String, _ columns: String) -> String {
        columns.split(separator: ",").map { "\(name).\($0.drop { $0 == " " })" }.joined(separator: ", ")
    }

    /// Reopens the new file for bars, after ``finishRows()``.
    package func beginBars() throws(ArchiveError) {
        try replacement.reopen()
        try openInserters()
    }

    package func endBars() throws(ArchiveError) {
        try closeInserters()
    }

    /// Replaces the recording with the new file.
    package func apply(_ differences: [RebuildDifference], _ stamp: UpkeepStamp) throws(ArchiveError) {
        let made = Set(RetentionTier.ticks.tables + RetentionTier.bars.tables + ["instrument", Self.books])
        let copy = try TableCopy(replacement)
        for table in copy.tables where !made.contains(table.name) { try copy.copy(table) }
        try copy.detach()
        // Damaged rows have been rebuilt as far as possible; the settlement of the counts below finds the rest.
        try replacement.execute("DELETE FROM absence WHERE cause = 'damage' AND kind NOT IN ('message', 'gap')")
        let detail = differences.map {
            "\"\($0.table)\":{\"made\":\($0.made),\"removed\":\($0.removed),\"changed\":\($0.changed)}"
        }
        let row = UpkeepRow(
            kind: .rebuild,
            ts: stamp.now,
            programVersion: stamp.programVersion,
            detail: "{" + detail.joined(separator: ",") + "}"
        )
        try row.insert(on: replacement.handle, path: replacement.path)
        try replacement.finish()
        let report = try ArchiveVerifier.verify(replacement.path)
        try replacement.reopen()
        _ = try CountSettlement(replacement, stamp).settle(report)
        try replacement.finish()
        try upkeep.checkNotWritten(path)
        try replacement.putInPlace()
    }

    /// Discards the new file; the recording is unchanged.
    package func abandon() {
        ticks = nil
        rows = nil
        replacement.abandon()
    }

    private func openInserters() throws(ArchiveError) {
        ticks = try TickInserter(on: replacement.handle, path: replacement.path)
        rows = try RowInserter(on: replacement.handle, path: replacement.path)
    }

    private func closeInserters() throws(ArchiveError) {
        ticks = nil
        rows = nil
    }
}

extension AbsentKind {
    fileprivate var tier: RetentionTier {
        switch self {
        case .message: .raw
        case .bar: .bars
        case .quote, .trade, .marginUpdate, .event, .oddity, .gap: .ticks
        }
    }
}
