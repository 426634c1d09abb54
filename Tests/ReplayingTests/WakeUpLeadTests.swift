import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Replaying

/// How a precise session wakes, and that it does not occupy its thread all the time.
@Suite(.timeLimit(.minutes(5)))
struct WakeUpLeadTests {
    private struct Timer: PlaybackTimer {
        var leadNanoseconds: Int64
        var now: Int64 { 0 }
        func schedule(at deadline: Int64, _ body: @escaping @Sendable () -> Void) -> @Sendable () -> Void { {} }
    }

    @Test(
        "it settles a little above the 99th percentile of the wake-up delays",
        arguments: [(0, 60_000), (70_000, 90_000), (150_000, 170_000), (480_000, 500_000), (900_000, 500_000)]
    )
    func settles(spread: Int64, expected: Int64) {
        var generator = SplitMix64(seed: 7)
        var lead = WakeUpLead(Timer(leadNanoseconds: 100_000))
        for round in 0..<20_000 {
            // Half of the delays are far shorter, and many waited for another process, which no lead can cover.
            let isLate = round % 2 == 0
            let late = isLate ? Int64.random(in: 0...max(1, spread), using: &generator) : spread / 3
            lead.note(late: round % 10 == 0 ? 3_000_000 : late)
        }
        #expect((expected - 45_000...expected + 25_000).contains(lead.nanoseconds), "\(lead.nanoseconds)")
        #expect(WakeUpLead.bounds.contains(lead.nanoseconds))
    }

    @Test("a timer that is not precise has no lead")
    func none() {
        var lead = WakeUpLead(Timer(leadNanoseconds: 0))
        lead.note(late: 400_000)
        #expect(lead.nanoseconds == 0)
    }

    @Test("commands are read even if messages are closer together than a wake-up takes")
    func heard() async throws {
        let reader = try await TapeArchive().write(
            venue: "mt4",
            messages: SampleRows.messages(count: 20_000),
            blockMessages: 1000,
            rows: SampleRows.mixed(count: 20_000)
        )
        var options = ReplayOptions()
        options.isPrecise = true
        let server = try ReplayServer(
            try TapeCatalog([reader]),
            options: options,
            pool: TestThreads(),
            timers: .eventLoops(ContinuousClock())
        )
        try await withServer(server) { server in
            // One event every 20 us, for 0.4 s.
            let client = try await connect(server.url + "/replay?speed=50")
            try await client.send(#"{"cmd":"pause"}"#)
            var texts: [String] = []
            while texts.last?.hasPrefix(#"{"type":"ack""#) != true { texts += try await client.receive()?.texts ?? [] }
            #expect(texts.count < 15_000, "\(texts.count) events came first")
            await client.close()
        }
    }
}
