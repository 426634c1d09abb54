import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Recording

/// When a recorder reconnects to a hub that said goodbye.
@Suite(.timeLimit(.minutes(5)))
struct HubGoodbyeTests {
    @Test(
        "a hub that asks us to come back is reconnected immediately, another after a while; both are recorded",
        arguments: [
            (#"{"type":7,"allowReconnect":true}"#, Duration.milliseconds(250)), (#"{"type":7}"#, .seconds(10)),
            (#"{"type":7,"error":"bad","allowReconnect":true}"#, .milliseconds(250)),
            (#"{"type":7,"error":"bad"}"#, .seconds(10)),
        ]
    )
    func delays(record: String, longest: Duration) async throws {
        let bench = try RecorderBench.hub()
        let venue = ScriptedVenue { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await hub.send(HubScript.tick("1.1"), record)
        }
        let outcome = try await withServer(venue) { server in
            async let outcome = bench.record(server.url)
            await bench.reports.until { $0.disconnections.count == 1 }
            bench.stop.request(.signal)
            return try await outcome
        }
        #expect(outcome.totals.gaps == 1)
        let delay = try #require(bench.reports.all.disconnections.first?.retryIn)
        #expect(delay >= longest / 2 && delay <= longest)
        #expect(try bench.stored().received.contains(record + "\u{1E}"))
    }
}
