import Archive
import MarketModel
import Testing

/// Values and statements as a session returns them.
struct SQLValueTests {
    private let recording: FullRecording
    private let session: SQLSession

    init() async throws {
        recording = try await FullRecording()
        session = try SQLSession(recordings: [recording.path])
    }

    @Test("every kind of value comes back with its storage class, up to its limits")
    func value() async throws {
        for (sql, expected) in [
            ("NULL", .null), ("0", .integer(0)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775807 - 1", .integer(.min)), ("9223372036854775808", .real(9_223_372_036_854_775_808)),
            ("1.5", .real(1.5)), ("1e308 * 10", .real(.infinity)), ("-1e308 * 10", .real(-.infinity)),
            ("0.0 / 0", .null), ("''", .text("")), ("'Ünï ☃'", .text("Ünï ☃")), ("'a''b'", .text("a'b")),
            ("char(97, 0, 98)", .text("a\0b")), ("x''", .blob([])), ("x'00ff'", .blob([0, 255])),
            ("CAST(x'C328' AS TEXT)", .blob([0xC3, 0x28])), ("zeroblob(3)", .blob([0, 0, 0])),
        ] as [(String, SQLValue)] {
            #expect(try await rows(of: "SELECT \(sql)", in: session) == [[expected]], "\(sql)")
        }
    }

    @Test("texts without a statement return nothing")
    func nothing() async throws {
        for sql in ["", " ", ";", ";;; \n", "-- comment", "/* a */ ;", "/* open"] {
            var events = 0
            try await session.run(sql) { _ in events += 1 }
            #expect(events == 0, "\(sql)")
        }
    }

    @Test("a statement without rows still has its columns, one without columns has nothing")
    func columns() async throws {
        var names: [[String]] = []
        var count = 0
        try await session.run("SELECT 1 AS a, 2 AS \"b c\" WHERE false; PRAGMA temp_store = 2; SELECT 3") { event in
            if case .columns(let columns) = event { names.append(columns) } else { count += 1 }
        }
        #expect(names == [["a", "b c"], ["3"]] && count == 1)
    }

    @Test("statements before a wrong one have run, and the error has the place in the whole text")
    func wrong() async throws {
        var values: [SQLValue] = []
        let sql = "SELECT 1; SELECT 2;  SELECT x FROM quote; SELECT 4"
        let error = await archiveError {
            try await session.run(sql) { event in if case .row(let row) = event { values += row } }
        }
        #expect(values == [.integer(1), .integer(2)])
        #expect(error?.code == .badSQL && error?.isRetryable == false)
        #expect(error?.sqlOffset == nil || error?.sqlOffset == 28)
    }

    @Test("nothing changes a recording through a session that is not writable")
    func readOnly() async throws {
        let before = try recording.bytes()
        for sql in [
            "DELETE FROM quote", "UPDATE session SET end_cause = 'x'", "INSERT INTO clock_sample VALUES (1, 2, 3, 4)",
            "DROP TABLE quote", "CREATE TABLE t (a)", "ALTER TABLE quote RENAME TO q", "PRAGMA user_version = 3",
            "PRAGMA application_id = 3", "PRAGMA journal_mode = WAL", "VACUUM", "VACUUM INTO 'copy'", "REINDEX",
            "ANALYZE",
            "DELETE FROM quotes", "INSERT INTO trades (price) VALUES (1)", "DELETE FROM ticks",
            "CREATE INDEX i ON quote (item)", "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema",
            "BEGIN IMMEDIATE; DELETE FROM quote; COMMIT",
        ] {
            _ = await archiveError { _ = try await rows(of: sql, in: session) }
            #expect(try recording.bytes() == before, "\(sql)")
        }
        // Whatever the statements left open, the session still answers.
        #expect(try await rows(of: "SELECT count(*) FROM quote", in: session) == [[.integer(60)]])
    }

    @Test("rows of every view can be read, and each view has as many as its table")
    func views() async throws {
        for (view, count) in [
            ("quotes", 60), ("trades", 6), ("ticks", 66), ("margin_updates", 6), ("venue_bars", 6),
            ("order_updates", 6),
            ("bars", 6), ("events", 6), ("gaps", 1), ("sessions", 1), ("feeds", 1), ("connections", 2),
            ("instruments", 2), ("message_blocks", 12), ("clock_samples", 1), ("absences", 0), ("upkeeps", 0),
            ("messages", 60),
        ] {
            let all = try await rows(of: "SELECT * FROM \(view)", in: session)
            #expect(all.count == count, "\(view)")
            let counted = try await rows(of: "SELECT count(*) FROM \(view)", in: session)
            #expect(counted == [[.integer(Int64(count))]], "\(view)")
        }
    }

    @Test("messages are found by number, time, connection and direction")
    func messages() async throws {
        for (condition, count) in [
            ("message_index = 7", 1), ("message_index BETWEEN 3 AND 12", 10), ("message_index > 57", 2),
            ("message_index < 0", 0), ("ts_recv = \(sampleTime + 5000)", 1), ("ts_recv < \(sampleTime + 5000)", 5),
            ("ts_recv >= \(sampleTime + 59_000)", 1), ("connection_id = 1", 30), ("connection_id = 3", 0),
            ("direction = 'received'", 60), ("direction = 'sent'", 0), ("payload = 'm33'", 1),
            ("message_index = 7 AND connection_id = 1", 0), ("message_index IN (1, 2, 99)", 2),
            ("message_index = 9223372036854775807", 0), ("ts_recv > -9223372036854775807", 60),
        ] {
            let sql = "SELECT message_index FROM messages WHERE \(condition)"
            #expect(try await rows(of: sql, in: session).count == count, "\(condition)")
        }
        let ordered = try await rows(of: "SELECT message_index FROM messages ORDER BY message_index", in: session)
        #expect(ordered == (0..<60).map { [.integer($0)] })
    }
}
