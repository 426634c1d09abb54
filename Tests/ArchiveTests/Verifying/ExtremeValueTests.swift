import Archive
import MarketModel
import Testing

/// Numbers at the limits of `Int64`, which the schema allows and which only damage can have stored.
struct ExtremeValueTests {
    private static let stamp = UpkeepStamp(now: time(), programVersion: "test")
    private static let limits = ["-9223372036854775807 - 1", "9223372036854775807"]

    /// A recording with two sessions, of which the second was killed, and an absence.
    private static func recording() async throws -> FullRecording {
        let recording = try await FullRecording()
        try await change(
            recording.path,
            """
            INSERT INTO session (kind, ts_start, program_version, configuration)
                VALUES ('record', \(sampleTime + 5_000_000_000), 't', '{}');
            INSERT INTO feed (session_id, name, venue) VALUES (2, 'spot', 'binance-spot');
            INSERT INTO connection (feed_id, ts_opened) VALUES (2, \(sampleTime + 5_000_000_000));
            INSERT INTO gap (session_id, feed_id, ts_from, cause) VALUES (2, 2, \(sampleTime + 5_100_000_000), 'venue');
            INSERT INTO gap (session_id, feed_id, ts_from, cause) VALUES (1, 1, \(sampleTime), 'restart');
            UPDATE session SET gap_count = gap_count + 1 WHERE session_id = 1;
            INSERT INTO absence (session_id, kind, cause, first_message_index, last_message_index, row_count, ts_noted)
                VALUES (1, 'message', 'damage', 60, 69, 10, 0), (1, 'quote', 'damage', NULL, NULL, 10, 0),
                    (NULL, 'bar', 'prune', NULL, NULL, 5, 0);
            UPDATE session SET messages_received = 70, quote_count = 70, bar_count = 11 WHERE session_id = 1
            """
        )
        return recording
    }

    @Test(
        "no number in any column makes a program trap: verify, coverage, a recorder that continues, or a repair",
        arguments: ["session", "connection", "message_block", "gap", "closed_span", "absence", "bar", "clock_sample"]
    )
    func everyColumn(table: String) async throws {
        let whole = try await Self.recording()
        let session = try SQLSession(recordings: [whole.path])
        let list = "SELECT name FROM pragma_table_info('\(table)') WHERE type = 'INTEGER'"
        let columns = try await rows(of: list, in: session).map { text($0[0]) }
        session.close()
        // Coverage looks at each hour of a span, so times of sessions and gaps have a test of their own.
        let areSpans = ["session", "gap", "closed_span"].contains(table)
        for column in columns {
            for value in Self.limits {
                let copies = try TemporaryDirectory()
                let recording = try whole.copy(in: copies)
                // A constraint may reject the value, or all rows but one.
                try await change(recording.path, "UPDATE OR IGNORE \(table) SET \(column) = \(value)")
                _ = FeedEndSearch.find([FeedKey(name: "spot", venue: "binance-spot")], in: copies.path, except: "x")
                await Self.recover(recording.path, isCounted: !(areSpans && column.hasPrefix("ts_")))
            }
        }
        let recording = try whole.copy(in: try TemporaryDirectory())
        let others = columns.filter { !areSpans || !$0.hasPrefix("ts_") }
        let changes = others.map { "UPDATE OR IGNORE \(table) SET \($0) = \(Self.limits[1])" }
        try await change(recording.path, changes.joined(separator: ";"))
        _ = try? ArchiveReader(path: recording.path).summary()
        _ = try? ArchivePruner(RetentionPolicy(raw: .bytes(0)), Self.stamp).prune([recording.path], isDryRun: true)
        let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
        #expect(outcome.report.messagesReceived == FullRecording.messages)
    }

    @Test("sessions and gaps of any time are verified", arguments: ["-9223372036854775807 - 1", "9223372036854775807"])
    func times(value: String) async throws {
        let recording = try await Self.recording()
        try await change(
            recording.path,
            "UPDATE session SET ts_start = \(value); UPDATE gap SET ts_from = \(value); UPDATE closed_span SET ts_to = \(value)"
        )
        let report = try ArchiveVerifier.verify(ArchiveLocation(recording.path))
        #expect(report.recordings[0].areRowsCounted)
        #expect((0...1).contains(report.leastCoverage))
    }

    /// What a recorder does with a recording that a killed one has left.
    private static func recover(_ path: String, isCounted: Bool) async {
        if isCounted { _ = try? ArchiveVerifier.verify(ArchiveLocation(path)) }
        guard let writer = try? ArchiveWriter.open(file: path) else { return }
        _ = try? await writer.past(of: FeedKey(name: "spot", venue: "binance-spot"))
        _ = try? await writer.deliveryRate(feedID: 1)
        _ = try? await writer.endKilledSessions()
        try? await writer.settleGaps()
        try? await writer.countKilledSessions()
        await writer.close()
    }

    @Test("an unreadable block whose row claims any number of messages is found and repaired")
    func claimedMessages() async throws {
        let whole = try await FullRecording()
        for count in ["9223372036854775807", "-9223372036854775807 - 1", "0"] {
            let recording = try whole.copy(in: try TemporaryDirectory())
            try await change(
                recording.path,
                "UPDATE message_block SET block = zeroblob(20), message_count = \(count) WHERE first_message_index > 40"
            )
            #expect(try recording.problems().count { $0.kind == .block } == 3)
            let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
            #expect(outcome.report.problems == [] && outcome.lostMessages == [45...59])
        }
    }

    @Test("digits that no decimal has are read as the nearest ones that it has")
    func digits() async throws {
        let recording = try await FullRecording()
        try await change(
            recording.path,
            """
            PRAGMA ignore_check_constraints = ON;
            UPDATE instrument SET price_digits = 200, size_digits = -1 WHERE instrument_id = 1
            """
        )
        let row = try #require(try ArchiveReader(path: recording.path).instruments().first)
        #expect(row.priceDigits == 18 && row.sizeDigits == 0)
        #expect(FixedDecimal(mantissa: 5, digits: row.priceDigits).digits == 18)
    }

    @Test("sums of money that are not decimals do not stop a query over several files")
    func notional() async throws {
        for (one, other, sum) in [
            ("1.50", "2.25", "3.75"), (".5", "10", "10.5"), ("-1", "0.5", "-0.5"), ("x", "1", "NULL"),
            ("", "1", "NULL"),
            ("1.2.3", "1", "2.2"), ("9999999999999999999999999999999999999999", "1", "NULL"), ("-", "1", "NULL"),
        ] {
            let directory = try TemporaryDirectory()
            let first = try await FullRecording(in: directory, day: "2026-01-05")
            let second = try await FullRecording(in: directory, day: "2026-01-06")
            for (path, text) in [(first.path, one), (second.path, other)] {
                try await change(
                    path,
                    "DELETE FROM bar WHERE ts_open > \(sampleTime); UPDATE bar SET notional = '\(text)'"
                )
            }
            // Another start makes it the file of another recorder, whose bars are parts.
            try await change(second.path, "UPDATE session SET ts_start = ts_start + 1")
            let session = try SQLSession(recordings: [first.path, second.path])
            defer { session.close() }
            let found = try await rows(of: "SELECT tick_count, notional FROM bar", in: session)
            #expect(found.map { $0.map(text) } == [["20", sum]], "\(one) + \(other)")
        }
    }
}
