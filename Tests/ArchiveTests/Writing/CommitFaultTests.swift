import Archive
import FeedrecTestKit
import MarketModel
import Testing

/// Commits that fail, one after the other.
struct CommitFaultTests {
    @Test("whichever commit of a recording fails, the call stores nothing and can be repeated", arguments: 1...12)
    func everyCommit(number: Int) async throws {
        let directory = try TemporaryDirectory()
        let fileSystem = FailingFileSystem([.commit], number: number, code: .diskFull)
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05", fileSystem: fileSystem)
        var failures = 0
        /// Calls `body` until it succeeds.
        func insist<Value>(_ body: () async throws -> Value) async throws -> Value {
            while true {
                do {
                    return try await body()
                } catch let error as ArchiveError {
                    #expect(error.code == .diskFull && error.isRetryable)
                    failures += 1
                }
            }
        }
        let start = SessionStart(kind: .record, tsStart: time(), host: nil, programVersion: "1", configuration: "{}")
        let sessionID = try await insist { try await writer.beginSession(start) }
        let feed = FeedRow(sessionID: sessionID, name: "f", venue: "v", url: nil)
        let feedID = try await insist { try await writer.addFeed(feed) }
        let opened = ConnectionOpened(feedID: feedID, tsOpened: time())
        let connectionID = try await insist { try await writer.openConnection(opened) }
        for round in 0..<6 as Range<Int64> {
            var batch = WriteBatch()
            if round == 0 { batch.instruments = [instrument(1, "A")] }
            batch.blocks = [try block(connectionID: connectionID, indexes: round * 5..<round * 5 + 5)]
            batch.quotes = (round * 5..<round * 5 + 5).map { quote(1, $0, message: $0) }
            batch.events = [EventRow(tsRecv: time(round), messageIndex: round, item: 0, feedID: 1, kind: "k", json: [])]
            try await insist { [batch] in try await writer.write(batch) }
        }
        let closed = ConnectionClosed(connectionID: connectionID, tsClosed: time(99), closedBy: .local)
        try await insist { try await writer.closeConnection(closed) }
        var counts = SessionCounts()
        (counts.messagesReceived, counts.quoteCount, counts.eventCount) = (30, 30, 6)
        try await insist { [counts] in
            try await writer.endSession(sessionID, tsEnd: time(99), cause: "signal", counts: counts)
        }
        await writer.close()
        #expect(failures == (fileSystem.hasFired ? 1 : 0) && (failures == 1) == (number <= 11))
        // Events have no key: a call that failed after storing them would have stored them twice.
        #expect(try ArchiveReader(path: writer.path).summary().eventCount == 6)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(writer.path)).problems == [])
    }

    @Test("an empty batch commits nothing, and a batch is emptied without its rows")
    func emptyBatch() async throws {
        let directory = try TemporaryDirectory()
        let fileSystem = FailingFileSystem([.commit], number: 1, isLasting: true)
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05", fileSystem: fileSystem)
        try await writer.write(WriteBatch())
        #expect(!fileSystem.hasFired)
        var batch = try await FullRecording().batch
        #expect(!batch.isEmpty && batch.rowCount == 2 + 12 + 60 + 6 * 6 + 1 + 1 + 1)
        batch.removeAll()
        #expect(batch.isEmpty && batch.rowCount == 0)
        await writer.close()
    }

    @Test("raising message numbers moves the rows of messages, and nothing else")
    func raising() async throws {
        let before = try await FullRecording().batch
        var batch = before
        batch.raiseMessageIndexes(by: 0)
        #expect(batch.quotes == before.quotes && batch.events == before.events)
        batch.raiseMessageIndexes(by: 1000)
        #expect(batch.quotes.map(\.messageIndex) == before.quotes.map { $0.messageIndex + 1000 })
        #expect(batch.trades.map(\.messageIndex) == before.trades.map { $0.messageIndex + 1000 })
        #expect(batch.marginUpdates.map(\.messageIndex) == before.marginUpdates.map { $0.messageIndex + 1000 })
        #expect(batch.venueBars.map(\.messageIndex) == before.venueBars.map { $0.messageIndex + 1000 })
        #expect(batch.orderUpdates.map(\.messageIndex) == before.orderUpdates.map { $0.messageIndex + 1000 })
        #expect(batch.events.map(\.messageIndex) == before.events.map { $0.messageIndex.map { $0 + 1000 } })
        #expect(batch.blocks == before.blocks && batch.bars == before.bars && batch.gaps == before.gaps)
    }

    @Test("ids of instruments and gaps are never given twice, over files and openings")
    func ids() async throws {
        let directory = try TemporaryDirectory()
        let first = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        #expect((0..<5).map { _ in first.makeInstrumentID() } == [1, 2, 3, 4, 5])
        #expect((0..<3).map { _ in first.makeGapID() } == [1, 2, 3])
        let next = try ArchiveWriter.open(directory: directory.path, day: "2026-01-06", lock: first.lock)
        next.continueNumbers(of: first)
        #expect(next.makeInstrumentID() == 6 && next.makeGapID() == 1)
        // An earlier file with smaller numbers does not turn them back.
        let third = try ArchiveWriter.open(directory: directory.path, day: "2026-01-07", lock: first.lock)
        next.continueNumbers(of: third)
        #expect(next.makeInstrumentID() == 7)
        for writer in [first, next, third] { await writer.close() }
        // What was never stored is given again.
        let again = try ArchiveWriter.open(file: first.path, lock: first.lock)
        #expect(again.makeInstrumentID() == 1 && again.recordingID == first.recordingID)
        await again.close()
    }
}
