import Archive
import JournalFormat
import MarketModel
import Testing

/// How a writer ends sessions and gaps that killed programs left open.
struct LedgerTests {
    private static let second: Int64 = 1_000_000_000

    /// An open session of feed `spot` with five messages in the first five seconds.
    private static func recording(_ kind: SessionKind = .record) async throws -> (TemporaryDirectory, OpenRecording) {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory, day: "2024-08-08", kind: kind)
        var batch = WriteBatch()
        batch.blocks = [
            try block(connectionID: 1, (0..<5).map { SampleMessage(index: $0, offset: $0 * second, payload: "m\($0)") })
        ]
        try await recording.writer.write(batch)
        return (directory, recording)
    }

    private static func gap(_ writer: ArchiveWriter, from: Int64, to: Int64? = nil, cause: String) -> WriteBatch {
        var batch = WriteBatch()
        batch.gaps = [
            GapRow(
                gapID: writer.makeGapID(),
                sessionID: 1,
                feedID: 1,
                tsFrom: time(from * second),
                tsTo: to.map { time($0 * second) },
                cause: cause
            )
        ]
        return batch
    }

    @Test("a killed session ends with its last message, and a gap stays open from there")
    func killed() async throws {
        let (directory, recording) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let writer = recording.writer
        #expect(try await writer.endKilledSessions() == 1)
        let reader = try ArchiveReader(path: writer.path)
        let session = try #require(try reader.sessions().first)
        #expect(session.endCause == "killed" && session.tsEnd == time(4 * Self.second) && session.counts == nil)
        let closed = try #require(try reader.connections().first?.closed)
        #expect(closed.closedBy == .none && closed.tsClosed == time(4 * Self.second))
        let gap = try #require(try reader.gaps().first)
        #expect(gap.cause == "restart" && gap.tsFrom == time(4 * Self.second) && gap.tsTo == nil && gap.feedID == 1)
        #expect(try await writer.openGaps().map(\.gapID) == [gap.gapID])
        #expect(try await writer.openGaps(feedID: 1).map(\.gapID) == [gap.gapID])
        // A second call finds nothing to end.
        #expect(try await writer.endKilledSessions() == 0)
        #expect(try reader.gaps() == [gap])
        try await writer.countKilledSessions()
        #expect(try reader.sessions()[0].counts?.messagesReceived == 5 && reader.sessions()[0].counts?.gapCount == 1)
        await writer.close()
        #expect(try ArchiveVerifier.verify(ArchiveLocation(writer.path)).problems == [])
    }

    @Test("a feed that continues elsewhere gets no gap")
    func continues() async throws {
        let (directory, recording) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        #expect(try await recording.writer.endKilledSessions(opensGaps: false) == 1)
        #expect(try ArchiveReader(path: recording.writer.path).gaps() == [])
        // The session can be reopened, and is ended again.
        try await recording.writer.reopenSession(1)
        #expect(try ArchiveReader(path: recording.writer.path).sessions()[0].tsEnd == nil)
        #expect(try await recording.writer.endKilledSessions() == 1)
        await recording.writer.close()
    }

    @Test("a killed import ends at its last message, without a gap, and is not taken for a recorder")
    func killedImport() async throws {
        let (directory, recording) = try await Self.recording(.import)
        defer { withExtendedLifetime(directory) {} }
        let writer = recording.writer
        try await writer.write(Self.gap(writer, from: 2, cause: "damage"))
        #expect(try await writer.endKilledSessions() == 0)
        try await writer.endKilledImports()
        let reader = try ArchiveReader(path: writer.path)
        let session = try #require(try reader.sessions().first)
        #expect(session.endCause == "killed" && session.tsEnd == time(4 * Self.second))
        #expect(session.counts?.messagesReceived == 5)
        #expect(try reader.gaps().map(\.tsTo) == [time(4 * Self.second)])
        #expect(try reader.connections()[0].closed?.tsClosed == time(4 * Self.second))
        await writer.close()
        #expect(try ArchiveVerifier.verify(ArchiveLocation(writer.path)).problems == [])
    }

    @Test("gaps of ended sessions are closed with them, except the absence of a feed that goes on")
    func settling() async throws {
        let (directory, recording) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let writer = recording.writer
        for batch in [
            Self.gap(writer, from: 1, cause: "disconnect"), Self.gap(writer, from: 9, cause: "overload"),
            Self.gap(writer, from: 6, cause: "restart"), Self.gap(writer, from: 2, to: 3, cause: "sequence"),
        ] { try await writer.write(batch) }
        // A running session keeps its gaps open, except that of an earlier recorder.
        var counts = SessionCounts()
        (counts.messagesReceived, counts.gapCount) = (5, 4)
        try await writer.endSession(1, tsEnd: time(7 * Self.second), cause: "signal", counts: counts)
        try await writer.settleGaps(exceptOf: [FeedKey(name: "spot", venue: "binance-spot")])
        let reader = try ArchiveReader(path: writer.path)
        let gaps = try reader.gaps()
        #expect(gaps.map(\.cause) == ["disconnect", "sequence", "restart", "overload"])
        // A gap that began after the end of its session is empty, never negative.
        #expect(gaps.map(\.tsTo) == [time(7 * Self.second), time(3 * Self.second), nil, time(9 * Self.second)])
        // Without a recorder of the feed, the open absence is stored again in the file of the day it ends.
        try await writer.settleGaps()
        #expect(try reader.gaps().map(\.cause) == ["disconnect", "sequence", "overload"])
        #expect(try reader.sessions()[0].counts?.gapCount == 3)
        await writer.close()
        #expect(try ArchiveVerifier.verify(ArchiveLocation(writer.path)).problems == [])
    }

    @Test("the past of a feed is its end, the reason, its open gap and its rate")
    func past() async throws {
        let (directory, recording) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let writer = recording.writer
        let key = FeedKey(name: "spot", venue: "binance-spot")
        #expect(try await writer.past(of: FeedKey(name: "other", venue: "binance-spot")).end == nil)
        #expect(try await writer.past(of: key).end?.reason == .removed, "its session goes on")
        let rate = try await writer.deliveryRate(feedID: 1)
        #expect(rate.messages == 5 && rate.spanNS == 4 * Self.second)
        #expect(try await writer.deliveryRate(feedID: 9).isEmpty)
        #expect(try await writer.lastMessageTime(feedID: 1) == time(4 * Self.second))
        #expect(try await writer.lastMessageTime(feedID: 9) == nil)
        #expect(try await writer.sessionID(ofFeed: 1) == 1)
        let error = await archiveError { _ = try await writer.sessionID(ofFeed: 9) }
        #expect(error?.code == .corrupted && error?.detail.contains("no feed 9") == true)
        _ = try await writer.endKilledSessions()
        let past = try await writer.past(of: key)
        #expect(past.end?.ts == time(4 * Self.second) && past.end?.reason == .killed)
        #expect(past.gap?.tsFrom == time(4 * Self.second) && past.rate == rate)
        let gap = try #require(past.gap)
        var batch = WriteBatch()
        batch.removedGaps = [gap]
        try await writer.write(batch)
        #expect(try await writer.past(of: key).gap == nil)
        await writer.close()
    }

    @Test("the context of a connection is its first block and the last ones up to a size")
    func context() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.blocks = try (0..<20).map { try block(connectionID: 1, indexes: $0 * 10..<$0 * 10 + 10) }
        try await recording.writer.write(batch)
        func numbers(_ bytes: Int64) async throws -> [Int64] {
            try await recording.writer.contextBlocks(connectionID: 1, payloadBytesMax: bytes)
                .compactMap { $0.messageIndexes.first }
        }
        #expect(try await numbers(0) == [0])
        #expect(try await numbers(1) == [0, 190])
        // Messages 100 to 199 have 4 bytes each.
        #expect(try await numbers(80) == [0, 180, 190])
        #expect(try await numbers(81) == [0, 170, 180, 190])
        #expect(try await numbers(.max) == (0..<20).map { $0 * 10 })
        #expect(try await recording.writer.contextBlocks(connectionID: 2, payloadBytesMax: 99).isEmpty)
        await recording.writer.close()
    }
}
