import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Recording

/// Reports about a write-ahead log that a reader keeps from shrinking.
@Suite(.timeLimit(.minutes(5)))
struct LogWatchTests {
    @Test("the watch reports when the log is too long, each time it has doubled, and when it is short again")
    func watch() {
        var watch = LogWatch(bytesMax: 100)
        let sizes: [Int64] = [0, 100, 101, 150, 201, 202, 300, 404, 405, 90, 80, 101]
        let told = sizes.map { bytes -> String? in
            switch watch.look(at: bytes) {
            case .logHeld(let bytes): "held \(bytes)"
            case .logFreed: "freed"
            default: nil
            }
        }
        #expect(told == [nil, nil, "held 101", nil, nil, "held 202", nil, "held 404", nil, "freed", nil, "held 101"])
    }

    @Test("a recorder reports what the watch found")
    func reported() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        bench.policy.logBytesMax = 1
        let run = bench
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: (0..<100).map { SpotSample.trade(id: $0) }))
            await run.commit { $0.received == 100 }
            await run.reports.until { $0.contains { if case .logHeld = $0 { true } else { false } } }
        }
        _ = try await withServer(venue) { server in
            try await run.committing { try await run.recordWithJournal(server.url) }
        }
    }
}
