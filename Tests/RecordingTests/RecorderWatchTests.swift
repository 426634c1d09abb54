import Archive
import FeedrecTestKit
import MarketModel
import Synchronization
import Testing
import Transport
import WebSocketProtocol

@testable import Recording

/// Connections that look healthy but deliver nothing, missing numbers, and clocks that are set.
@Suite(.timeLimit(.minutes(5)))
struct RecorderWatchTests {
    /// One tick of the recorder's clock, and its effects.
    private func tick(_ bench: RecorderBench) async {
        await bench.clock.untilSleeping(count: 1)
        let count = bench.reports.all.progressCount
        bench.clock.advance(by: bench.policy.commitInterval)
        await bench.reports.until { $0.progressCount > count }
    }

    @Test("a venue that answers pings but sends no data is reconnected and resubscribed; the gap ends with data")
    func silence() async throws {
        var bench = try RecorderBench.hub()
        bench.watch.silence = .after(.seconds(10))
        let heard = EventLog<String>()
        let pings = Mutex(0)
        let scene = ScriptedVenue.Scene.talk { connection, _ in
            let hub = HubScript(connection: connection, heard: heard)
            try await hub.answerUntilSubscribed()
            let number = pings.withLock { count in
                count += 1
                return count
            }
            // The second connection is as silent as the first one becomes.
            if number != 2 { try await hub.send(HubScript.tick("1.\(number)")) }
            while number != 3, connection.closeInfo == nil {
                // The hub's keep-alive is not data.
                try await hub.send(#"{"type":6}"#)
                guard try await connection.receive() != nil else { return }
            }
            try await hub.listen()
        }
        let run = bench
        try await withServer(ScriptedVenue([scene])) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received >= 4 }
            for connections in 2...3 {
                run.wall.advance(by: .seconds(11))
                await tick(run)
                await run.commit { $0.subscribedCount == connections }
            }
            await run.commit { $0.gapEndings == ["silence"] }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        let start = ManualClock().unixNow
        #expect(stored.gaps.map(\.cause) == ["silence"], "one gap over both silent connections")
        #expect(stored.gaps.map(\.tsFrom) == [start])
        #expect(stored.gaps.map(\.tsTo) == [start.advanced(by: .seconds(22))])
        #expect(stored.gaps.first?.detail == "no data arrived for 11.0 s")
        let subscriptions = heard.all.filter { $0.contains("SubscribeToTicks") }
        #expect(subscriptions.count == 3 && subscriptions.allSatisfy { $0.contains("EURUSD") })
    }

    @Test("a subscription that is not acknowledged in time is requested again")
    func noAcknowledgement() async throws {
        var bench = try RecorderBench.hub()
        bench.watch.ackTimeout = .seconds(10)
        bench.policy.retriesFirstConnection = true
        let deaf = ScriptedVenue.Scene.talk { connection, _ in _ = try await connection.receiveAll() }
        let good = ScriptedVenue.Scene.talk { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await hub.send(HubScript.tick("1.1"))
            try await hub.listen()
        }
        let run = bench
        try await withServer(ScriptedVenue([deaf, good])) { server in
            async let outcome = run.record(server.url)
            await run.reports.until { $0.connectedCount == 1 }
            run.wall.advance(by: .seconds(10))
            await tick(run)
            await run.commit { $0.subscribedCount == 1 }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try bench.stored()
        #expect(stored.gaps.map(\.cause) == ["no-ack"])
        #expect(stored.gaps.first?.detail == "the venue did not acknowledge the subscription within 10.0 s")
    }

    @Test("a peer that does not answer a ping is disconnected, with that as the gap's cause")
    func noPong() async throws {
        var bench = try RecorderBench.binance()
        bench.watch.pingInterval = .seconds(5)
        bench.pongTimeout = .milliseconds(100)
        let peer = try await RawVenue([.open(texts: [SpotSample.trade(id: 1)], bytes: [])])
        let run = bench
        async let outcome = run.record("ws://127.0.0.1:\(peer.port)/")
        await run.reports.until { $0.connectedCount == 1 }
        await run.commit { $0.subscribedCount == 1 }
        run.wall.advance(by: .seconds(5))
        await tick(run)
        await run.reports.until { $0.disconnections.count == 1 }
        run.stop.request(.signal)
        _ = try await outcome
        try await peer.close()
        let stored = try bench.stored()
        #expect(stored.gaps.map(\.cause) == ["no-pong"], "\(stored.gaps)")
    }

    @Test("a jump in the numbers of trades is a gap with its numbers, instrument and count")
    func sequence() async throws {
        var bench = try RecorderBench.binance()
        bench.watch.tradesAreNumbered = true
        let venue = ScriptedVenue { connection, _ in
            let ids = [1, 2, 3, 7, 8, 10, 9, 11]
            try await connection.send(MessageBatch(texts: ids.map { SpotSample.trade(id: $0) }))
            _ = try await connection.receiveAll()
        }
        let run = bench
        let outcome = try await withServer(venue) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received == 8 }
            #expect(run.reports.all.gapBeginnings == [], "the missing trades may still come")
            run.wall.advance(by: .seconds(2))
            await run.commit { $0.gapBeginnings == ["sequence"] }
            run.stop.request(.signal)
            return try await outcome
        }
        #expect(outcome.totals.gaps == 1)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        let gap = try #require(stored.gaps.first)
        #expect(stored.gaps.count == 1 && gap.tsTo != nil && gap.instrumentID != nil)
        #expect(gap.sequenceFrom == 4 && gap.sequenceTo == 6 && gap.estimatedCount == 3)
        #expect(gap.detail == "trades 4 to 6 of BTCUSDT never arrived")
    }

    @Test("a jump in the numbers of one instrument does not affect the bars and coverage of the others")
    func sequenceOfOne() async throws {
        var bench = try RecorderBench.binance()
        bench.watch.tradesAreNumbered = true
        let base: Int64 = 1_767_571_200_000
        let reports = bench.reports
        let wall = bench.wall
        // One second of each bar per step; the missing trades would have come in the third.
        let venue = ScriptedVenue { connection, _ in
            for second in 0..<8 {
                var texts: [String] = []
                for symbol in ["BTCUSDT", "ETHUSDT"] where symbol == "ETHUSDT" || second != 3 {
                    texts += (0..<10).map {
                        SpotSample.trade(symbol, id: second * 10 + $0, time: base + Int64(second * 1000 + $0))
                    }
                }
                let expected = reports.all.received + Int64(texts.count)
                try await connection.send(MessageBatch(texts: texts))
                await reports.until { $0.received == expected }
                wall.advance(by: .seconds(1))
            }
            _ = try await connection.receiveAll()
        }
        let run = bench
        try await withServer(venue) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received == 150 }
            wall.advance(by: .seconds(2))
            await run.commit { $0.gapBeginnings == ["sequence"] }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try bench.stored()
        #expect(stored.problems == [] && stored.gaps.count == 1)
        let session = try SQLSession(recordings: [bench.directory.file("2026-01-05.feedrec")])
        var rows: [[SQLValue]] = []
        try await session.run(
            "SELECT symbol, (ts_open - \(base * 1_000_000)) / 1000000000 FROM bars WHERE is_complete ORDER BY 1, 2"
        ) {
            if case .row(let row) = $0 { rows.append(row) }
        }
        session.close()
        func complete(_ symbol: String) -> [Int64] {
            rows.compactMap { row in
                guard case .text(symbol) = row[0], case .integer(let second) = row[1] else { return nil }
                return second
            }
        }
        #expect(Set(complete("ETHUSDT")).isSuperset(of: 1...5), "\(rows)")
        // The trades at both ends of the gap came at its start and end, so it touches their bars; others are not
        // touched.
        #expect(Set(complete("BTCUSDT")).isDisjoint(with: 2...4) && complete("BTCUSDT").contains(1), "\(rows)")
        let coverage = try Coverage(ArchiveReader(path: bench.directory.file("2026-01-05.feedrec"))).instruments
        #expect(coverage.map(\.symbol) == ["BTCUSDT", "ETHUSDT"])
        #expect(coverage[0].fraction < 1 && coverage[1].fraction == 1)
    }

    @Test("a wall clock that is set by an hour is an event and closes no connection", arguments: [3600, -3600])
    func clockStep(seconds: Int) async throws {
        var bench = try RecorderBench.hub()
        bench.watch.silence = .after(.seconds(10))
        let offset = Atomic<Int64>(0)
        let scene = ScriptedVenue.Scene.talk { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await hub.send(HubScript.tick("1.1"))
            try await hub.listen()
        }
        let wall = bench.wall
        bench.now = { [wall] in wall.unixNow.advanced(by: .seconds(offset.load(ordering: .sequentiallyConsistent))) }
        bench.readKernel = { KernelClockReading(offset: .microseconds(-3), error: .milliseconds(2), status: 1) }
        let run = bench
        try await withServer(ScriptedVenue([scene])) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received == 4 }
            offset.store(Int64(seconds), ordering: .sequentiallyConsistent)
            await run.commit { $0.clockSteps == [.seconds(seconds)] }
            // The connection continues normally, and the clock is set right again.
            offset.store(0, ordering: .sequentiallyConsistent)
            await run.commit { $0.clockSteps.count == 2 }
            run.stop.request(.signal)
            let outcome2 = try await outcome
            #expect(outcome2.totals.gaps == 0)
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.connections.count == 1)
        #expect(stored.summary.eventCount >= 2)
        #expect(bench.reports.all.disconnections.isEmpty)
    }
}

extension [RecorderReport] {
    var gapBeginnings: [String] { compactMap { if case .gapBegan(let cause) = $0 { cause } else { nil } } }
    var gapEndings: [String] { compactMap { if case .gapEnded(let cause) = $0 { cause } else { nil } } }
    var clockSteps: [Duration] { compactMap { if case .clockStepped(let step) = $0 { step } else { nil } } }
}
