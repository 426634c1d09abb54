import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import WebSocketProtocol

@testable import Recording

/// A recorder when connections fail.
@Suite(.timeLimit(.minutes(5)))
struct RecorderReconnectTests {
    @Test("a lost connection is reopened and subscribed again, and leaves a gap from its last message to the next")
    func reconnect() async throws {
        let bench = try RecorderBench.hub()
        let heard = EventLog<String>()
        let scene = ScriptedVenue.Scene.talk { connection, _ in
            let hub = HubScript(connection: connection, heard: heard)
            try await hub.answerUntilSubscribed()
            try await hub.send(HubScript.tick("1.1"), HubScript.tick("1.11"))
            if heard.all.filter({ $0.contains("handshake") || $0.contains("protocol") }).count > 1 {
                try await hub.listen()
            }
        }
        let outcome = try await withServer(ScriptedVenue([scene])) { server in
            async let outcome = bench.record(server.url)
            await bench.reports.until { $0.disconnections.count == 1 }
            bench.wall.advance(by: .seconds(10))
            await bench.commit { $0.subscribedCount == 2 }
            await bench.commit { $0.received == 10 }
            bench.stop.request(.signal)
            return try await outcome
        }
        #expect(outcome.totals.gaps == 1 && outcome.totals.quotes == 4)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        let start = ManualClock().unixNow
        #expect(stored.gaps.map(\.cause) == ["disconnect"])
        #expect(stored.gaps.map(\.detail) == ["the peer closed the connection"])
        #expect(stored.gaps.map(\.tsFrom) == [start])
        #expect(stored.gaps.map(\.tsTo) == [start.advanced(by: .seconds(10))])
        #expect(stored.connections.count == 2)
        #expect(stored.connections.allSatisfy { $0.closed != nil })
        // Both connections sent the same, and the venue received it.
        #expect(stored.sent.last?.contains("UnsubscribeFromTicks") == true)
        let sent = stored.sent.dropLast()
        #expect(sent.count.isMultiple(of: 2) && sent.prefix(sent.count / 2) == sent.suffix(sent.count / 2))
        #expect(sent.contains { $0.contains("SubscribeToTicks") && $0.contains("EURUSD") })
        #expect(heard.all == stored.sent)
    }

    @Test("a gap refers to the lost connection, and estimates the missing messages by the rate before it")
    func estimate() async throws {
        let bench = try RecorderBench.binance()
        let first = ScriptedVenue.Scene.talk { connection, _ in
            for round in 1...5 {
                try await connection.send(
                    MessageBatch(texts: (0..<10).map { SpotSample.trade(id: round * 10 + $0) })
                )
                await bench.commit { $0.received == Int64(round * 10) }
                bench.wall.advance(by: .seconds(1))
                await bench.commit { [count = bench.reports.all.progressCount] in $0.progressCount > count + 1 }
            }
        }
        let second = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(SpotSample.trade(id: 2))
            _ = try await connection.receiveAll()
        }
        try await withServer(ScriptedVenue([first, second])) { server in
            async let outcome = bench.record(server.url)
            await bench.reports.until { $0.disconnections.count == 1 }
            bench.wall.advance(by: .seconds(59))
            await bench.commit { $0.received == 51 }
            bench.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try bench.stored()
        let gap = try #require(stored.gaps.first)
        #expect(stored.problems == [] && stored.gaps.count == 1)
        #expect(gap.connectionID == stored.connections.first?.connectionID)
        let estimate = try #require(gap.estimatedCount)
        #expect((300...900).contains(estimate), "60 s at about 10 a second, not \(estimate)")
    }

    @Test("delays double while the venue refuses, and start over after a connection that delivered for 10 s")
    func backoff() async throws {
        let bench = try RecorderBench.binance()
        let talk = ScriptedVenue.Scene.talk { connection, _ in
            let before = bench.reports.all.received
            try await connection.send(SpotSample.trade(id: 1))
            await bench.commit { $0.received == before + 1 }
            bench.wall.advance(by: .seconds(10))
            try await connection.send(SpotSample.trade(id: 3))
            await bench.commit { $0.received == before + 2 }
        }
        let busy = ScriptedVenue.Scene.refuse(HTTPResponse(status: 503, text: "busy"))
        let listen = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(SpotSample.trade(id: 2))
            _ = try await connection.receiveAll()
        }
        try await withServer(ScriptedVenue([talk, busy, busy, busy, talk, listen])) { server in
            async let outcome = bench.record(server.url)
            await bench.commit { $0.subscribedCount == 3 }
            bench.stop.request(.signal)
            let ended = try await outcome
            #expect(ended.cause == .signal)
        }
        let disconnections = bench.reports.all.disconnections
        let steps = [1, 2, 4, 8, 1]
        #expect(disconnections.count == steps.count)
        for (disconnection, step) in zip(disconnections, steps) {
            let whole = Duration.milliseconds(250 * step)
            #expect(disconnection.retryIn >= whole / 2 && disconnection.retryIn <= whole)
        }
        #expect(disconnections.dropFirst().prefix(3).allSatisfy { $0.reason.contains("503") })
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.count == 2, "one for each time that data was missing, not for each attempt")
        #expect(stored.gaps.allSatisfy { $0.tsTo != nil })
    }

    @Test("kind 8 connections that deliver for a moment and close do not reset the delays")
    func shortConnections() async throws {
        let bench = try RecorderBench.binance()
        let brief = ScriptedVenue { connection, _ in try await connection.send(SpotSample.trade(id: 1)) }
        try await withServer(brief) { server in
            async let outcome = bench.record(server.url)
            await bench.commit { $0.disconnections.count == 6 }
            bench.stop.request(.signal)
            _ = try await outcome
        }
        for (disconnection, step) in zip(bench.reports.all.disconnections, [1, 2, 4, 8, 16, 32]) {
            let whole = Duration.milliseconds(250 * step)
            #expect(disconnection.retryIn >= whole / 2 && disconnection.retryIn <= whole)
        }
    }

    @Test("a first connection that fails is an error with the reason", arguments: [401, 404, 503])
    func firstFails(status: Int) async throws {
        let bench = try RecorderBench.binance()
        let venue = ScriptedVenue([.refuse(HTTPResponse(status: status, text: "go away"))])
        let error = await failure { _ = try await withServer(venue) { try await bench.record($0.url) } }
        #expect("\(try #require(error as? RecordingError))".contains("\(status)"))
        #expect(venue.connections == 1)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.sessions.map(\.endCause) == ["error"])
        #expect(stored.connections.isEmpty && stored.gaps.isEmpty)
    }

    @Test("with --keep-trying the first connection is retried for ever too")
    func keepTrying() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.retriesFirstConnection = true
        let busy = ScriptedVenue.Scene.refuse(HTTPResponse(status: 503, text: "busy"))
        let listen = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(SpotSample.trade(id: 1))
            _ = try await connection.receiveAll()
        }
        let run = bench
        try await withServer(ScriptedVenue([busy, busy, listen])) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.subscribedCount == 1 }
            run.stop.request(.signal)
            let ended = try await outcome
            #expect(ended.totals.gaps == 1)
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received.count == 1)
    }

    @Test("a stop ends the wait for the next attempt, and the gap lasts until then")
    func stopWhileWaiting() async throws {
        let bench = try RecorderBench.binance()
        let venue = ScriptedVenue { connection, _ in try await connection.send(SpotSample.trade(id: 1)) }
        let outcome = try await withServer(venue) { server in
            async let outcome = bench.record(server.url)
            await bench.reports.until { $0.disconnections.count == 1 }
            bench.wall.advance(by: .seconds(3))
            bench.stop.request(.signal)
            return try await outcome
        }
        #expect(outcome.cause == .signal)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map { $0.tsTo?.since($0.tsFrom) } == [.seconds(3)])
    }

    @Test("a stop ends a connection attempt in progress")
    func stopWhileConnecting() async throws {
        let bench = try RecorderBench.binance()
        let silent = SilentListener()
        let outcome = try await silent.run { url in
            async let outcome = bench.record(url)
            await bench.clock.untilSleeping(count: 1)
            bench.stop.request(.duration)
            return try await outcome
        }
        #expect(outcome.cause == .duration)
        #expect(try bench.stored().sessions.map(\.endCause) == ["duration"])
    }

    @Test("a message over the size limit ends the connection and is a gap, not a silence")
    func oversized() async throws {
        var bench = try RecorderBench.binance()
        bench.limits = WebSocketLimits(messageBytesMax: 1024, frameBytesMax: 1024)
        let big = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(SpotSample.trade(id: 1))
            try await connection.send(String(repeating: "x", count: 5000))
            _ = try await connection.receiveAll()
        }
        let small = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(SpotSample.trade(id: 2))
            _ = try await connection.receiveAll()
        }
        let run = bench
        try await withServer(ScriptedVenue([big, small])) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.subscribedCount == 2 }
            run.stop.request(.signal)
            let ended = try await outcome
            #expect(ended.totals.gaps == 1)
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received == [SpotSample.trade(id: 1), SpotSample.trade(id: 2)])
        #expect(
            stored.gaps.first?.detail?.contains("5000") == true || stored.gaps.first?.detail?.contains("1024") == true
        )
        #expect(stored.connections.first?.closed?.closeCode == 1009)
    }

    @Test("a connection that breaks without a close is a gap")
    func broken() async throws {
        let bench = try RecorderBench.binance()
        let scenes: [ScriptedVenue.Scene] = [
            .talk { connection, _ in
                try await connection.send(SpotSample.trade(id: 1))
                await bench.reports.until { $0.subscribedCount == 1 }
                connection.abort()
            },
            .talk { connection, _ in
                try await connection.send(SpotSample.trade(id: 2))
                _ = try await connection.receiveAll()
            },
        ]
        try await withServer(ScriptedVenue(scenes)) { server in
            async let outcome = bench.record(server.url)
            await bench.commit { $0.subscribedCount == 2 }
            bench.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.count == 1)
        #expect(stored.connections.first?.closed?.closedBy == ConnectionCloser.none)
        #expect(stored.connections.first?.closed?.closeCode == 1006)
    }
}

/// Accepts connections and never sends anything.
private struct SilentListener {
    func run<Result: Sendable>(_ body: @Sendable (String) async throws -> Result) async throws -> Result {
        let server = try await startSilentServer()
        let result = try await body(server.url)
        await server.shutdown()
        return result
    }
}
