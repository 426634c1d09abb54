import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Recording

/// What is stored of an absence before its feed connects.
@Suite(.timeLimit(.minutes(5)))
struct StoredAbsenceTests {
    /// Stops on a Friday at noon and starts on the next Monday at noon.
    @Test("kind 13 an absence is stored before the feed connects, so that a kill soon after does not change it")
    func beforeConnecting() async throws {
        var bench = try RecorderBench.binance()
        bench.watch.silence = .off
        bench.market.calendar = try MarketHoursTests.forex()
        let file = bench.directory.file("2026-01-05.feedrec")
        let times = ["2026-01-09T12:00:00Z", "2026-01-12T12:00:00Z"].map(MarketHoursTests.time)
        let seen = EventLog<[GapRow]>()
        let venue = ScriptedVenue { connection, _ in
            seen.append(try ArchiveReader(path: file).gaps())
            try await connection.send(MessageBatch(texts: [SpotSample.trade(id: 1)]))
            _ = try await connection.receiveAll()
        }
        for time in times {
            var next = bench
            (next.stop, next.reports, next.clock) = (StopControl(), EventLog(), ManualClock())
            next.wall = ManualClock(unixStart: time)
            let run = next
            try await withServer(venue) { server in
                async let outcome = run.record(server.url)
                await run.commit { $0.received == 1 }
                run.stop.request(.signal)
                _ = try await outcome
            }
        }
        let (closing, opening) = ("2026-01-09T22:00:00Z", "2026-01-11T22:00:00Z")
        let gaps = try #require(seen.all.last)
        #expect(gaps.map(\.tsFrom) == [times[0], MarketHoursTests.time(opening)])
        #expect(gaps.map(\.tsTo) == [MarketHoursTests.time(closing), nil])
    }
}
