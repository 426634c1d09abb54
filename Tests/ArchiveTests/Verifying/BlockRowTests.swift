import Archive
import MarketModel
import Testing

/// Rows of `message_block` that do not agree with their blocks.
struct BlockRowTests {
    private static let stamp = UpkeepStamp(now: time(), programVersion: "test")

    @Test(
        "a wrong value in any column of a block's row is found, and a repair restores the row from the block",
        arguments: [
            "first_message_index", "last_message_index", "message_count", "ts_first", "ts_last", "payload_bytes",
        ],
        [0 as Int64, 55]
    )
    func column(name: String, first: Int64) async throws {
        let whole = try await FullRecording()
        for value in ["\(name) + 1", "-7", "9223372036854775807"] {
            let copies = try TemporaryDirectory()
            let recording = try whole.copy(in: copies)
            let sql = "UPDATE message_block SET \(name) = \(value) WHERE first_message_index = \(first)"
            try await change(recording.path, sql)
            #expect(try await Self.isChanged(recording), "\(sql)")
            #expect(try !recording.problems().isEmpty, "\(sql)")
            let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
            #expect(outcome.report.problems == [] && outcome.isRepaired, "\(sql)")
            // The block is intact, so no message is lost, whatever its row says.
            #expect(try recording.messageNumbers() == Array(0..<FullRecording.messages), "\(sql)")
            #expect(try await !Self.isChanged(recording), "\(sql)")
        }
    }

    /// True if a row of the blocks differs from the rows that were stored.
    private static func isChanged(_ recording: FullRecording) async throws -> Bool {
        let session = try SQLSession(recordings: [recording.path])
        defer { session.close() }
        let stored = try await rows(
            of: """
                SELECT connection_id, first_message_index, last_message_index, message_count, ts_first, ts_last,
                    payload_bytes FROM message_block
                """,
            in: session
        )
        let expected = recording.batch.blocks.map { row in
            [
                row.connectionID, row.firstMessageIndex, row.lastMessageIndex, row.messageCount, row.tsFirst.rawValue,
                row.tsLast.rawValue, row.payloadBytes,
            ].map(SQLValue.integer)
        }
        return Set(stored) != Set(expected)
    }

    @Test("a block that names another connection is found, wherever it lies", arguments: [0 as Int64, 5, 25, 55])
    func otherConnection(first: Int64) async throws {
        let recording = try await FullRecording()
        #expect(try recording.problems() == [])
        let sql = "UPDATE message_block SET connection_id = 3 - connection_id WHERE first_message_index = \(first)"
        try await change(recording.path, sql)
        let problems = try recording.problems()
        let wrong = first % 10 == 0 ? 2 : 1
        #expect(problems.map(\.connectionID) == [Int64(wrong)], "\(problems)")
        #expect(problems.first?.reason.hasPrefix("connection \(wrong) has messages_received 30") == true)
    }

    @Test("a message that two blocks hold is found")
    func twice() async throws {
        let recording = try await FullRecording()
        try await change(
            recording.path,
            """
            INSERT INTO message_block SELECT 2, first_message_index, last_message_index, message_count, ts_first,
                ts_last, payload_bytes, block, redacted_count FROM message_block WHERE first_message_index = 10
            """
        )
        let problems = try recording.problems()
        #expect(problems.contains { $0.kind == .messageIndex && $0.reason == "message 10 is stored twice" })
        #expect(problems.contains { $0.kind == .count })
        let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
        #expect(outcome.report.problems == [] && outcome.report.messagesReceived == FullRecording.messages)
    }

    @Test("a missing block is found wherever it was", arguments: (0..<12 as Range<Int64>).map { $0 * 5 })
    func missing(first: Int64) async throws {
        let recording = try await FullRecording()
        try await change(recording.path, "DELETE FROM message_block WHERE first_message_index = \(first)")
        let problems = try recording.problems()
        // Nothing shows that messages before the first block or after the last one are missing, except the counts.
        let isInside = first > 0 && first < 55
        let reason = "messages \(first) to \(first + 4) are missing"
        #expect(problems.contains { $0.kind == .messageIndex && $0.reason == reason } == isInside)
        #expect(
            problems.contains {
                $0.kind == .count && $0.reason.contains("messages_received 60") && $0.reason.contains("55")
            }
        )
        let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
        #expect(outcome.report.problems == [] && outcome.lostMessages == [first...first + 4])
        #expect(outcome.report.quoteCount == FullRecording.messages)
    }
}
