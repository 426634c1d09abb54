import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Recording

/// The gaps of a feed whose market closes: none while it is closed.
@Suite(.timeLimit(.minutes(5)))
struct ClosedMarketGapTests {
    private static let closing = MarketHoursTests.time("2026-01-09T22:00:00Z")
    private static let opening = MarketHoursTests.time("2026-01-11T22:00:00Z")
    private static let weekend = Duration.seconds(48 * 3600)

    /// A bench whose market closes at 22:00 on a Friday for 48 hours.
    private func bench(at time: String = "2026-01-09T21:59:00Z") throws -> RecorderBench {
        var bench = try RecorderBench.binance()
        bench.wall = ManualClock(unixStart: MarketHoursTests.time(time))
        bench.watch.silence = .off
        bench.policy.commitInterval = .seconds(5)
        bench.market.calendar = try MarketHoursTests.forex()
        return bench
    }

    /// A venue that delivers to its first connection, until `isOver` if that is given, and to later connections after
    /// `isBack`; before that it closes them immediately.
    private func venue(
        _ bench: RecorderBench,
        until isOver: (@Sendable ([RecorderReport]) -> Bool)? = nil,
        isBack: @escaping @Sendable ([RecorderReport]) -> Bool
    ) -> ScriptedVenue {
        let reports = bench.reports
        return ScriptedVenue { connection, _ in
            let isFirst = reports.all.subscribedCount == 0
            guard isFirst || isBack(reports.all) else { return }
            try await connection.send(MessageBatch(texts: [SpotSample.trade(id: isFirst ? 1 : 2)]))
            if isFirst, let isOver {
                await reports.until(isOver)
                return
            }
            _ = try await connection.receiveAll()
        }
    }

    @Test("kind 13 a connection that is lost and restored while the market is closed leaves no gap")
    func backBeforeOpening() async throws {
        let run = try bench()
        let venue = venue(run, until: { $0.marketChanges == [false] }, isBack: { _ in true })
        try await withServer(venue) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received == 1 }
            run.wall.advance(by: .seconds(60))
            await run.commit { $0.subscribedCount == 2 }
            run.wall.advance(by: Self.weekend)
            await run.commit { $0.marketChanges == [false, true] }
            run.stop.request(.signal)
            let gaps = try await outcome.totals.gaps
            #expect(gaps == 0)
        }
        let delays = run.reports.all.disconnections.map(\.retryIn)
        #expect(delays.count == 1 && delays.allSatisfy { $0 >= .seconds(30) && $0 <= .seconds(60) })
        let stored = try run.stored()
        #expect(stored.problems == [] && stored.gaps.isEmpty)
    }

    @Test("kind 13 if a connection is not restored by the opening, data is missing from then on")
    func notBack() async throws {
        let run = try bench()
        let venue = venue(run, until: { $0.marketChanges == [false] }, isBack: { !$0.gapBeginnings.isEmpty })
        try await withServer(venue) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received == 1 }
            run.wall.advance(by: .seconds(60))
            await run.commit { $0.disconnections.count == 2 }
            #expect(run.reports.all.gapBeginnings.isEmpty)
            run.wall.advance(by: Self.weekend + .seconds(5))
            await run.commit { $0.gapBeginnings == ["disconnect"] }
            await run.commit { $0.subscribedCount == 2 }
            run.stop.request(.signal)
            let gaps = try await outcome.totals.gaps
            #expect(gaps == 1)
        }
        let stored = try run.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.tsFrom) == [Self.opening])
        #expect(stored.gaps.map(\.tsTo) == [Self.opening.advanced(by: .seconds(5))])
    }

    @Test("kind 13 a gap that is open when the market closes ends there, and continues from the opening")
    func overWeekend() async throws {
        let run = try bench()
        let venue = venue(run, until: { $0.received == 1 }, isBack: { $0.marketChanges == [false, true] })
        try await withServer(venue) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.gapBeginnings == ["disconnect"] }
            run.wall.advance(by: .seconds(61))
            await run.commit { $0.gapEndings == ["disconnect"] }
            run.wall.advance(by: Self.weekend + .seconds(4))
            await run.commit { $0.gapBeginnings == ["disconnect", "disconnect"] }
            await run.commit { $0.subscribedCount == 2 }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try run.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.tsFrom) == [MarketHoursTests.time("2026-01-09T21:59:00Z"), Self.opening])
        #expect(stored.gaps.map(\.tsTo) == [Self.closing, Self.opening.advanced(by: .seconds(5))])
        let coverage = try Coverage(ArchiveReader(path: run.directory.file("2026-01-05.feedrec")))
        let instrument = try #require(coverage.instruments.first)
        #expect(instrument.expectedNS == 65_000_000_000 && instrument.coveredNS == 0)
    }

    @Test("kind 13 after a machine slept for a week, only the market's open hours are missing")
    func asleep() async throws {
        let run = try bench()
        let venue = venue(run, until: { $0.marketChanges.count == 4 }, isBack: { _ in true })
        try await withServer(venue) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received == 1 }
            run.wall.advance(by: .seconds(9 * 86_400 + 60 + 3600))
            await run.commit { $0.subscribedCount == 2 }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try run.stored()
        #expect(stored.problems == [])
        let week = Duration.seconds(7 * 86_400)
        let starts = ["2026-01-09T21:59:00Z", "2026-01-11T22:00:00Z", "2026-01-18T22:00:00Z"]
        #expect(stored.gaps.map(\.tsFrom) == starts.map(MarketHoursTests.time))
        let ends = [Self.closing, Self.closing.advanced(by: week), MarketHoursTests.time("2026-01-18T23:00:00Z")]
        #expect(stored.gaps.map(\.tsTo) == ends)
    }

    /// When a recorder stops, when the next one starts, and the gaps that result.
    static let absences: [(stop: String, start: String, gaps: [(String, String)])] = [
        // Over a whole weekend, and from Thursday to Monday.
        ("2026-01-09T22:00:00Z", "2026-01-11T21:00:00Z", []),
        (
            "2026-01-08T22:00:00Z", "2026-01-12T08:00:00Z",
            [
                ("2026-01-08T22:00:00Z", "2026-01-09T22:00:00Z"), ("2026-01-11T22:00:00Z", "2026-01-12T08:00:00Z"),
            ]
        ),
        // From a closed market into an open one, and the reverse.
        ("2026-01-10T12:00:00Z", "2026-01-11T22:30:00Z", [("2026-01-11T22:00:00Z", "2026-01-11T22:30:00Z")]),
        ("2026-01-09T21:30:00Z", "2026-01-10T12:00:00Z", [("2026-01-09T21:30:00Z", "2026-01-09T22:00:00Z")]),
        // Over the weekend before a holiday, and within a day.
        ("2026-01-16T21:59:30Z", "2026-01-19T12:00:00Z", [("2026-01-16T21:59:30Z", "2026-01-16T22:00:00Z")]),
        ("2026-01-07T10:00:00Z", "2026-01-07T11:00:00Z", [("2026-01-07T10:00:00Z", "2026-01-07T11:00:00Z")]),
    ]

    @Test("kind 13 a recorder that was stopped misses only the market's open hours", arguments: absences)
    func restart(stop: String, start: String, gaps: [(String, String)]) async throws {
        var first = try bench(at: stop)
        // Martin Luther King day, from midnight to midnight.
        first.market.calendar = try MarketHoursTests.calendar(
            "Sun 17:00-Fri 17:00",
            holidays: ["2026-01-18", "2026-01-19"]
        )
        var second = first
        second.stop = StopControl()
        second.reports = EventLog()
        second.clock = ManualClock()
        second.wall = ManualClock(unixStart: MarketHoursTests.time(start))
        for run in [first, second] {
            let venue = venue(run, isBack: { _ in true })
            try await withServer(venue) { server in
                async let outcome = run.record(server.url)
                await run.commit { $0.received == 1 }
                run.stop.request(.signal)
                _ = try await outcome
            }
        }
        let stored = try second.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.tsFrom) == gaps.map { MarketHoursTests.time($0.0) })
        #expect(stored.gaps.map(\.tsTo) == gaps.map { MarketHoursTests.time($0.1) })
        #expect(stored.gaps.allSatisfy { $0.cause == "restart" && $0.detail == "the recorder was stopped" })
        let coverage = try Coverage(ArchiveReader(path: second.directory.file("2026-01-05.feedrec")))
        let missing = gaps.map { MarketHoursTests.time($0.1).since(MarketHoursTests.time($0.0)).wholeNanoseconds }
        #expect(coverage.instruments.first?.expectedNS == missing.reduce(0, +))
    }

    @Test(
        "kind 13 a recorder that was killed misses what was open meanwhile, each part once",
        arguments: absences + [
            // Over a weekend, a week and the next weekend with its holiday.
            (
                "2026-01-09T21:00:00Z", "2026-01-20T12:00:00Z",
                [
                    ("2026-01-09T21:00:00Z", "2026-01-09T22:00:00Z"), ("2026-01-11T22:00:00Z", "2026-01-16T22:00:00Z"),
                    ("2026-01-20T05:00:00Z", "2026-01-20T12:00:00Z"),
                ]
            )
        ]
    )
    func killed(stop: String, start: String, gaps: [(String, String)]) async throws {
        var next = try bench(at: start)
        next.market.calendar = try MarketHoursTests.calendar(
            "Sun 17:00-Fri 17:00",
            holidays: ["2026-01-18", "2026-01-19"]
        )
        let run = next
        try await Victim.die(in: run.directory, at: MarketHoursTests.time(stop))
        let venue = venue(run, isBack: { _ in true })
        let outcome = try await withServer(venue) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received == 1 }
            run.stop.request(.signal)
            return try await outcome
        }
        #expect(outcome.totals.gaps == 0)
        let stored = try run.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.tsFrom) == gaps.map { MarketHoursTests.time($0.0) })
        #expect(stored.gaps.map(\.tsTo) == gaps.map { MarketHoursTests.time($0.1) })
        #expect(stored.gaps.allSatisfy { $0.cause == "restart" && $0.detail == "the recorder was killed" })
        // It brought a message a second.
        let seconds = gaps.map { MarketHoursTests.time($0.1).since(MarketHoursTests.time($0.0)) / .seconds(1) }
        #expect(stored.gaps.map(\.estimatedCount) == seconds.map { Int64($0) })
        let coverage = try #require(
            try Coverage(ArchiveReader(path: run.directory.file("2026-01-05.feedrec"))).instruments.first
        )
        #expect(coverage.expectedNS - coverage.coveredNS == Int64(seconds.reduce(0, +)) * 1_000_000_000)
    }

    private static func status(isConnected: Bool) -> String {
        #"{"type":1,"target":"OnMT4ConnectionStatus","arguments":[{"tradePlatform":"P","connected":\#(isConnected)}]}"#
    }

    @Test(
        "kind 13 a hub that lacks its trade server misses nothing while the market is closed, but from the opening on",
        arguments: [true, false]
    )
    func upstream(isBackInTime: Bool) async throws {
        var bench = try RecorderBench.hub()
        // The hub must not look dead meanwhile: only the wall clock goes on.
        let time = ManualClock(unixStart: MarketHoursTests.time("2026-01-10T12:00:00Z"))
        bench.now = { time.unixNow }
        bench.watch.silence = .off
        bench.policy.commitInterval = .seconds(5)
        bench.market.calendar = try MarketHoursTests.forex()
        let run = bench
        let scene = ScriptedVenue.Scene.talk { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await hub.send(HubScript.tick("1.1"), Self.status(isConnected: false))
            await run.reports.until { $0.received >= 5 }
            if isBackInTime { try await hub.send(Self.status(isConnected: true)) }
            await run.reports.until { $0.marketChanges == [false, true] }
            if !isBackInTime { try await hub.send(Self.status(isConnected: true)) }
            try await hub.listen()
        }
        try await withServer(ScriptedVenue([scene])) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received >= (isBackInTime ? 6 : 5) }
            #expect(run.reports.all.gapBeginnings.isEmpty)
            time.advance(by: .seconds(34 * 3600 + 5))
            await run.commit { $0.marketChanges == [false, true] }
            await run.commit { $0.received >= 6 && (isBackInTime || $0.gapEndings == ["upstream"]) }
            run.stop.request(.signal)
            let gaps = try await outcome.totals.gaps
            #expect(gaps == (isBackInTime ? 0 : 1))
        }
        let stored = try run.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.cause) == (isBackInTime ? [] : ["upstream"]))
        #expect(stored.gaps.map(\.tsFrom) == (isBackInTime ? [] : [Self.opening]))
        #expect(stored.gaps.map(\.tsTo) == (isBackInTime ? [] : [Self.opening.advanced(by: .seconds(5))]))
    }
}
