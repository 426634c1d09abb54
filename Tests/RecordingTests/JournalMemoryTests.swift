import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Recording

/// A machine without memory or address space for the journal.
@Suite(.timeLimit(.minutes(5)))
struct JournalMemoryTests {
    @Test("kind 3 if no journal segment can be mapped, messages are stored without it, and that is reported")
    func noMemory() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        let fileSystem = FailingFileSystem([.map], number: .max - 1, code: .ioFailed, isLasting: true)
        let venue = ScriptedVenue { [bench] connection, _ in
            fileSystem.breakDown()
            // More than the prepared segments hold.
            for start in stride(from: 0, to: 1000, by: 100) {
                let trades = (start..<start + 100).map { SpotSample.trade(id: $0) }
                try await connection.send(MessageBatch(texts: trades))
            }
            bench.wall.advance(by: .seconds(1))
            await bench.commit { $0.received == 1000 && $0.hasJournalFailure }
        }
        let outcome = try await withServer(venue) { [bench] server in
            try await bench.committing { try await bench.recordWithJournal(server.url, fileSystem: fileSystem) }
        }
        #expect(outcome.totals.messagesReceived == 1000 && outcome.totals.gaps == 0)
        let stored = try StoredRecording(path: bench.directory.file("2026-01-05.feedrec"))
        #expect(stored.problems == [] && stored.received == (0..<1000).map { SpotSample.trade(id: $0) })
    }
}

extension [RecorderReport] {
    fileprivate var hasJournalFailure: Bool {
        contains { report in
            if case .journal(.failed) = report { true } else { false }
        }
    }
}
