import Archive
import MarketModel
import Testing

/// Recorders that are killed while the market of a feed is closed.
struct KilledWhileClosedTests {
    /// A recording without an end: its last message came at 1 s, and the market closed at 2 s.
    private func killed(until opening: Int64?) async throws -> (TemporaryDirectory, ArchiveWriter) {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        let message = SampleMessage(index: 0, offset: 1_000_000_000, payload: "last")
        batch.blocks = [try block(connectionID: recording.connectionID, [message])]
        batch.closedSpans = [
            ClosedSpanRow(
                feedID: recording.feedID,
                tsFrom: time(2_000_000_000),
                tsTo: opening.map { time($0 * 1_000_000_000) }
            )
        ]
        try await recording.writer.write(batch)
        return (directory, recording.writer)
    }

    @Test(
        "kind 13 the next recorder looks for missing data from the market's closing, not from the last message",
        arguments: [5, nil]
    )
    func declared(opening: Int64?) async throws {
        let (directory, writer) = try await killed(until: opening)
        #expect(try await writer.endKilledSessions() == 1)
        let key = FeedKey(name: "spot", venue: "binance-spot")
        let past = try await writer.past(of: key)
        // The closed time has the moment at which the recorder was last alive.
        #expect(past.gap == nil && past.end?.ts == time(2_000_000_001) && past.end?.reason == .killed)
        await writer.close()
        #expect(try ArchiveReader(path: writer.path).gaps().isEmpty)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(directory.path)).problems == [])
    }

    @Test("kind 13 closed time ends where its recorder was last known to be alive", arguments: [5, 3, nil])
    func ended(opening: Int64?) async throws {
        let (directory, writer) = try await killed(until: opening)
        defer { withExtendedLifetime(directory) {} }
        var batch = WriteBatch()
        batch.clockSamples = [
            ClockSampleRow(ts: time(4_000_000_000), offsetNS: 0, errorNS: 0, status: 0)
        ]
        try await writer.write(batch)
        #expect(try await writer.endKilledSessions() == 1)
        let past = try await writer.past(of: FeedKey(name: "spot", venue: "binance-spot"))
        await writer.close()
        let reader = try ArchiveReader(path: writer.path)
        let wasOpen = opening == 3
        #expect(try reader.closedSpans().map(\.tsTo) == [time(wasOpen ? 3_000_000_000 : 4_000_000_000)])
        // A market that had opened is missed from then on.
        #expect(try reader.gaps().map(\.tsFrom) == (wasOpen ? [time(3_000_000_000)] : []))
        #expect(past.gap?.tsFrom == (wasOpen ? time(3_000_000_000) : nil))
        #expect(past.end?.ts == time(wasOpen ? 3_000_000_000 : 4_000_000_000))
    }

    @Test("kind 13 a closed time that is cut where it began has no row")
    func cut() async throws {
        let (directory, writer) = try await killed(until: 5)
        defer { withExtendedLifetime(directory) {} }
        var batch = WriteBatch()
        batch.closedSpans = [ClosedSpanRow(feedID: 1, tsFrom: time(2_000_000_000), tsTo: time(2_000_000_000))]
        try await writer.write(batch)
        await writer.close()
        #expect(try ArchiveReader(path: writer.path).closedSpans().isEmpty)
    }

    @Test("kind 1 after a change by SIGHUP, a disconnect and a kill, the absence begins at the end of the disconnect")
    func changedFeed() async throws {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let recording = try await OpenRecording(directory)
        let writer = recording.writer
        let second: Int64 = 1_000_000_000
        let feedID = try await writer.addFeed(FeedRow(sessionID: 1, name: "spot", venue: "binance-spot", url: nil))
        let connectionID = try await writer.openConnection(ConnectionOpened(feedID: feedID, tsOpened: time(2 * second)))
        var batch = WriteBatch()
        batch.blocks = [
            try block(connectionID: recording.connectionID, [SampleMessage(index: 0, offset: second, payload: "a")]),
            try block(connectionID: connectionID, [SampleMessage(index: 1, offset: 5 * second, payload: "b")]),
        ]
        batch.gaps = [GapRow(gapID: 1, sessionID: 1, feedID: feedID, tsFrom: time(5 * second), cause: "disconnect")]
        try await writer.write(batch)
        #expect(try await writer.endKilledSessions() == 1)
        await writer.close()
        let gaps = try ArchiveReader(path: writer.path).gaps()
        #expect(gaps.map(\.cause) == ["disconnect", "restart"])
        #expect(gaps.map(\.tsFrom) == [time(5 * second), time(5 * second)])
        #expect(gaps.map(\.feedID) == [feedID, feedID])
    }

    private func emptyRecording(_ directory: TemporaryDirectory) async throws -> String {
        let recording = try await OpenRecording(directory)
        try await recording.end(SessionCounts())
        return recording.writer.path
    }

    @Test("kind 2 numbers of messages that were lost to damage are not used again")
    func lostNumbers() async throws {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = try await emptyRecording(directory)
        do {
            let session = try SQLSession(recordings: [path], isWritable: true)
            let sql = "INSERT INTO absence VALUES (1, 1, 'message', 'damage', 5, 9, 5, 0)"
            _ = try await rows(of: sql, in: session)
            session.close()
        }
        let writer = try ArchiveWriter.open(file: path, lock: try ArchiveLock(directory: directory.path))
        #expect(writer.nextMessageIndex == 10)
        await writer.close()
    }
}
