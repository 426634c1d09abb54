import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Recording

/// One fault during another one.
@Suite(.timeLimit(.minutes(5)))
struct OverlappingGapTests {
    private static func status(isConnected: Bool) -> String {
        #"{"type":1,"target":"OnMT4ConnectionStatus","arguments":[{"tradePlatform":"P","connected":\#(isConnected)}]}"#
    }

    @Test("kind 1 a disconnect while the hub has lost its trade server is another gap")
    func disconnect() async throws {
        let bench = try RecorderBench.hub()
        let first = ScriptedVenue.Scene.talk { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await hub.send(HubScript.tick("1.1"), Self.status(isConnected: false))
            await bench.reports.until { $0.gapBeginnings == ["upstream"] }
            bench.wall.advance(by: .seconds(10))
            try await hub.send(#"{"type":6}"#)
        }
        let second = ScriptedVenue.Scene.talk { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await hub.send(HubScript.tick("1.2"))
            try await hub.listen()
        }
        try await withServer(ScriptedVenue([first, second])) { server in
            async let outcome = bench.record(server.url)
            await bench.commit { $0.disconnections.count == 1 }
            bench.wall.advance(by: .seconds(5))
            await bench.commit { $0.gapEndings.count == 2 }
            bench.stop.request(.signal)
            let ended = try await outcome
            #expect(ended.totals.gaps == 2)
        }
        let stored = try bench.stored()
        let start = ManualClock().unixNow
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.cause) == ["upstream", "disconnect"])
        #expect(stored.gaps.map { $0.tsFrom.since(start) } == [.zero, .seconds(10)])
        #expect(stored.gaps.map { $0.tsTo?.since(start) } == [.seconds(15), .seconds(15)])
        #expect(stored.gaps[1].estimatedCount == 0, "the first gap counts that time")
    }

    @Test("kind 1 a hub that finds its trade server again ends that gap; a later disconnect is another one")
    func recovered() async throws {
        let bench = try RecorderBench.hub()
        let first = ScriptedVenue.Scene.talk { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await hub.send(HubScript.tick("1.1"), Self.status(isConnected: false))
            await bench.reports.until { $0.gapBeginnings == ["upstream"] }
            bench.wall.advance(by: .seconds(10))
            try await hub.send(Self.status(isConnected: true))
            await bench.reports.until { $0.gapEndings == ["upstream"] }
            bench.wall.advance(by: .seconds(1))
            try await hub.send(#"{"type":6}"#)
        }
        let second = ScriptedVenue.Scene.talk { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await hub.listen()
        }
        try await withServer(ScriptedVenue([first, second])) { server in
            async let outcome = bench.record(server.url)
            await bench.commit { $0.disconnections.count == 1 }
            bench.wall.advance(by: .seconds(5))
            await bench.commit { $0.gapEndings == ["upstream", "disconnect"] }
            bench.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try bench.stored()
        let start = ManualClock().unixNow
        #expect(stored.problems == [])
        #expect(stored.gaps.map { $0.tsFrom.since(start) } == [.zero, .seconds(11)])
        #expect(stored.gaps.map { $0.tsTo?.since(start) } == [.seconds(10), .seconds(16)])
    }
}
