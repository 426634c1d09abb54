import Archive
import Foundation
import MarketModel
import Testing

/// SQL on several recordings: the answer is right, or the query is rejected.
@Suite(.timeLimit(.minutes(5)))
struct DirectorySQLTests {
    private static let second: Int64 = 1_000_000_000

    /// One recording: trades of one instrument at the given seconds, and bars as a recorder would have stored them.
    private struct Part {
        var name: String
        var seconds: Range<Int64>
        var bars: [BarRow] = []
        var instrumentID: Int64 = 1
        var priceDigits: UInt8 = 2
        /// When the session began and ended, in seconds; a file that continues another one begins when that one ended.
        var session: (begin: Int64, end: Int64, cause: String) = (0, 0, "signal")
    }

    private static func archive(_ parts: [Part]) async throws -> (TemporaryDirectory, [String]) {
        let directory = try TemporaryDirectory()
        let lock = try ArchiveLock(directory: directory.path)
        for part in parts {
            let writer = try ArchiveWriter.open(directory: directory.path, day: part.name, lock: lock)
            let session = SessionStart(
                kind: .record,
                tsStart: time(part.session.begin * second),
                host: "h",
                programVersion: "test",
                configuration: "{}"
            )
            let sessionID = try await writer.beginSession(session)
            let feed = FeedRow(sessionID: sessionID, name: "spot", venue: "binance-spot", url: nil)
            let feedID = try await writer.addFeed(feed)
            let opened = ConnectionOpened(feedID: feedID, tsOpened: time(part.session.begin * second))
            let connectionID = try await writer.openConnection(opened)
            var batch = WriteBatch()
            batch.instruments = [instrument(part.instrumentID, "BTCUSDT", priceDigits: part.priceDigits)]
            batch.trades = part.seconds.enumerated().map { index, at in
                trade(part.instrumentID, at * second, message: Int64(index))
            }
            batch.bars = part.bars
            batch.blocks = [
                try block(
                    connectionID: connectionID,
                    part.seconds.enumerated().map { index, at in
                        SampleMessage(index: Int64(index), offset: at * second, payload: "\(part.name)m\(index)")
                    }
                )
            ]
            try await writer.write(batch)
            try await writer.endSession(
                sessionID,
                tsEnd: time(part.session.end * second),
                cause: part.session.cause,
                counts: SessionCounts()
            )
            await writer.close()
        }
        let files = try ArchiveLocation(directory.path).files
        try #require(files.count == parts.count)
        return (directory, files)
    }

    private static func bar(_ ticks: Int64, low: Int64, volume: Int64, digits: Int64 = 2, id: Int64 = 1) -> BarRow {
        let scale = digits == 2 ? 1 : 100 as Int64
        var row = BarRow(
            instrumentID: id,
            side: .trade,
            intervalNS: 60 * second,
            tsOpen: UnixNanoseconds(sampleTime / (60 * second) * 60 * second),
            tsClose: UnixNanoseconds(sampleTime / (60 * second) * 60 * second + 60 * second),
            open: 100 * scale,
            high: 200 * scale,
            low: low * scale,
            close: 150 * scale,
            tickCount: ticks,
            isComplete: true,
            timeSource: .event
        )
        (row.volume, row.takerBuyVolume, row.notional) = (volume, 1, "10.5")
        return row
    }

    /// The first of two files of one recorder, with a bar that is not over.
    private static var firstOfTwo: Part {
        Part(name: "2026-01-05", seconds: 0..<5, bars: [bar(5, low: 90, volume: 500)], session: (0, 5, "rotation"))
    }

    private static func texts(_ sql: String, _ files: [String]) async throws -> [String] {
        let session = try SQLSession(recordings: files)
        defer { session.close() }
        return try await rows(of: sql, in: session).map { $0.map(text).joined(separator: "|") }
    }

    @Test("B12 a bar that a recorder wrote into two files counts once, in its last version")
    func rotatedBar() async throws {
        let (directory, files) = try await Self.archive([
            Self.firstOfTwo,
            Part(
                name: "2026-01-06",
                seconds: 5..<8,
                bars: [Self.bar(8, low: 80, volume: 800)],
                session: (5, 9, "signal")
            ),
        ])
        defer { withExtendedLifetime(directory) {} }
        let sql =
            "SELECT count(*), sum(tick_count), min(low), sum(volume) FROM bars WHERE interval = '1m' AND side = 'trade'"
        #expect(try await Self.texts(sql, files) == ["1|8|0.8|8e-06"])
        #expect(
            try await Self.texts("SELECT count(*), sum(tick_count), max(file) FROM bar", files) == [
                "1|8|2026-01-06.feedrec"
            ]
        )
        // The same for a nested query.
        let nested =
            "WITH b AS (SELECT * FROM bars) SELECT (SELECT sum(tick_count) FROM b), count(*) FROM b JOIN bar USING (ts_open)"
        #expect(try await Self.texts(nested, files) == ["8|1"])
        #expect(
            try await Self.texts("SELECT tick_count FROM d1.bar UNION ALL SELECT tick_count FROM main.bar", files) == [
                "8", "5",
            ]
        )
    }

    @Test("B12 a bar of two files counts once if the digits of the instrument grew between them")
    func grownBar() async throws {
        let (directory, files) = try await Self.archive([
            Self.firstOfTwo,
            Part(
                name: "2026-01-06",
                seconds: 5..<8,
                bars: [Self.bar(8, low: 80, volume: 800, digits: 4, id: 3)],
                instrumentID: 3,
                priceDigits: 4,
                session: (5, 9, "signal")
            ),
        ])
        defer { withExtendedLifetime(directory) {} }
        let sql = "SELECT symbol, tick_count, low, close FROM bars"
        #expect(try await Self.texts(sql, files) == ["BTCUSDT|8|0.8|1.5"])
    }

    @Test("kind 7 parts of a bar in files of different recorders are combined")
    func mergedBar() async throws {
        for digits in [2, 4] as [Int64] {
            let (directory, files) = try await Self.archive([
                Part(
                    name: "2026-01-05",
                    seconds: 0..<5,
                    bars: [Self.bar(5, low: 90, volume: 500)],
                    session: (0, 5, "signal")
                ),
                Part(
                    name: "2026-01-06",
                    seconds: 5..<8,
                    bars: [Self.bar(3, low: 80, volume: 300, digits: digits, id: 3)],
                    instrumentID: 3,
                    priceDigits: UInt8(digits),
                    session: (6, 9, "signal")
                ),
            ])
            defer { withExtendedLifetime(directory) {} }
            let sql = "SELECT symbol, open, high, low, close, tick_count, volume, notional FROM bars"
            #expect(try await Self.texts(sql, files) == ["BTCUSDT|1.0|2.0|0.8|1.5|8|8e-06|21.0"])
            #expect(try await Self.texts("SELECT sum(tick_count), count(*) FROM bar", files) == ["8|1"])
        }
    }

    private static let two = [
        Part(name: "2026-01-05", seconds: 0..<5, session: (0, 5, "rotation")),
        Part(name: "2026-01-06", seconds: 5..<8, instrumentID: 7, session: (5, 9, "signal")),
    ]

    @Test("B13 tables cover all files, and joins by ids stay within a file")
    func tables() async throws {
        let (directory, files) = try await Self.archive(Self.two)
        defer { withExtendedLifetime(directory) {} }
        for (sql, expected) in [
            ("SELECT count(*), count(DISTINCT file) FROM trade", ["8|2"]),
            ("SELECT count(*) FROM trade JOIN instrument USING (instrument_id)", ["8"]),
            (
                "SELECT count(*) FROM trade t, instrument i WHERE t.instrument_id = i.instrument_id AND i.symbol = 'BTCUSDT'",
                ["8"]
            ),
            ("SELECT instrument_id FROM instrument", ["1", "1000000000007"]),
            ("SELECT count(*) FROM trade WHERE instrument_id = 1000000000007", ["3"]),
            ("SELECT count(*) FROM trade WHERE instrument_id IN (SELECT instrument_id FROM instruments)", ["8"]),
            (
                "SELECT count(DISTINCT session_id), count(*) FROM session JOIN feed USING (session_id) JOIN connection USING (feed_id)",
                ["2|2"]
            ),
            ("SELECT sum(message_count) FROM message_block", ["8"]),
            ("SELECT count(*) FROM messages", ["8"]),
            ("SELECT count(*) FROM main.trade", ["5"]),
            ("SELECT count(*) FROM identity", ["2"]),
            ("SELECT count(*) FROM trade WHERE instrument_id > 1.5 AND instrument_id < '1000000000008'", ["3"]),
        ] {
            #expect(try await Self.texts(sql, files) == expected, "\(sql)")
        }
    }

    @Test(
        "kind 7 statements that would mix the files, or use only the first one, are rejected",
        arguments: [
            (
                "SELECT count(*) FROM trades t JOIN messages m ON m.message_index = t.message_index",
                "compare the column file"
            ),
            (
                "SELECT count(*) FROM trade t, message_block b, messages m WHERE m.message_index = t.message_index",
                "file"
            ),
            ("PRAGMA user_version", "PRAGMA user_version is about one recording"),
            ("SELECT 1; /* x */ -- y\n pragma integrity_check(10)", "PRAGMA integrity_check is about one recording"),
            ("DELETE FROM trade", "read-only"), ("INSERT INTO gap (cause) VALUES ('x')", "read-only"),
        ]
    )
    func refused(sql: String, reason: String) async throws {
        let (directory, files) = try await Self.archive(Self.two)
        defer { withExtendedLifetime(directory) {} }
        let error = await archiveError { _ = try await Self.texts(sql, files) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "no error")")
    }

    @Test(
        "kind 7 statements that are correct over several files are answered",
        arguments: [
            ("SELECT count(*) FROM trades t JOIN messages m USING (file, message_index)", "8"),
            ("SELECT count(*) FROM trades NATURAL JOIN (SELECT file, message_index FROM messages)", "8"),
            ("SELECT count(*) FROM messages WHERE message_index = 2", "2"), ("PRAGMA main.user_version", "7"),
            ("SELECT count(*) FROM messages WHERE message_index IN (0, 4)", "3"),
            ("SELECT count(*) FROM pragma_table_info('trades') WHERE name = 'file'", "1"),
        ]
    )
    func answered(sql: String, answer: String) async throws {
        let (directory, files) = try await Self.archive(Self.two)
        defer { withExtendedLifetime(directory) {} }
        #expect(try await Self.texts(sql, files) == [answer])
    }

    @Test("kind 7 SQL writes to one file, but not to a directory")
    func writing() async throws {
        let (directory, files) = try await Self.archive(Self.two)
        defer { withExtendedLifetime(directory) {} }
        let error = await archiveError { _ = try SQLSession(recordings: files, isWritable: true) }
        #expect(error?.code == .readOnly && error?.hint == "name the file")
        let session = try SQLSession(recordings: [files[0]], isWritable: true)
        #expect(try await rows(of: "DELETE FROM trade; SELECT count(*) FROM trades", in: session) == [[.integer(0)]])
        session.close()
    }

    @Test("B14 ticks come in time order, ascending and descending, over overlapping files, with or without a condition")
    func order() async throws {
        let (directory, files) = try await Self.archive([
            Part(name: "2026-01-05", seconds: 0..<500, session: (0, 5, "signal")),
            Part(name: "2026-01-06", seconds: 250..<900, instrumentID: 7, session: (6, 9, "signal")),
            Part(name: "2026-01-07", seconds: 5_000_000..<5_000_100, session: (10, 11, "signal")),
        ])
        defer { withExtendedLifetime(directory) {} }
        let order = "ts_recv, message_index, item"
        for view in ["ticks", "trades"] {
            // Sorted by SQLite itself.
            let sorted = try await Self.texts(
                "SELECT ts_recv, message_index FROM \(view) ORDER BY ts_recv + 0, message_index, file",
                files
            )
            #expect(sorted.count == 1250)
            let up = try await Self.texts("SELECT ts_recv, message_index FROM \(view) ORDER BY \(order)", files)
            #expect(up == sorted)
            let down = try await Self.texts(
                "SELECT ts_recv, message_index FROM \(view) ORDER BY ts_recv DESC, message_index DESC",
                files
            )
            #expect(down == sorted.reversed())
            let from = time(240 * Self.second).rawValue
            let some =
                "SELECT count(*), min(ts_recv) = \(from) FROM (SELECT * FROM \(view) WHERE ts_recv >= \(from) AND symbol = 'BTCUSDT' ORDER BY ts_recv LIMIT 15)"
            #expect(try await Self.texts(some, files) == ["15|1"])
        }
        #expect(
            try await Self.texts("SELECT ts_recv, message_index FROM ticks", files)
                == Self.texts("SELECT ts_recv, message_index FROM ticks ORDER BY \(order)", files)
        )
        #expect(try await Self.texts("SELECT count(*) FROM ticks", files) == ["1250"])
        #expect(try await Self.texts("SELECT count(*) FROM ticks WHERE ts_recv > 9e18", files) == ["0"])
    }

    @Test("B14 the first of many ticks cost a fraction of all of them, in one file and in several")
    func limit() async throws {
        let directory = try TemporaryDirectory()
        let lock = try ArchiveLock(directory: directory.path)
        var files: [String] = []
        for day in 0..<2 as Range<Int64> {
            let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-0\(day + 5)", lock: lock)
            var batch = WriteBatch()
            batch.instruments = (1...4).map { instrument($0, "S\($0)") }
            batch.quotes = (0..<100_000).map { quote($0 % 4 + 1, (day * 100_000 + $0) * 1_000_000, message: $0) }
            try await writer.write(batch)
            await writer.close()
            files.append(writer.path)
        }
        let clock = ContinuousClock()
        for files in [files, [files[0]]] {
            let session = try SQLSession(recordings: files)
            defer { session.close() }
            let start = clock.now
            _ = try await rows(of: "SELECT max(time_recv) FROM ticks", in: session)
            let all = clock.now - start
            for sql in [
                "SELECT * FROM ticks LIMIT 2", "SELECT * FROM ticks ORDER BY ts_recv LIMIT 2",
                "SELECT * FROM ticks ORDER BY ts_recv DESC LIMIT 2",
                "SELECT * FROM quotes ORDER BY ts_recv DESC LIMIT 2",
                "SELECT * FROM ticks WHERE symbol = 'S3' LIMIT 2",
            ] {
                var least = Duration.seconds(100)
                for _ in 0..<3 {
                    let start = clock.now
                    let count = try await rows(of: sql, in: session).count
                    least = min(least, clock.now - start)
                    #expect(count == 2, "\(sql)")
                }
                #expect(least < all / 5, "\(sql): \(least), and all take \(all)")
            }
            // Stock clients see the same: nothing is sorted before the first row.
            let plan = try await rows(of: "EXPLAIN QUERY PLAN SELECT * FROM main.ticks LIMIT 2", in: session)
            #expect(!plan.contains { $0[1] == .integer(0) && text($0[3]).contains("TEMP B-TREE") }, "\(plan)")
        }
    }
}
