import Archive
import Foundation
import MarketModel
import Migrations
import Testing

/// SQL on more recordings than SQLite attaches.
@Suite(.timeLimit(.minutes(5)))
struct ManyRecordingsTests {
    private static let day: Int64 = 86_400_000_000_000

    /// One recording a day: 50 messages, 40 quotes of two instruments, 10 trades.
    private static func archive(days: Int) async throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let lock = try ArchiveLock(directory: directory.path)
        for number in 0..<days {
            let shift = Int64(number) * day
            let writer = try ArchiveWriter.open(directory: directory.path, day: name(number), lock: lock)
            let session = SessionStart(
                kind: .record,
                tsStart: time(shift),
                host: nil,
                programVersion: "test",
                configuration: "{}"
            )
            let sessionID = try await writer.beginSession(session)
            let feed = FeedRow(sessionID: sessionID, name: "spot", venue: "binance-spot", url: nil)
            let feedID = try await writer.addFeed(feed)
            let connection = try await writer.openConnection(ConnectionOpened(feedID: feedID, tsOpened: time(shift)))
            var batch = WriteBatch()
            // The ids of the instruments differ from file to file.
            let first = Int64(number % 3 + 1)
            batch.instruments = [instrument(first, "EARLY"), instrument(first + 1, "LATE", priceDigits: 2)]
            batch.quotes = (0..<40).map {
                quote($0 < 20 ? first : first + 1, shift + $0 * 1000, message: $0, bid: 100 + $0)
            }
            batch.trades = (40..<50).map { trade(first, shift + $0 * 1000, message: $0) }
            batch.blocks = [
                try block(
                    connectionID: connection,
                    (0..<50).map { SampleMessage(index: $0, offset: shift + $0 * 1000, payload: "d\(number)m\($0)") }
                )
            ]
            try await writer.write(batch)
            await writer.close()
        }
        return directory
    }

    private static func name(_ number: Int) -> String {
        String(time(Int64(number) * day).iso8601.prefix(10))
    }

    private static func texts(_ sql: String, _ session: SQLSession) async throws -> [String] {
        try await rows(of: sql, in: session).map { $0.map(text).joined(separator: "|") }
    }

    @Test("the views and messages cover 40 recordings, each row with its file")
    func many() async throws {
        let directory = try await Self.archive(days: 40)
        let session = try SQLSession(recordings: ArchiveLocation(directory.path).files)
        #expect(session.schemas.map(\.name) == ["main"])
        let (lastDay, tenth) = (Self.name(39), Self.name(10))
        for (sql, expected) in [
            ("SELECT count(*), count(DISTINCT file) FROM quotes", ["1600|40"]),
            ("SELECT count(*), sum(bytes > 5) FROM messages", ["2000|1200"]),
            ("SELECT count(*) FROM ticks", ["2000"]),
            (
                "SELECT file, symbol, bid FROM quotes WHERE symbol = 'LATE' AND ts_recv = \(time(10 * Self.day + 25_000).rawValue)",
                ["\(tenth).feedrec|LATE|1.25"]
            ),
            (
                "SELECT payload FROM messages WHERE file = '\(lastDay).feedrec' AND message_index BETWEEN 48 AND 60",
                ["d39m48", "d39m49"]
            ),
            ("SELECT count(*) FROM messages WHERE file > '\(lastDay)'", ["50"]),
            ("SELECT payload FROM messages WHERE file = 'none'", []),
            // Two conditions with OR, a list, and a condition without an index.
            ("SELECT count(*) FROM quotes WHERE message_index = 3 OR symbol = 'LATE'", ["840"]),
            ("SELECT count(*) FROM quotes WHERE message_index IN (1, 2, 77)", ["80"]),
            ("SELECT count(*) FROM quotes WHERE symbol = 'late' COLLATE NOCASE", ["800"]),
            ("SELECT count(*) FROM quotes WHERE symbol = 'late'", ["0"]),
            ("SELECT count(*) FROM quotes WHERE ts_recv > '\(time(39 * Self.day).rawValue)'", ["39"]),
            // A raw message and the row made from it.
            (
                """
                SELECT q.symbol, m.payload FROM quotes q JOIN messages m USING (file, message_index)
                WHERE q.ts_recv = \(time(5 * Self.day).rawValue)
                """, ["EARLY|d5m0"]
            ),
            ("SELECT min(ts_recv) = \(sampleTime), max(file) FROM trades ORDER BY 1", ["0|\(lastDay).feedrec"]),
            ("SELECT bid FROM quotes ORDER BY ts_recv DESC LIMIT 1", ["1.39"]),
            ("SELECT count(*) FROM quote", ["1600"]),
        ] {
            #expect(try await Self.texts(sql, session) == expected, "\(sql)")
        }
        let error = await archiveError { _ = try await rows(of: "DELETE FROM quotes", in: session) }
        #expect(error != nil)
    }

    @Test("a file that is not a recording is named, and an older schema has fewer columns")
    func oddFiles() async throws {
        let directory = try await Self.archive(days: 13)
        let files = try ArchiveLocation(directory.path).files
        let old = directory.path + "/0000-old.feedrec"
        try RawDatabase.run(
            old,
            """
            \(Migrations.steps[0]);
            PRAGMA user_version = 1;
            INSERT INTO session (session_id, kind, ts_start, program_version, configuration)
            VALUES (7, 'import', 5, 'test', '{}');
            INSERT INTO feed (feed_id, session_id, name, venue) VALUES (1, 7, 'old', 'mt4');
            INSERT INTO margin_update (ts_recv, message_index, item, feed_id, login, digits, balance)
            VALUES (5, 0, 0, 1, 7, 2, 150);
            """
        )
        let session = try SQLSession(recordings: files + [old])
        #expect(
            try await Self.texts("SELECT session_id FROM sessions WHERE kind = 'import'", session) == ["13000000000007"]
        )
        #expect(try await Self.texts("SELECT count(*) FROM venue_bars WHERE file LIKE '0000%'", session) == ["0"])
        #expect(
            try await Self.texts("SELECT balance, balance_text, file FROM margin_updates", session) == [
                "1.5|NULL|0000-old.feedrec"
            ]
        )
        try Data(repeating: 7, count: 9000).write(to: URL(fileURLWithPath: files[12]))
        let broken = try SQLSession(recordings: files)
        let error = await archiveError { _ = try await rows(of: "SELECT count(*) FROM quotes", in: broken) }
        #expect(error?.description.contains(files[12]) == true)
        #expect(try await rows(of: "SELECT 1", in: broken) == [[.integer(1)]])
    }

    @Test("a long query on many files can be interrupted")
    func cancelled() async throws {
        let directory = try await Self.archive(days: 12)
        let session = try SQLSession(recordings: ArchiveLocation(directory.path).files)
        let endless = "SELECT 1 FROM ticks a, ticks b, ticks c, ticks d"
        let task = Task {
            await archiveError {
                var count = 0
                try await session.run(endless) { _ in
                    count += 1
                    if count == 10 { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
        }
        #expect(await task.value?.code == .interrupted)
    }
}
