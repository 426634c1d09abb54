import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import WebSocketProtocol

@testable import Recording

/// Several feeds in one recording.
@Suite(.timeLimit(.minutes(5)))
struct ManyFeedsTests {
    /// A venue that sends trades of one symbol and receives until the client leaves.
    private static func venue(_ symbol: String, ids: Range<Int>) -> ScriptedVenue {
        ScriptedVenue { connection, _ in
            for id in ids { try await connection.send(SpotSample.trade(symbol, id: id)) }
            _ = try await connection.receiveAll()
        }
    }

    /// Runs a recorder of these feeds until `body` returns.
    private func record(
        _ bench: RecorderBench,
        _ feeds: [FeedConfiguration],
        rotating: RotationPolicy? = nil,
        _ body: @escaping @Sendable (Recorder, EventLog<(feed: String, report: RecorderReport)>) async throws -> Void
    ) async throws -> RecordingOutcome {
        let log = EventLog<(feed: String, report: RecorderReport)>()
        var bench = bench
        bench.policy.retriesFirstConnection = true
        bench.policy.rotation = rotating
        var recorder = bench.recorder(of: [])
        recorder.feeds = feeds.map { Self.observed($0, by: log) }
        let (writer, run) = (try bench.openWriter(), recorder)
        async let outcome = run.run(into: writer)
        try await body(run, log)
        run.stop.request(.signal)
        return try await outcome
    }

    private static func observed(
        _ feed: FeedConfiguration,
        by log: EventLog<(feed: String, report: RecorderReport)>
    ) -> FeedConfiguration {
        var feed = feed
        feed.report = { [name = feed.name] in log.append((name, $0)) }
        return feed
    }

    /// Advances the clock until the reports satisfy the condition.
    private func commit(
        _ bench: RecorderBench,
        _ log: EventLog<(feed: String, report: RecorderReport)>,
        until isSatisfied: @escaping @Sendable ([(feed: String, report: RecorderReport)]) -> Bool
    ) async {
        while !isSatisfied(log.all) {
            await bench.clock.untilSleeping(count: 1)
            bench.clock.advance(by: bench.policy.commitInterval)
            await Task.yield()
        }
    }

    @Test("a feed that is refused again and again does not disturb another one, and keeps trying")
    func isolation() async throws {
        let bench = try RecorderBench.binance()
        let bad = ScriptedVenue([.refuse(HTTPResponse(status: 503, text: "busy"))])
        let outcome = try await withServer(Self.venue("BTCUSDT", ids: 1..<6)) { good in
            try await withServer(bad) { refusing in
                let feeds = [
                    bench.feed(good.url, name: "good"), bench.feed(refusing.url, name: "bad"),
                    // Nothing listens at this port.
                    bench.feed("ws://127.0.0.1:1", name: "unserved"),
                ]
                return try await record(bench, feeds) { _, log in
                    await commit(bench, log) { log in
                        log.of("good").received == 5 && log.of("bad").disconnections.count >= 3
                            && log.of("unserved").disconnections.count >= 3
                    }
                    #expect(log.all.of("good").disconnections.isEmpty)
                }
            }
        }
        #expect(outcome.totals.messagesReceived == 5 && outcome.totals.gaps == 2)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received.count == 5)
        #expect(Set(stored.gaps.compactMap(\.feedID)).count == 2)
    }

    @Test("all feeds change the file together, and every message is in exactly one file")
    func rotation() async throws {
        let bench = try RecorderBench.binance()
        var policy = RotationPolicy()
        policy.period = .seconds(3600)
        let hourly = policy
        let sent = EventLog<Int>()
        @Sendable func venue(_ symbol: String) -> ScriptedVenue {
            ScriptedVenue { connection, _ in
                for id in 1...40 {
                    try await connection.send(SpotSample.trade(symbol, id: id))
                    sent.append(id)
                    // The rotation is due in the middle.
                    if id == 20 { await sent.until { $0.filter { $0 == 20 }.count == 2 } }
                }
                _ = try await connection.receiveAll()
            }
        }
        let outcome = try await withServer(venue("BTCUSDT")) { one in
            try await withServer(venue("ETHUSDT")) { two in
                let feeds = [bench.feed(one.url, name: "one"), bench.feed(two.url, name: "two")]
                return try await record(bench, feeds, rotating: hourly) { _, log in
                    await commit(bench, log) { $0.of("one").received >= 10 && $0.of("two").received >= 10 }
                    bench.wall.advance(by: .seconds(3600))
                    await commit(bench, log) { $0.of("one").received == 40 && $0.of("two").received == 40 }
                    for _ in 0..<8 {
                        await bench.clock.untilSleeping(count: 1)
                        bench.clock.advance(by: bench.policy.commitInterval)
                    }
                    await bench.reports.until { $0.contains { if case .rotated = $0 { true } else { false } } }
                }
            }
        }
        #expect(outcome.totals.messagesReceived == 80 && outcome.totals.gaps == 0)
        let location = try ArchiveLocation(bench.directory.path)
        #expect(location.files.count == 2)
        #expect(try ArchiveVerifier.verify(location).problems == [])
        var counts: [Int64] = []
        for file in location.files {
            let reader = try ArchiveReader(path: file)
            counts.append(try reader.summary().messageCount)
            #expect(try reader.feeds().map(\.name).sorted() == ["one", "two"])
        }
        #expect(counts.reduce(0, +) == 80)
    }

    @Test("feeds are added and removed while another one continues")
    func changes() async throws {
        let bench = try RecorderBench.binance()
        let outcome = try await withServer(Self.venue("BTCUSDT", ids: 1..<6)) { one in
            try await withServer(Self.venue("ETHUSDT", ids: 1..<4)) { two in
                try await record(bench, [bench.feed(one.url, name: "one"), bench.feed(two.url, name: "two")]) {
                    recorder,
                    log in
                    await commit(bench, log) { $0.of("one").received == 5 && $0.of("two").received == 3 }
                    var change = FeedChange()
                    change.removed = ["two"]
                    change.added = [
                        Self.observed(bench.feed(two.url, name: "two"), by: log),
                        Self.observed(bench.feed("ws://127.0.0.1:1", name: "three"), by: log),
                    ]
                    await recorder.changes.apply(change)
                    await commit(bench, log) {
                        $0.of("two").connectedCount == 2 && !$0.of("three").disconnections.isEmpty
                            && $0.of("two").receivedByLastConnection == 3
                    }
                    change = FeedChange()
                    change.removed = ["two", "three"]
                    await recorder.changes.apply(change)
                    await commit(bench, log) { $0.of("two").subscribedCount == 2 }
                    #expect(log.all.of("one").connectedCount == 1)
                }
            }
        }
        #expect(outcome.totals.messagesReceived == 11)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.connections.count == 3)
    }
}

extension [(feed: String, report: RecorderReport)] {
    func of(_ feed: String) -> [RecorderReport] { filter { $0.feed == feed }.map(\.report) }
}

extension [RecorderReport] {
    /// Messages of the feed's latest recorder since it connected, by its latest report.
    fileprivate var receivedByLastConnection: Int64 {
        let start = lastIndex { if case .connected = $0 { true } else { false } } ?? startIndex
        return Array(self[start...]).received
    }
}
