import Archive
import MarketModel
import Testing

/// Rows whose messages are no longer stored.
struct AbsentMessageTests {
    private static let stamp = UpkeepStamp(now: time(86_400_000_000_000), programVersion: "test")

    @Test("rows whose messages were pruned are read")
    func pruned() async throws {
        let recording = try await FullRecording()
        _ = try ArchivePruner(RetentionPolicy(raw: .age(.zero)), Self.stamp).prune([recording.path])
        let reader = try ArchiveReader(path: recording.path)
        #expect(try reader.lastMessageIndex() == FullRecording.messages - 1)
        var quotes = try reader.quotes()
        #expect(try quotes.all() == recording.batch.quotes)
        var trades = try reader.trades(instrumentIDs: [1])
        #expect(try trades.all() == recording.batch.trades)
        var events = try reader.events()
        #expect(try events.all() == recording.batch.events)
        #expect(try recording.messageNumbers() == [])
    }

    @Test("rows of the last messages are read after a repair has lost these messages")
    func lost() async throws {
        let recording = try await FullRecording()
        try await change(
            recording.path,
            "UPDATE message_block SET block = zeroblob(9) WHERE first_message_index = 55"
        )
        let outcome = try ArchiveRepairer.repair(recording.path, Self.stamp)
        #expect(outcome.lostMessages == [55...59])
        var quotes = try ArchiveReader(path: recording.path).quotes()
        #expect(try quotes.all() == recording.batch.quotes)
    }

    @Test("verify counts the rows of pruned messages while another session is running")
    func running() async throws {
        let recording = try await FullRecording()
        _ = try ArchivePruner(RetentionPolicy(raw: .age(.zero)), Self.stamp).prune([recording.path])
        let writer = try ArchiveWriter.open(file: recording.path)
        _ = try await writer.beginSession(
            SessionStart(kind: .record, tsStart: time(1), host: nil, programVersion: "1", configuration: "{}")
        )
        let report = try ArchiveVerifier.verify(ArchiveLocation(recording.path))
        #expect(report.problems == [])
        #expect(report.recordings[0].quoteCount == FullRecording.messages)
        await writer.close()
    }
}
