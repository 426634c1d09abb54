import Archive
import Foundation
import MarketModel
import Testing

struct ArchiveVerifierTests {
    @Test("an intact recording has no problems, true counts and the digest of its payloads")
    func sound() async throws {
        let (directory, _) = try await Self.recording()
        let report = try ArchiveVerifier.verify(ArchiveLocation(directory.path))
        #expect(report.problems == [])
        let recording = try #require(report.recordings.first)
        #expect(recording.messagesReceived == 5)
        #expect(recording.messagesSent == 1)
        #expect(recording.blockCount == 3)
        #expect(recording.quoteCount == 2)
        #expect(recording.gapCount == 1)
        // printf 'm0\nm1\nm3\nm4\nm5\n' | sha256sum: message 2 was sent.
        #expect(report.payloadSHA256 == "5558a32fbdc6f3a49fbabc4c11ebadcfc2a42215665c00859a9009c407c9ff21")
        #expect(recording.payloadSHA256 == report.payloadSHA256)
    }

    @Test("the digest of an archive covers its recordings in order")
    func severalRecordings() async throws {
        let directory = try TemporaryDirectory()
        let lock = try ArchiveLock(directory: directory.path)
        for (day, payload) in [("2026-01-05", "a"), ("2026-01-06", "b")] {
            let writer = try ArchiveWriter.open(directory: directory.path, day: day, lock: lock)
            let session = SessionStart(
                kind: .record,
                tsStart: time(),
                host: nil,
                programVersion: "1",
                configuration: ""
            )
            let sessionID = try await writer.beginSession(session)
            let feed = FeedRow(sessionID: sessionID, name: "f", venue: "v", url: nil)
            let connection = ConnectionOpened(feedID: try await writer.addFeed(feed), tsOpened: time())
            var batch = WriteBatch()
            let message = SampleMessage(index: 0, offset: 0, payload: payload)
            batch.blocks = [try block(connectionID: try await writer.openConnection(connection), [message])]
            try await writer.write(batch)
            await writer.close()
        }
        let report = try ArchiveVerifier.verify(ArchiveLocation(directory.path))
        #expect(report.problems == [])
        // printf 'a\nb\n' | sha256sum
        #expect(report.payloadSHA256 == "911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2")
        #expect(report.recordings.map(\.openSessionCount) == [1, 1])
    }

    @Test(
        "kind 1 a gap touches the bars of its own feed, not those of another feed of the venue",
        arguments: [(1, [VerifyProblem.Kind.bar]), (2, [])] as [(Int64, [VerifyProblem.Kind])]
    )
    func gapOfOtherFeed(gapFeedID: Int64, problems: [VerifyProblem.Kind]) async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        let other = FeedRow(sessionID: 1, name: "other", venue: "binance-spot", url: nil)
        _ = try await recording.writer.addFeed(other)
        _ = try await recording.writer.openConnection(ConnectionOpened(feedID: 2, tsOpened: time()))
        let second: Int64 = 1_000_000_000
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A"), instrument(2, "B")]
        // The blocks interleave: message 1 is in the second one.
        batch.blocks = [
            try block(connectionID: 1, [0, 2, 3].map { SampleMessage(index: $0, offset: $0 * second, payload: "a") }),
            try block(connectionID: 2, [SampleMessage(index: 1, offset: second, payload: "b")]),
        ]
        batch.quotes = [0, 2, 3].map { quote(1, $0 * second, message: $0) } + [quote(2, second, message: 1)]
        let open = UnixNanoseconds((sampleTime / second + 2) * second)
        batch.bars = [
            BarRow(
                instrumentID: 1,
                side: .bid,
                intervalNS: second,
                tsOpen: open,
                tsClose: open.advanced(by: .seconds(1)),
                open: 1,
                high: 1,
                low: 1,
                close: 1,
                tickCount: 1,
                isComplete: true,
                timeSource: .recv
            )
        ]
        batch.gaps = [GapRow(gapID: 1, sessionID: 1, feedID: gapFeedID, tsFrom: time(second), cause: "restart")]
        try await recording.writer.write(batch)
        var counts = SessionCounts()
        (counts.messagesReceived, counts.quoteCount, counts.gapCount, counts.barCount) = (4, 4, 1, 1)
        try await recording.end(counts)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(directory.path)).problems.map(\.kind) == problems)
    }

    @Test(
        "damage is found and described",
        arguments: [
            (
                "UPDATE message_block SET block = zeroblob(99) WHERE first_message_index = 3",
                VerifyProblem.Kind.block, "its 2 messages are lost"
            ),
            (
                "UPDATE message_block SET message_count = 9 WHERE first_message_index = 0", .block,
                "message_count says 9, the block holds 3"
            ),
            ("UPDATE message_block SET ts_last = ts_last + 1 WHERE first_message_index = 0", .block, "ts_last says"),
            ("DELETE FROM message_block WHERE first_message_index = 3", .messageIndex, "messages 3 to 4 are missing"),
            (
                "DELETE FROM quote WHERE message_index = 0", .count,
                "session 1 has quote_count 2, but the recording contains 1"
            ),
            (
                "UPDATE session SET messages_sent = 7", .count,
                "session 1 has messages_sent 7, but the recording contains 1"
            ),
            (
                "INSERT INTO trade (instrument_id, ts_recv, message_index, item, price, size) VALUES (1, 5, 77, 0, 1, 1)",
                .row,
                "1 row of trade belongs to messages that are not stored (the first: 77)"
            ),
            ("DELETE FROM feed", .row, "1 row of connection refers to no row of feed"),
            (
                "UPDATE message_block SET connection_id = 44 WHERE first_message_index = 0", .row,
                "1 row of message_block refers to no row of connection"
            ),
        ]
    )
    func damage(sql: String, kind: VerifyProblem.Kind, reason: String) async throws {
        let (directory, path) = try await Self.recording()
        let session = try SQLSession(recordings: [path], isWritable: true)
        _ = try await rows(of: sql, in: session)
        session.close()
        let report = try ArchiveVerifier.verify(ArchiveLocation(directory.path))
        #expect(!report.isSound)
        #expect(report.problems.contains { $0.kind == kind && $0.reason.contains(reason) })
    }

    @Test(
        "a row that breaks a CHECK constraint is found, and the constraint is named",
        arguments: [
            (
                "UPDATE instrument SET price_digits = 19",
                "1 row of instrument breaks CHECK (price_digits BETWEEN 0 AND 18)"
            ),
            (
                "UPDATE connection SET closed_by = 'us'",
                "1 row of connection breaks CHECK (closed_by IN ('local', 'remote', 'none'))"
            ),
            (
                #"CREATE TABLE "a ""b""" (x CHECK (x <> ')'), y, Check/* ( */(x + (y) > 0)); INSERT INTO "a ""b""" VALUES (')', 1), (2, -2), (NULL, 0)"#,
                #"1 row of a "b" breaks CHECK (x <> ')')"#
            ),
            (
                "CREATE TABLE c (\"check\" INTEGER, n, -- CHECK (n > 9)\n CHECK -- (\n (n > \n 0)); INSERT INTO c VALUES (1, 0), (1, -1)",
                "2 rows of c break CHECK (n > 0)"
            ),
        ]
    )
    func brokenConstraint(sql: String, reason: String) async throws {
        let (directory, path) = try await Self.recording()
        try RawDatabase.run(path, "PRAGMA ignore_check_constraints = ON; \(sql)")
        let problems = try ArchiveVerifier.verify(ArchiveLocation(directory.path)).problems
        #expect(problems.contains { $0.kind == .row && $0.reason == reason }, "\(problems)")
    }

    @Test("times that run backwards are a problem in a live session, not in an import", arguments: [true, false])
    func backwards(isLive: Bool) async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory, kind: isLive ? .record : .import)
        var batch = WriteBatch()
        batch.blocks = [
            try block(
                connectionID: 1,
                [5, 9, 7].enumerated().map {
                    SampleMessage(index: Int64($0.offset), offset: $0.element, payload: "")
                }
            )
        ]
        try await recording.writer.write(batch)
        var counts = SessionCounts()
        counts.messagesReceived = 3
        try await recording.end(counts)
        let report = try ArchiveVerifier.verify(ArchiveLocation(directory.path))
        #expect(report.problems.map(\.kind) == (isLive ? [.time] : []))
    }

    @Test("a damaged page is reported, not an error")
    func damagedPage() async throws {
        let (directory, path) = try await Self.recording()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for offset in stride(from: 4096 * 4, to: bytes.count, by: 4096) { bytes[offset] = 0x77 }
        try bytes.write(to: URL(fileURLWithPath: path))
        let report = try ArchiveVerifier.verify(ArchiveLocation(directory.path, includingDamaged: true))
        #expect(report.problems.contains { $0.kind == .database })
    }

    /// Three blocks, two quotes, a gap, and true counts.
    private static func recording() async throws -> (TemporaryDirectory, String) {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A")]
        let first = (0..<3).map { index in
            SampleMessage(index: index, offset: index, payload: "m\(index)", direction: index == 2 ? .sent : .received)
        }
        batch.blocks = [
            try block(connectionID: 1, first), try block(connectionID: 1, indexes: 3...4),
            try block(connectionID: 1, indexes: 5...5),
        ]
        batch.quotes = [quote(1, 0, message: 0), quote(1, 0, message: 5)]
        batch.gaps = [GapRow(gapID: 1, sessionID: 1, tsFrom: time(), cause: "test")]
        try await recording.writer.write(batch)
        var counts = SessionCounts()
        (counts.messagesReceived, counts.messagesSent, counts.quoteCount, counts.gapCount) = (5, 1, 2, 1)
        try await recording.end(counts)
        return (directory, recording.writer.path)
    }
}
