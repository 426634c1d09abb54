import Archive
import MarketModel
import Testing

/// The counts that a session claims.
struct CountTests {
    private static let stamp = UpkeepStamp(now: time(), programVersion: "test")
    private static let columns: [(name: String, kind: AbsentKind)] = [
        ("quote_count", .quote), ("trade_count", .trade), ("margin_update_count", .marginUpdate), ("bar_count", .bar),
        ("event_count", .event), ("oddity_count", .oddity), ("gap_count", .gap),
    ]

    @Test("a session that claims more rows than it has is found, and a repair notes the difference", arguments: columns)
    func tooMany(column: String, kind: AbsentKind) async throws {
        let recording = try await FullRecording()
        try await change(recording.path, "UPDATE session SET \(column) = \(column) + 3")
        let problems = try recording.problems()
        #expect(problems.map(\.kind) == [.count] && problems[0].reason.contains(column), "\(problems)")
        let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
        #expect(outcome.lostRows == [kind: 3] && outcome.report.problems == [])
        let absences = try ArchiveReader(path: recording.path).absences()
        #expect(absences.map(\.kind) == [kind] && absences[0].rowCount == 3 && absences[0].cause == .damage)
        #expect(absences[0].sessionID == (kind == .bar ? nil : 1))
    }

    @Test("a session that claims fewer rows than it has is found, and a repair corrects the count", arguments: columns)
    func tooFew(column: String, kind: AbsentKind) async throws {
        let recording = try await FullRecording()
        let counts = try ArchiveReader(path: recording.path).sessions()[0].counts
        try await change(recording.path, "UPDATE session SET \(column) = \(column) - 1")
        let problems = try recording.problems()
        #expect(problems.map(\.kind) == [.count] && problems[0].reason.contains(column), "\(problems)")
        let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
        #expect(outcome.lostRows == [:] && outcome.report.problems == [])
        #expect(try ArchiveReader(path: recording.path).sessions()[0].counts == counts)
    }

    @Test(
        "a count that is not possible is found and corrected, not computed with",
        arguments: columns.map(\.name) + ["messages_received", "messages_sent"]
    )
    func impossible(column: String) async throws {
        let whole = try await FullRecording()
        let counts = try ArchiveReader(path: whole.path).sessions()[0].counts
        for value in ["-1", "9223372036854775807", "-9223372036854775807 - 1"] {
            let copies = try TemporaryDirectory()
            let recording = try whole.copy(in: copies)
            try await change(recording.path, "UPDATE session SET \(column) = \(value)")
            let problems = try recording.problems()
            #expect(problems.allSatisfy { $0.kind == .count } && problems.contains { $0.reason.contains(column) })
            let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
            #expect(outcome.report.problems == [] && outcome.report.messagesReceived == FullRecording.messages)
            #expect(try ArchiveReader(path: recording.path).sessions()[0].counts == counts)
        }
    }

    @Test("missing rows of every counted table are found by the counts")
    func missingRows() async throws {
        for (table, column, condition) in [
            ("quote", "quote_count", "item = 0"), ("trade", "trade_count", "true"),
            ("margin_update", "margin_update_count", "true"), ("bar", "bar_count", "true"),
            ("event", "event_count", "is_oddity = 0"), ("event", "oddity_count", "is_oddity = 1"),
            ("gap", "gap_count", "true"),
        ] {
            let recording = try await FullRecording()
            try await change(
                recording.path,
                "DELETE FROM \(table) WHERE rowid IN (SELECT rowid FROM \(table) WHERE \(condition) LIMIT 1)"
                    .replacing("rowid", with: Self.keys[table] ?? "rowid")
            )
            let problems = try recording.problems()
            #expect(problems.map(\.kind) == [.count] && problems[0].reason.contains(column), "\(table): \(problems)")
        }
    }

    /// Tables without row ids, and a column that names a row in ``FullRecording``.
    private static let keys = [
        "quote": "message_index", "trade": "message_index", "margin_update": "message_index", "bar": "ts_open",
    ]

    @Test("rows of a session without counts are not judged, and a recovery counts them")
    func uncounted() async throws {
        let recording = try await FullRecording()
        let counts = try ArchiveReader(path: recording.path).sessions()[0].counts
        try await change(
            recording.path,
            """
            UPDATE session SET end_cause = 'killed', messages_received = NULL, messages_sent = NULL, quote_count = NULL,
                trade_count = NULL, margin_update_count = NULL, bar_count = NULL, event_count = NULL,
                oddity_count = NULL, gap_count = NULL
            """
        )
        #expect(try recording.problems() == [])
        let writer = try ArchiveWriter.open(file: recording.path)
        try await writer.countKilledSessions { true }
        #expect(try ArchiveReader(path: recording.path).sessions()[0].counts == nil, "it was cancelled")
        try await writer.countKilledSessions()
        #expect(try ArchiveReader(path: recording.path).sessions()[0].counts == counts)
        await writer.close()
    }
}
