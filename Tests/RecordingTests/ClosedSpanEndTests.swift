import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Recording

/// Closed time only counts while a recorder runs whose sessions say that the market is closed.
@Suite(.timeLimit(.minutes(5)))
struct ClosedSpanEndTests {
    private static let noon = MarketHoursTests.time("2026-01-10T12:00:00Z")

    private static func hours(_ hours: Double) -> UnixNanoseconds { noon.advanced(by: .seconds(hours * 3600)) }

    /// A bench of a Saturday at noon; its market opens on Sunday at 22:00.
    private func bench() throws -> RecorderBench {
        var bench = try RecorderBench.binance()
        bench.wall = ManualClock(unixStart: Self.noon)
        bench.watch.silence = .off
        bench.market.calendar = try MarketHoursTests.forex()
        return bench
    }

    private static let venue = ScriptedVenue { connection, _ in
        try await connection.send(MessageBatch(texts: [SpotSample.trade(id: 1)]))
        _ = try await connection.receiveAll()
    }

    /// Records for an hour, and lets another hour pass.
    private func recordForAnHour(_ bench: RecorderBench, isOpen: Bool = false) async throws {
        var next = bench
        next.stop = StopControl()
        if isOpen { next.market.calendar = nil }
        let (run, count) = (next, bench.reports.all.count)
        try await withServer(Self.venue) { server in
            async let outcome = run.record(server.url)
            await run.commit { Array($0.dropFirst(count)).received == 1 }
            run.wall.advance(by: .seconds(3600))
            run.stop.request(.signal)
            _ = try await outcome
        }
        run.wall.advance(by: .seconds(3600))
    }

    private func spans(_ bench: RecorderBench) throws -> [[Double]] {
        try ArchiveReader(path: bench.directory.file("2026-01-05.feedrec")).closedSpans().map { span in
            [span.tsFrom, span.tsTo ?? Self.hours(999)].map { $0.since(Self.noon) / .seconds(3600) }
        }
    }

    private func coverage(_ bench: RecorderBench) throws -> InstrumentCoverage? {
        try Coverage(ArchiveReader(path: bench.directory.file("2026-01-05.feedrec"))).instruments.first
    }

    @Test("kind 13 the closed times of consecutive recorders do not overlap, so that their sum is right")
    func restarts() async throws {
        let bench = try bench()
        for _ in 0..<3 { try await recordForAnHour(bench) }
        #expect(try spans(bench) == [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]])
        let stored = try bench.stored()
        #expect(stored.problems == [] && stored.gaps.isEmpty)
        #expect(try coverage(bench)?.expectedNS == 0)
    }

    @Test("kind 13 without the previous recorder's sessions, the time since it stopped is missing")
    func sessionsRemoved() async throws {
        let bench = try bench()
        try await recordForAnHour(bench)
        try await recordForAnHour(bench, isOpen: true)
        #expect(try spans(bench) == [[0, 1]])
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.tsFrom) == [Self.hours(1)] && stored.gaps.map(\.tsTo) == [Self.hours(2)])
        #expect(try coverage(bench)?.expectedNS == 7_200_000_000_000)
        #expect(try coverage(bench)?.coveredNS == 3_600_000_000_000)
    }

    @Test("kind 13 if a feed's sessions are removed while its market is closed, later losses are gaps")
    func sessionsRemovedByReload() async throws {
        let run = try bench()
        try await reload(run)
        #expect(try spans(run) == [[0, 1]])
        let stored = try run.stored()
        #expect(stored.problems == [] && stored.gaps.map(\.cause) == ["restart", "disconnect"])
        let coverage = try #require(try coverage(run))
        #expect(coverage.expectedNS == 7_200_000_000_000 && coverage.coveredNS == 0)
    }

    /// Removes the sessions after an hour; the venue disconnects an hour later, and is back after another hour.
    private func reload(_ run: RecorderBench) async throws {
        let stays = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(MessageBatch(texts: [SpotSample.trade(id: 1)]))
            _ = try await connection.receiveAll()
        }
        let leaves = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(MessageBatch(texts: [SpotSample.trade(id: 2)]))
            await run.reports.until { $0.subscribedCount == 2 }
            run.wall.advance(by: .seconds(3600))
        }
        try await withServer(ScriptedVenue([stays, leaves, stays])) { server in
            let started = run.recorder(of: [run.feed(server.url)])
            let writer = try run.openWriter()
            async let outcome = started.run(into: writer)
            await run.commit { $0.received == 1 }
            run.wall.advance(by: .seconds(3600))
            var change = FeedChange()
            change.removed = ["test"]
            var feed = run.feed(server.url)
            feed.market = MarketRules()
            change.added = [feed]
            await started.changes.apply(change)
            await run.commit { $0.gapBeginnings == ["restart", "disconnect"] }
            run.wall.advance(by: .seconds(3600))
            await run.commit { $0.gapEndings == ["restart", "disconnect"] }
            run.stop.request(.signal)
            _ = try await outcome
        }
    }

    /// A hub whose market is open from Monday to Friday; it sends these sessions after its first price.
    private static let hub = ScriptedVenue { connection, _ in
        let hub = HubScript(connection: connection)
        try await hub.answerUntilSubscribed()
        let day = #"{"quote":[{"openHour":0,"openMin":0,"closeHour":24,"closeMin":0}]}"#
        let week = [#"{"quote":[]}"#] + Array(repeating: day, count: 5) + [#"{"quote":[]}"#]
        let symbol = #"{"symbol":"EURUSD","digits":5,"sessions":[\#(week.joined(separator: ","))]}"#
        try await hub.send(HubScript.tick("1.1"))
        try await hub.send(#"{"type":1,"target":"OnSymbolUpdate","arguments":[{"symbol":\#(symbol)}]}"#)
        try await hub.listen()
    }

    private static let hubWithoutSessions = ScriptedVenue { connection, _ in
        let hub = HubScript(connection: connection)
        try await hub.answerUntilSubscribed()
        try await hub.send(HubScript.tick("1.1"))
        try await hub.listen()
    }

    @Test("kind 13 the sessions that a hub sends correct the absence from before the start")
    func hubSessions() async throws {
        var bench = try RecorderBench.hub()
        bench.wall = ManualClock(unixStart: Self.hours(-15))
        bench.watch.silence = .off
        bench.market.symbols = ["EURUSD"]
        bench.market.venueZone = ZoneRules(fixedOffset: "+02:00")
        // From Friday at 21:00, an hour before the closing, to Saturday at noon.
        for _ in 0..<2 {
            var next = bench
            next.stop = StopControl()
            let (run, count) = (next, bench.reports.all.count)
            try await withServer(Self.hub) { server in
                async let outcome = run.record(server.url)
                await run.commit { Array($0.dropFirst(count)).received >= 5 }
                run.stop.request(.signal)
                _ = try await outcome
            }
            bench.wall.advance(by: .seconds(15 * 3600))
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.cause) == ["restart"])
        #expect(stored.gaps.map(\.tsFrom) == [Self.hours(-15)] && stored.gaps.map(\.tsTo) == [Self.hours(-14)])
        #expect(try spans(bench).first == [-14, 0])
        #expect(try coverage(bench)?.expectedNS == 3_600_000_000_000)
    }

    @Test("kind 13 an absence that was closed throughout leaves no row, with late sessions and with those of before")
    func hubSessionsClosed() async throws {
        var bench = try RecorderBench.hub()
        bench.wall = ManualClock(unixStart: Self.hours(-1))
        bench.watch.silence = .off
        bench.market.symbols = ["EURUSD"]
        bench.market.venueZone = ZoneRules(fixedOffset: "+02:00")
        // On a Saturday, the second of three runs gets the sessions.
        for (number, hub) in [Self.hubWithoutSessions, Self.hub, Self.hubWithoutSessions].enumerated() {
            var next = bench
            next.stop = StopControl()
            let (run, count) = (next, bench.reports.all.count)
            let outcome = try await withServer(hub) { server in
                async let outcome = run.record(server.url)
                await run.commit { Array($0.dropFirst(count)).received >= (number == 1 ? 5 : 4) }
                run.stop.request(.signal)
                return try await outcome
            }
            #expect(outcome.totals.gaps == 0)
            bench.wall.advance(by: .seconds(3600))
        }
        let stored = try bench.stored()
        #expect(stored.problems == [] && stored.gaps.isEmpty)
        #expect(stored.sessions.map { $0.counts?.gapCount } == [0, 0, 0])
        #expect(try spans(bench).allSatisfy { $0[0] < $0[1] })
    }

    @Test(
        "kind 13 the closed time of a killed recorder ends when it was last known to be alive",
        arguments: [true, false]
    )
    func killed(hasSessions: Bool) async throws {
        let bench = try bench()
        try await Victim.die(in: bench.directory, at: Self.hours(0)) { victim in
            var batch = WriteBatch()
            batch.closedSpans = [
                ClosedSpanRow(feedID: victim.feedID, tsFrom: Self.hours(0), tsTo: Self.hours(34))
            ]
            batch.clockSamples = [ClockSampleRow(ts: Self.hours(0.5), offsetNS: 0, errorNS: 0, status: 0)]
            return batch
        }
        bench.wall.advance(by: .seconds(7200))
        try await recordForAnHour(bench, isOpen: !hasSessions)
        #expect(try spans(bench) == (hasSessions ? [[0, 0.5], [0.5, 2], [2, 3]] : [[0, 0.5]]))
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.tsFrom) == (hasSessions ? [] : [Self.hours(0.5)]))
        #expect(stored.gaps.map(\.tsTo) == (hasSessions ? [] : [Self.hours(2)]))
    }
}
