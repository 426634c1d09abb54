import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import Venues

@testable import Recording

/// A venue that accepts the subscription but sends only part of it.
@Suite(.timeLimit(.minutes(5)))
struct UndeliveredFeedTests {
    @Test("C5 a requested symbol that never arrives is reported and stored as an event, not as a gap")
    func symbol() async throws {
        var bench = try RecorderBench.binance()
        bench.makeDialect = { BinanceDialect(streams: ["btcusdt@trade", "btcusdx@trade"]) }
        bench.watch.silence = .off
        let scene = ScriptedVenue.Scene.talk { connection, _ in
            let trade =
                #"{"e":"trade","E":1767571200000,"s":"BTCUSDT","t":1,"p":"1.0","q":"1.0","T":1767571200000,"m":true,"M":true}"#
            try await connection.send(MessageBatch(texts: [trade]))
            while try await connection.receive() != nil {}
        }
        let run = bench
        try await withServer(ScriptedVenue([scene])) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.received >= 1 }
            #expect(run.reports.all.undelivered.isEmpty)
            run.wall.advance(by: .seconds(61))
            await run.commit { !$0.undelivered.isEmpty }
            run.stop.request(.signal)
            _ = try await outcome
        }
        #expect(bench.reports.all.undelivered == [["btcusdx@trade"]])
        let stored = try bench.stored()
        #expect(stored.gaps.isEmpty)
        let session = try SQLSession(recordings: try ArchiveLocation(bench.directory.path).files)
        var events: [String] = []
        try await session.run("SELECT json FROM event WHERE kind = 'undelivered'") { event in
            if case .row(let row) = event, case .text(let json) = row[0] { events.append(json) }
        }
        session.close()
        #expect(events == [#"{"names":["btcusdx@trade"]}"#])
    }

    @Test("kind 9 a hub that sends another trade platform is reported at once, and after a minute as the reason")
    func tradePlatform() async throws {
        var bench = try RecorderBench.hub(MT4Subscription(tradePlatform: "Q", symbols: ["EURUSD"]))
        bench.watch.silence = .off
        let scene = ScriptedVenue.Scene.talk { connection, _ in
            let script = HubScript(connection: connection)
            try await script.answerUntilSubscribed()
            try await script.send(HubScript.tick("1.1"))
            try await script.listen()
        }
        let run = bench
        try await withServer(ScriptedVenue([scene])) { server in
            async let outcome = run.record(server.url)
            await run.commit { !$0.notices.isEmpty }
            run.wall.advance(by: .seconds(61))
            await run.commit { !$0.undelivered.isEmpty }
            run.stop.request(.signal)
            let stored = try await outcome.totals
            #expect(stored.quotes == 1, "what arrives is stored")
        }
        #expect(bench.reports.all.undelivered == [["EURUSD"]])
        #expect(bench.reports.all.reasons == ["messages are of the trade platform 'P', not of 'Q'"])
        #expect(bench.reports.all.notices.contains { $0.contains("the trade platform 'P'") })
    }
}

extension [RecorderReport] {
    fileprivate var undelivered: [[String]] {
        compactMap { if case .undelivered(let names, _, _) = $0 { names } else { nil } }
    }

    fileprivate var notices: [String] {
        compactMap { if case .notice(let text) = $0 { text } else { nil } }
    }

    fileprivate var reasons: [String] {
        compactMap { if case .undelivered(_, _, let reason) = $0 { reason } else { nil } }
    }
}
