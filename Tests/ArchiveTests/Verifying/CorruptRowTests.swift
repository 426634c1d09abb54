import Archive
import Foundation
import MarketModel
import Testing

/// Rows with values that the schema does not allow, and rows whose parents are missing.
struct CorruptRowTests {
    private static let stamp = UpkeepStamp(now: time(), programVersion: "test")

    /// Runs SQL on a recording as if its tables were not strict, so that any value fits any column.
    private static func changeLoosely(_ path: String, _ sql: String) throws {
        let database = try RawDatabase(path)
        func setSchema(_ from: String, _ to: String) throws {
            try database.run(
                """
                PRAGMA writable_schema = ON;
                UPDATE sqlite_schema SET sql = replace(sql, '\(from)', '\(to)') WHERE type = 'table';
                PRAGMA writable_schema = RESET
                """
            )
        }
        // SQLite accepts any word after the last parenthesis only if it knows it, so the whole ending is replaced.
        try setSchema(") STRICT, WITHOUT ROWID", ") WITHOUT ROWID")
        try setSchema(") STRICT", ")")
        try database.run("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF")
        try database.run(sql)
        try setSchema(") WITHOUT ROWID", ") STRICT, WITHOUT ROWID")
        try database.run(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE type = 'table' AND sql NOT LIKE '%STRICT%';
            PRAGMA writable_schema = RESET
            """
        )
    }

    @Test(
        "a value of the wrong type in any column is found, traps nothing, and costs at most its row",
        arguments: [
            ("quote", 60), ("trade", 6), ("margin_update", 6), ("venue_bar", 6), ("order_update", 6), ("bar", 6),
            ("event", 6), ("gap", 1), ("clock_sample", 1), ("session", 1),
        ]
    )
    func wrongType(table: String, rowCount: Int) async throws {
        let recording = try await FullRecording()
        let columns = try await Self.columns(of: table, recording.path)
        #expect(columns.count > 2)
        // Each column gets the value in another row; the columns that select the row come last.
        let keys = ["message_index", "ts_open"]
        let order = columns.filter { !keys.contains($0.name) } + columns.filter { keys.contains($0.name) }
        let changes = order.enumerated().map { place, column in
            let value = column.type == "INTEGER" ? "'one'" : "x'C3'"
            return "UPDATE \(table) SET \(column.name) = \(value) WHERE \(Self.row(place % rowCount, of: table))"
        }
        try Self.changeLoosely(recording.path, changes.joined(separator: ";\n"))
        let problems = try recording.problems().map(\.reason)
        // SQLite reports at most 20 problems.
        let found = columns.count { column in problems.contains { $0.contains("\(table).\(column.name)") } }
        #expect(found >= min(columns.count, 10), "\(problems)")
        await Self.readEverything(recording.path)
        let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
        #expect(outcome.report.problems == [] && outcome.report.messagesReceived == FullRecording.messages)
        #expect(try await Self.count(table, recording.path) >= rowCount - min(rowCount, columns.count))
        #expect(try recording.messageNumbers() == Array(0..<FullRecording.messages))
    }

    /// A condition for one row of a table of ``FullRecording``.
    private static func row(_ place: Int, of table: String) -> String {
        switch table {
        case "quote": "message_index = \(place)"
        case "trade", "margin_update", "venue_bar", "order_update": "message_index = \(place * 10)"
        case "bar": "ts_open = \(sampleTime + Int64(place) * 10_000)"
        default: "rowid = (SELECT rowid FROM \(table) ORDER BY rowid LIMIT 1 OFFSET \(place))"
        }
    }

    /// The columns of a table that are neither row ids nor computed, with their types.
    private static func columns(of table: String, _ path: String) async throws -> [(name: String, type: String)] {
        let session = try SQLSession(recordings: [path])
        defer { session.close() }
        let single = "SELECT count(*) FROM pragma_table_info('\(table)') WHERE pk > 0"
        let sql = """
            SELECT name, type FROM pragma_table_info('\(table)') WHERE pk = 0 OR (\(single)) > 1
            """
        return try await rows(of: sql, in: session).map { (text($0[0]), text($0[1])) }
    }

    private static func count(_ table: String, _ path: String) async throws -> Int {
        let session = try SQLSession(recordings: [path])
        defer { session.close() }
        let found = try await rows(of: "SELECT count(*) FROM \(table)", in: session)
        guard case .integer(let count) = found[0][0] else { return -1 }
        return Int(count)
    }

    /// Calls everything that a reader offers; errors are allowed, traps are not.
    private static func readEverything(_ path: String) async {
        guard let reader = try? ArchiveReader(path: path) else { return }
        _ = try? reader.summary()
        _ = try? (reader.sessions(), reader.feeds(), reader.connections(), reader.instruments(), reader.gaps())
        _ = try? (reader.closedSpans(), reader.subscriptions(), reader.feedOptions(["bars"]), reader.timeBounds())
        if var cursor = try? reader.quotes() { _ = try? cursor.all() }
        if var cursor = try? reader.trades() { _ = try? cursor.all() }
        if var cursor = try? reader.marginUpdates() { _ = try? cursor.all() }
        if var cursor = try? reader.events() { _ = try? cursor.all() }
        _ = try? Coverage(reader)
        guard let session = try? SQLSession(recordings: [path]) else { return }
        defer { session.close() }
        for view in ["quotes", "trades", "ticks", "bars", "events", "gaps", "margin_updates", "order_updates"] {
            _ = try? await rows(of: "SELECT * FROM \(view)", in: session)
        }
    }

    @Test(
        "rows whose parent is missing are found, and a repair makes the parent",
        arguments: [
            ("session", "session"), ("feed", "feed"), ("connection WHERE connection_id = 2", "connection"),
            ("instrument WHERE instrument_id = 2", "instrument"),
        ]
    )
    func missingParent(rows: String, parent: String) async throws {
        let recording = try await FullRecording()
        try await change(recording.path, "DELETE FROM \(rows)")
        let problems = try recording.problems()
        #expect(problems.contains { $0.kind == .row && $0.reason.hasSuffix("to no row of \(parent)") }, "\(problems)")
        let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
        #expect(outcome.report.problems == [] && outcome.unknownRows == 1)
        #expect(outcome.report.messagesReceived == FullRecording.messages)
        #expect(outcome.report.quoteCount == 60 && outcome.report.tradeCount == 6 && outcome.report.barCount == 6)
        #expect(try recording.messageNumbers() == Array(0..<FullRecording.messages))
    }

    @Test("a recording of which only the blocks are left keeps its messages")
    func blocksOnly() async throws {
        let recording = try await FullRecording()
        try await change(
            recording.path,
            "DELETE FROM session; DELETE FROM feed; DELETE FROM connection; DELETE FROM quote"
        )
        let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
        #expect(outcome.report.problems == [] && outcome.unknownRows == 4)
        #expect(try recording.messageNumbers() == Array(0..<FullRecording.messages))
        let feeds = try ArchiveReader(path: recording.path).feeds()
        #expect(feeds.map(\.name) == ["unknown"] && feeds.map(\.venue) == ["unknown"])
    }
}
