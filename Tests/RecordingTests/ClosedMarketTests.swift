import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import Venues

@testable import Recording

/// A feed whose market closes while it records.
@Suite(.timeLimit(.minutes(5)))
struct ClosedMarketTests {
    /// A bench that starts a minute before the market closes at 22:00 on a Friday; it opens 48 hours later.
    private func bench() throws -> RecorderBench {
        var bench = try RecorderBench.binance()
        bench.wall = ManualClock(unixStart: MarketHoursTests.time("2026-01-09T21:59:00Z"))
        bench.watch.silence = .after(.seconds(30))
        bench.market.calendar = try MarketHoursTests.forex()
        return bench
    }

    /// Advances the wall clock by `hours` in steps that the ticker sees.
    private func pass(hours: Int, _ bench: RecorderBench) async {
        for _ in 0..<hours * 2 {
            bench.wall.advance(by: .seconds(1800))
            let count = bench.reports.all.progressCount
            await bench.commit { $0.progressCount > count + 1 }
        }
    }

    @Test("kind 13 a silent weekend closes no connection and is not a gap; silence after the opening does and is")
    func weekend() async throws {
        let run = try bench()
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: [SpotSample.trade(id: 1)]))
            _ = try await connection.receiveAll()
        }
        try await withServer(venue) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received == 1 }
            await run.commit { $0.progressCount > 2 }
            run.wall.advance(by: .seconds(25))
            run.wall.advance(by: .seconds(36))
            await run.commit { $0.marketChanges == [false] }
            await pass(hours: 47, run)
            #expect(run.reports.all.disconnections.isEmpty && run.reports.all.connectedCount == 1)
            run.wall.advance(by: .seconds(3600))
            await run.commit { $0.marketChanges == [false, true] }
            #expect(run.reports.all.disconnections.isEmpty)
            run.wall.advance(by: .seconds(31))
            await run.commit { $0.gapBeginnings == ["silence"] }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try run.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.cause) == ["silence"])
    }

    @Test("kind 13 closed time is stored for its feed, and coverage leaves it out")
    func closedSpan() async throws {
        let run = try bench()
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: [SpotSample.trade(id: 1)]))
            _ = try await connection.receiveAll()
        }
        try await withServer(venue) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received == 1 }
            run.wall.advance(by: .seconds(60))
            await run.commit { $0.marketChanges == [false] }
            await pass(hours: 2, run)
            run.stop.request(.signal)
            _ = try await outcome
        }
        // The recorder does not know what comes after it.
        let (friday, stop) = ("2026-01-09T22:00:00Z", "2026-01-10T00:00:00Z")
        let reader = try ArchiveReader(path: run.directory.file("2026-01-05.feedrec"))
        let span = ClosedSpanRow(
            feedID: 1,
            tsFrom: MarketHoursTests.time(friday),
            tsTo: MarketHoursTests.time(stop)
        )
        #expect(try reader.closedSpans() == [span])
        let coverage = try #require(try Coverage(reader).instruments.first)
        #expect(coverage.expectedNS == 60_000_000_000 && coverage.fraction == 1)
        let session = try SQLSession(recordings: [reader.path])
        var rows: [[SQLValue]] = []
        try await session.run("SELECT feed, time_from, time_to, source FROM closed_spans") {
            if case .row(let row) = $0 { rows.append(row) }
        }
        session.close()
        let zeros = { (text: String) in SQLValue.text(text.dropLast() + ".000000000Z") }
        #expect(rows == [[.text("test"), zeros(friday), zeros(stop), .text("configuration")]])
    }

    @Test("kind 13 symbols that do not arrive in a closed market are not reported until a minute after the opening")
    func undelivered() async throws {
        var bench = try bench()
        bench.makeDialect = { BinanceDialect(streams: ["btcusdt@trade", "btcusdx@trade"]) }
        bench.watch.silence = .off
        let run = bench
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: [SpotSample.trade(id: 1)]))
            _ = try await connection.receiveAll()
        }
        try await withServer(venue) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received == 1 }
            run.wall.advance(by: .seconds(59))
            await run.commit { [count = run.reports.all.progressCount] in $0.progressCount > count + 1 }
            run.wall.advance(by: .seconds(2))
            await run.commit { $0.marketChanges == [false] }
            await pass(hours: 2, run)
            #expect(run.reports.all.undeliveredNames.isEmpty)
            run.wall.advance(by: .seconds(46 * 3600))
            await run.commit { $0.marketChanges == [false, true] }
            #expect(run.reports.all.undeliveredNames.isEmpty)
            run.wall.advance(by: .seconds(61))
            await run.commit { $0.undeliveredNames == [["btcusdx@trade"]] }
            run.stop.request(.signal)
            _ = try await outcome
        }
    }

    @Test("kind 13 a feed whose market is closed stays closed in the next file")
    func rotation() async throws {
        var bench = try bench()
        bench.policy.rotation = RotationPolicy()
        let run = bench
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: [SpotSample.trade(id: 1)]))
            _ = try await connection.receiveAll()
        }
        try await withServer(venue) { server in
            let writer = try ArchiveWriter.open(directory: run.directory.path, day: "2026-01-09")
            async let outcome = run.record(server.url, into: writer)
            await run.commit { $0.received == 1 }
            run.wall.advance(by: .seconds(60))
            await run.commit { $0.marketChanges == [false] }
            run.wall.advance(by: .seconds(3 * 3600))
            await run.commit { reports in reports.contains { if case .rotated = $0 { true } else { false } } }
            run.wall.advance(by: .seconds(3600))
            run.stop.request(.signal)
            _ = try await outcome
        }
        let files = try ArchiveLocation(run.directory.path).files
        #expect(files.count == 2)
        let spans = try files.map { try ArchiveReader(path: $0).closedSpans() }
        let times = ["2026-01-09T22:00:00Z", "2026-01-10T01:00:00Z", "2026-01-10T02:00:00Z"].map(MarketHoursTests.time)
        #expect(spans.map { $0.map(\.tsFrom) } == [[times[0]], [times[1]]])
        #expect(spans.map { $0.map(\.tsTo) } == [[times[1]], [times[2]]])
        for file in files { #expect(try Coverage(ArchiveReader(path: file)).least == 1) }
    }

    @Test("kind 13 the hub's sessions close the market in the broker's time zone; a missing zone is reported once")
    func hubSessions() async throws {
        for zone in [nil, ZoneRules(fixedOffset: "+02:00")] {
            var bench = try RecorderBench.hub()
            bench.wall = ManualClock(unixStart: MarketHoursTests.time("2026-01-09T21:59:50Z"))
            bench.market.symbols = ["EURUSD"]
            bench.market.venueZone = zone
            let run = bench
            let scene = ScriptedVenue.Scene.talk { connection, _ in
                let hub = HubScript(connection: connection)
                try await hub.answerUntilSubscribed()
                let day = #"{"quote":[{"openHour":0,"openMin":0,"closeHour":24,"closeMin":0}]}"#
                let week = [#"{"quote":[]}"#] + Array(repeating: day, count: 5) + [#"{"quote":[]}"#]
                let symbol = #"{"symbol":"EURUSD","digits":5,"sessions":[\#(week.joined(separator: ","))]}"#
                let update = #"{"type":1,"target":"OnSymbolUpdate","arguments":[{"symbol":\#(symbol)}]}"#
                try await hub.send(HubScript.tick("1.1"), update, update)
                try await hub.listen()
            }
            try await withServer(ScriptedVenue([scene])) { server in
                async let outcome = run.record(server.url)
                await run.commit { $0.received >= 6 }
                run.wall.advance(by: .seconds(11))
                await run.commit { [count = run.reports.all.progressCount] in $0.progressCount > count + 2 }
                #expect(run.reports.all.marketChanges == (zone == nil ? [] : [false]))
                run.stop.request(.signal)
                _ = try await outcome
            }
            let notices = run.reports.all.filter {
                if case .notice(let text) = $0 { text.contains("sessions of its symbols") } else { false }
            }
            #expect(notices.count == (zone == nil ? 1 : 0), "\(notices)")
        }
    }
}

extension [RecorderReport] {
    fileprivate var undeliveredNames: [[String]] {
        compactMap { if case .undelivered(let names, _, _) = $0 { names } else { nil } }
    }
}
