import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import WebSocketProtocol

@testable import Recording

/// A recorder when the venue says goodbye, or is silent.
@Suite(.timeLimit(.minutes(5)))
struct RecorderEndingTests {
    @Test("a venue that says goodbye and closes ends a recording with --once in an orderly way")
    func goodbye() async throws {
        var bench = try RecorderBench.hub()
        bench.policy.isOnce = true
        let venue = ScriptedVenue { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await hub.send(HubScript.tick("1.1"), #"{"type":7}"#)
        }
        let outcome = try await withServer(venue) { [bench] in try await bench.record($0.url) }
        #expect(outcome.cause == .peerClosed)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps == [])
        #expect(stored.received.suffix(2) == [HubScript.tick("1.1") + "\u{1E}", "{\"type\":7}\u{1E}"])
    }

    @Test("after a goodbye without a close, the recorder closes, and records what the venue still sends")
    func goodbyeWithoutClose() async throws {
        var bench = try RecorderBench.hub()
        bench.policy.isOnce = true
        let venue = ScriptedVenue { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await hub.send(#"{"type":7}"#, HubScript.tick("1.1"))
            try await hub.listen()
        }
        let run = bench
        let outcome = try await withServer(venue) { server in
            // A tick that is already running when the time passes may end it.
            async let outcome = run.committing { try await run.record(server.url) }
            await run.reports.until { $0.received == 5 }
            run.wall.advance(by: run.policy.closeGrace)
            return try await outcome
        }
        #expect(outcome.cause == .peerClosed)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.summary.quoteCount == 1)
    }

    @Test("a hub that refuses the subscription ends the recording with its reason")
    func unauthorized() async throws {
        let bench = try RecorderBench.hub()
        let refusal = "Failed to invoke 'SubscribeToTicks' because user is unauthorized"
        let venue = ScriptedVenue { connection, _ in
            while let batch = try await connection.receive() {
                for text in batch.texts {
                    switch text {
                    case _ where text.contains("\"protocol\""): try await connection.send("{}\u{1E}")
                    case _ where text.contains("\"Connect\""):
                        try await connection.send(#"{"type":3,"invocationId":"1","result":true}"# + "\u{1E}")
                    case _ where text.contains("SubscribeToTicks"):
                        try await connection.send(#"{"type":3,"invocationId":"2","error":"\#(refusal)"}"# + "\u{1E}")
                    default: continue
                    }
                }
            }
        }
        let error = await failure { _ = try await withServer(venue) { try await bench.record($0.url) } }
        let reason = "the hub refused SubscribeToTicks for 'EURUSD': \(refusal)"
        #expect("\(try #require(error as? RecordingError))" == reason)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received.count == 3, "the hub's messages are kept")
        #expect(stored.connections.first?.closed?.closedBy == .local)
    }

    @Test("a hub that falls silent is cut off and reconnected; the gap begins with its last message")
    func silence() async throws {
        let bench = try RecorderBench.hub()
        let scene = ScriptedVenue.Scene.talk { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await hub.send(HubScript.tick("1.1"))
            try await hub.listen()
        }
        try await withServer(ScriptedVenue([scene])) { server in
            async let outcome = bench.record(server.url)
            await bench.commit { $0.received == 4 }
            // At 20 s we send a message ourselves, which does not count.
            for _ in 0..<2 {
                bench.wall.advance(by: .seconds(20))
                await bench.clock.untilSleeping(count: 1)
                let count = bench.reports.all.progressCount
                bench.clock.advance(by: bench.policy.commitInterval)
                await bench.reports.until { $0.progressCount > count }
            }
            await bench.commit { $0.subscribedCount == 2 }
            bench.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        let start = ManualClock().unixNow
        #expect(stored.gaps.map(\.tsFrom) == [start])
        #expect(stored.gaps.map(\.tsTo) == [start.advanced(by: .seconds(40))])
        #expect(stored.gaps.first?.detail == "the hub was silent for more than 30 s")
        #expect(stored.sent.contains("{\"type\":6}\u{1E}"), "the ping at 20 s")
    }

    @Test("data that comes after our close frame is recorded")
    func lateData() async throws {
        let bench = try RecorderBench.binance()
        let venue = ScriptedVenue { connection, _ in
            // These messages are on their way when the stop below happens.
            for id in 0..<50 { try await connection.send(SpotSample.trade(id: id)) }
            _ = try await connection.receiveAll()
        }
        let outcome = try await withServer(venue) { server in
            async let outcome = bench.record(server.url)
            await bench.reports.until { $0.connectedCount == 1 }
            bench.stop.request(.signal)
            return try await outcome
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received == (0..<stored.received.count).map { SpotSample.trade(id: $0) })
        #expect(outcome.totals.messagesReceived == stored.received.count)
        #expect(stored.connections.first?.closed?.messagesReceived == Int64(stored.received.count))
    }

    @Test("a cancelled recording ends with everything stored that was read")
    func cancelled() async throws {
        let bench = try RecorderBench.binance()
        let venue = ScriptedVenue { connection, _ in
            for id in 0..<50 { try await connection.send(SpotSample.trade(id: id)) }
            _ = try await connection.receiveAll()
        }
        try await withServer(venue) { server in
            let task = Task { try await bench.record(server.url) }
            await bench.reports.until { $0.subscribedCount == 1 }
            task.cancel()
            let error = await failure { _ = try await task.value }
            #expect(error is CancellationError)
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(!stored.received.isEmpty)
        #expect(stored.sessions.map(\.endCause) == ["error"])
        #expect(stored.connections.first?.closed?.messagesReceived == Int64(stored.received.count))
    }
}
