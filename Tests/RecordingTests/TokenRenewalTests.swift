import Archive
import FeedrecTestKit
import MarketModel
import Synchronization
import Testing
import Transport

@testable import Recording

/// Connections whose token is renewed while they are open.
@Suite(.timeLimit(.minutes(5)))
struct TokenRenewalTests {
    /// A new venue for each test, because it counts its connections.
    private static var talk: ScriptedVenue {
        ScriptedVenue { connection, _ in
            try await connection.send(SpotSample.trade(id: 1))
            _ = try await connection.receiveAll()
        }
    }

    /// Records until the token has been renewed twice.
    private func record(_ bench: RecorderBench, replacesConnections: Bool) async throws -> ScriptedVenue {
        let clock = bench.wall
        let keeper = TokenKeeper(now: { clock.unixNow }) {
            AccessToken("SECRET-token", obtainedAt: clock.unixNow, lifetime: .seconds(100))
        }
        _ = try await keeper.token()
        let venue = Self.talk
        try await withServer(venue) { server in
            var feed = bench.feed(server.url)
            feed.access = FeedAccess(keeper, replacesConnections: replacesConnections)
            let recorder = bench.recorder(of: [feed])
            let writer = try bench.openWriter()
            async let outcome = recorder.run(into: writer)
            await bench.commit { $0.received == 1 }
            bench.wall.advance(by: .seconds(91))
            await bench.commit { _ in keeper.generation == 1 }
            if replacesConnections { await bench.commit { venue.connections == 2 && $0.received == 2 } }
            bench.stop.request(.signal)
            _ = try await outcome
            await writer.close()
        }
        return venue
    }

    @Test("kind 14 a connection is replaced immediately when its token was renewed, as a planned gap")
    func replaced() async throws {
        let bench = try RecorderBench.binance()
        let venue = try await record(bench, replacesConnections: true)
        #expect(venue.connections == 2)
        #expect(bench.reports.all.disconnections.map(\.retryIn) == [.zero])
        let gaps = try bench.stored().gaps
        #expect(gaps.map(\.cause) == ["renewal"] && gaps.allSatisfy { $0.tsTo != nil })
        #expect(gaps.first?.detail == "the token was renewed")
    }

    @Test("kind 14 otherwise a connection stays open with the token that it was opened with")
    func kept() async throws {
        let bench = try RecorderBench.binance()
        let venue = try await record(bench, replacesConnections: false)
        #expect(venue.connections == 1)
        #expect(try bench.stored().gaps.isEmpty)
    }

    @Test("kind 14 with two connections the new one takes over, and nothing is missing")
    func overlapping() async throws {
        var bench = try RecorderBench.binance()
        bench.overlap.renewAfter = .seconds(86_400)
        bench.overlap.handoverMax = .zero
        let venue = try await record(bench, replacesConnections: true)
        #expect(venue.connections == 2)
        #expect(try bench.stored().gaps.isEmpty)
    }
}
