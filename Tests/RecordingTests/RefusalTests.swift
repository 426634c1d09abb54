import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import Venues
import WebSocketProtocol

@testable import Recording

/// Venues that answer with a refusal.
@Suite(.timeLimit(.minutes(5)))
struct RefusalTests {
    /// A hub that opens every connection and refuses every call.
    private static let refusingHub = ScriptedVenue { connection, _ in
        var behavior = HubBehavior()
        behavior.isUnauthorized = true
        var session = MT4HubSession(behavior)
        while let batch = try await connection.receive() {
            var replies = MessageBatch()
            for index in 0..<batch.count {
                _ = batch.withPayload(at: index) { session.receive($0, kind: .text, replies: &replies) }
            }
            try await connection.send(replies)
        }
    }

    @Test("C1 a hub that refuses every call counts as a refusal, is contacted less and less often, and adds few rows")
    func refusedCalls() async throws {
        var subscription = MT4Subscription(tradePlatform: "P", symbols: ["EURUSD"])
        subscription.margin = true
        var bench = try RecorderBench.hub(subscription)
        bench.policy.retriesFirstConnection = true
        let run = bench
        try await withServer(Self.refusingHub) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.disconnections.count == 7 }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let (reports, stored) = (bench.reports.all, try bench.stored())
        #expect(reports.subscribedCount == 0)
        #expect(reports.disconnections.allSatisfy { $0.reason.contains("the hub refused StreamMarginCallUpdates") })
        let waits = reports.disconnections.reduce(Duration.zero) { $0 + $1.retryIn }
        #expect(waits >= .milliseconds(125 * 127), "seven attempts take 15 s or more")
        #expect(stored.gaps.map(\.cause) == ["refused"])
        #expect(stored.problems == [])
        let kinds = try bench.eventKinds()
        #expect(kinds == ["Connect": 1, "SubscribeToTicks": 1, "repeated": 2])
    }

    @Test("C1 without --keep-trying a hub that refuses every call is an error with the reason")
    func refusedAtFirst() async throws {
        let bench = try RecorderBench.hub()
        let error = await failure {
            _ = try await withServer(Self.refusingHub) { server in
                try await bench.committing { try await bench.record(server.url) }
            }
        }
        #expect("\(try #require(error))".contains("refused SubscribeToTicks for 'EURUSD'"))
    }

    @Test("kind 8 an HTTP refusal is the gap's cause", arguments: [401, 403, 404, 429, 503])
    func refusedUpgrade(status: Int) async throws {
        var bench = try RecorderBench.binance()
        bench.policy.retriesFirstConnection = true
        let run = bench
        let busy = ScriptedVenue([.refuse(HTTPResponse(status: status, text: "no"))])
        try await withServer(busy) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.disconnections.count == 3 }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let gaps = try bench.stored().gaps
        #expect(gaps.map(\.cause) == ["refused"])
        #expect(gaps.first?.detail?.contains("\(status)") == true)
    }

    @Test("kind 8 a connection that is closed immediately after opening is a disconnect, never a subscription")
    func closedAtOnce() async throws {
        var bench = try RecorderBench.hub()
        bench.policy.retriesFirstConnection = true
        let run = bench
        try await withServer(ScriptedVenue { _, _ in }) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.disconnections.count == 4 }
            run.stop.request(.signal)
            _ = try await outcome
        }
        #expect(bench.reports.all.subscribedCount == 0)
        #expect(try bench.stored().gaps.map(\.cause) == ["disconnect"])
    }

    @Test("kind 8 a hub that never answers the hub handshake is a failed attempt, with a gap")
    func silentHandshake() async throws {
        var bench = try RecorderBench.hub()
        bench.policy.retriesFirstConnection = true
        bench.makeDialect = {
            MT4Dialect(
                MT4Subscription(tradePlatform: "P", symbols: ["EURUSD"]),
                handshakeTimeout: .seconds(3)
            )
        }
        let run = bench
        try await withServer(ScriptedVenue { connection, _ in _ = try await connection.receiveAll() }) { server in
            async let outcome = run.record(server.url)
            await run.reports.until { $0.connectedCount == 1 }
            run.wall.advance(by: .seconds(4))
            await run.commit { $0.disconnections.count == 1 }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let reason = bench.reports.all.disconnections.first?.reason
        #expect(reason == "the hub did not answer the hub handshake within 3.0 s")
        #expect(try bench.stored().gaps.map(\.cause) == ["no-ack"])
    }

    // MARK: Retry-After

    @Test("C3 no attempt is made before the time that the venue requested", arguments: [429, 418, 503, 302])
    func held(status: Int) async throws {
        var bench = try RecorderBench.binance()
        bench.policy.retriesFirstConnection = true
        let run = bench
        var busy = HTTPResponse(status: status, text: "slow down")
        busy.headers.append("Retry-After", "120")
        let good = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(SpotSample.trade(id: 1))
            _ = try await connection.receiveAll()
        }
        let venue = ScriptedVenue([.refuse(busy), good])
        try await withServer(venue) { server in
            async let outcome = run.record(server.url)
            await run.reports.until { $0.disconnections.count == 1 }
            for _ in 0..<119 { await second(run) }
            #expect(venue.connections == 1)
            while run.reports.all.subscribedCount == 0 { await second(run) }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let wait = try #require(bench.reports.all.disconnections.first?.retryIn)
        #expect(wait >= .seconds(120) && wait <= .seconds(121))
        let until = bench.reports.all.compactMap { if case .heldOff(_, let until) = $0 { until } else { nil } }
        #expect(until == [UnixNanoseconds(iso8601: "2026-01-05T00:02:00Z")])
        #expect(try bench.stored().gaps.first?.detail?.contains("not to reconnect within 120 s") == true)
    }

    /// Advances both clocks by a second.
    private func second(_ bench: RecorderBench) async {
        await bench.clock.untilSleeping(count: 1)
        bench.wall.advance(by: .seconds(1))
        bench.clock.advance(by: .seconds(1))
        await Task.yield()
    }
}

extension RecorderBench {
    /// The number of events of each kind in the recording.
    fileprivate func eventKinds() throws -> [String: Int] {
        let reader = try ArchiveReader(path: try ArchiveLocation(directory.path).files[0])
        let kinds = ["Connect", "SubscribeToTicks", "StreamMarginCallUpdates", "subscription", RepeatedEvents.kind]
        var counts: [String: Int] = [:]
        for kind in kinds {
            let count = try reader.events(kind: kind).count
            if count > 0 { counts[kind] = count }
        }
        return counts
    }
}
