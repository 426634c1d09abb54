import FeedrecTestKit
import MarketModel
import Testing
import Transport
import WebSocketProtocol

@testable import Replaying

/// A tape waits until its client has finished subscribing.
@Suite(.timeLimit(.minutes(5)))
struct StartWaitTests {
    private static let millisecond: Int64 = 1_000_000

    /// Whether the tape starts before the last of some calls, each with one more subscription.
    private static func startsEarly(callsAt milliseconds: [Int64], quiet: Duration? = nil, min: Int? = nil) -> Bool {
        var wait = StartWait(quiet: quiet, subscriptionsMin: min, subscriptions: 0, now: 0)
        for (index, time) in milliseconds.enumerated() {
            if let ready = wait.ready, ready <= time * millisecond { return true }
            wait.noteCall(subscriptions: index + 1, now: time * millisecond)
        }
        return false
    }

    @Test(
        "D2 a client that subscribes call by call misses nothing",
        arguments: [
            (1...20).map { $0 * 300 }, (1...20).map { $0 * 500 }, (1...20).map { $0 * 950 },
            [5000, 5900, 8500, 16_000],
            [60_000, 60_001],
        ] as [[Int64]]
    )
    func slowClients(calls: [Int64]) {
        #expect(!Self.startsEarly(callsAt: calls))
    }

    @Test("kind 11 a client with long pauses gives the number of its subscriptions")
    func counted() {
        let calls: [Int64] = [0, 60_000, 120_000]
        #expect(Self.startsEarly(callsAt: calls))
        #expect(!Self.startsEarly(callsAt: calls, min: 3))
        #expect(!Self.startsEarly(callsAt: calls, quiet: .seconds(61)))
        #expect(Self.startsEarly(callsAt: [0, 300], quiet: .milliseconds(200)))
    }

    @Test("kind 11 a client may add to the URL's subscriptions for 200 ms, and a call starts the longer wait")
    func url() {
        var wait = StartWait(quiet: nil, subscriptionsMin: nil, subscriptions: 2, now: 7)
        #expect(wait.ready == 7 + 200 * Self.millisecond)
        wait.noteCall(subscriptions: 3, now: 100 * Self.millisecond)
        #expect(wait.ready == 1100 * Self.millisecond)
    }

    @Test("kind 11 if a client gives up all its subscriptions, the tape waits again")
    func givenUp() {
        var wait = StartWait(quiet: .zero, subscriptionsMin: nil, subscriptions: 0, now: 0)
        #expect(wait.ready == nil)
        wait.noteCall(subscriptions: 1, now: 10)
        wait.noteCall(subscriptions: 0, now: 20)
        #expect(wait.ready == nil)
        wait.noteCall(subscriptions: 1, now: 30)
        #expect(wait.ready == 30)
    }

    // MARK: Over the socket

    private static func subscribe(_ name: String, id: Int) -> String {
        #"{"method":"SUBSCRIBE","params":["\#(name)"],"id":\#(id)}"#
    }

    /// A server of trades of BTCUSDT and ETHUSDT in turn, at full speed.
    private static func serve(
        clock: ManualClock,
        count: Int = 40,
        _ change: (inout ReplayOptions) -> Void = { $0.settling = nil },
        _ body: @Sendable (ReplayServer, String) async throws -> Void
    ) async throws {
        let messages = (0..<count).map { index in
            TapeArchive.Message(
                connection: 0,
                offset: Int64(index) * millisecond,
                text: SpotSample.trade(index.isMultiple(of: 2) ? "BTCUSDT" : "ETHUSDT", id: index)
            )
        }
        let archive = try TapeArchive()
        let server = try ReplayServer([try await archive.write(messages: messages)], clock: clock, change)
        try await withServer(server) { try await body(server, $0.url) }
    }

    private static func status(_ server: ReplayServer) async -> String {
        let head = HTTPRequestHead(method: "GET", target: "/api/sessions/1")
        return String(decoding: await server.respond(to: HTTPRequest(head: head)).body, as: UTF8.self)
    }

    @Test(
        "D1 a path that names no stream starts nothing, whatever the speed",
        arguments: ["/ws/0", "/ws", "/ws/", "/ws/garbage/7", "/stream", "/stream?streams="]
    )
    func pathWithoutStream(path: String) async throws {
        let clock = ManualClock()
        try await Self.serve(clock: clock) { server, url in
            let client = try await connect(url + path)
            // An answer shows that the session exists and that its tape has not ended.
            try await client.send(#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#)
            #expect(try await client.receive(count: 1).texts == [#"{"result":[],"id":1}"#])
            clock.advance(by: .seconds(60))
            #expect(await Self.status(server).contains(#""state":"waiting""#))
            try await client.send(Self.subscribe("btcusdt@trade", id: 2))
            #expect(try await client.receive(count: 1).texts == [#"{"result":null,"id":2}"#])
            await clock.untilSleeping(until: .seconds(61))
            clock.advance(by: .seconds(1))
            #expect(try await client.receiveAll().count == 20)
        }
    }

    @Test("kind 11 a client that unsubscribes before the start and subscribes again gets the whole tape")
    func secondThoughts() async throws {
        let clock = ManualClock()
        try await Self.serve(clock: clock) { _, url in
            let client = try await connect(url + "/ws")
            try await client.send(Self.subscribe("btcusdt@trade", id: 1))
            try await client.send(#"{"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":2}"#)
            #expect(try await client.receive(count: 2).count == 2)
            clock.advance(by: .seconds(30))
            try await client.send(Self.subscribe("ethusdt@trade", id: 3))
            try await client.send(Self.subscribe("ethusdt@trade", id: 4))
            #expect(try await client.receive(count: 2).count == 2)
            await clock.untilSleeping { $0.contains { $0.offset > .seconds(30) } }
            clock.advance(by: .seconds(200))
            #expect(try await client.receiveAll().count == 20)
        }
    }

    @Test("D2 messages that passed before a subscription are counted for their stream, in the status and on /metrics")
    func skipped() async throws {
        let clock = ManualClock()
        try await Self.serve(clock: clock, { $0.defaults.end = .hold }) { server, url in
            let client = try await connect(url + "/ws/btcusdt@trade")
            #expect(try await client.receive(count: 20).count == 20)
            try await client.send(Self.subscribe("ethusdt@trade", id: 1))
            #expect(try await client.receive(count: 1).texts == [#"{"result":null,"id":1}"#])
            let status = await Self.status(server)
            #expect(
                status.contains(
                    #""subscriptions":{"count":2,"skipped_messages":20,"skipped":[{"name":"ethusdt@trade","#
                        + #""messages":20}],"refused_count":0,"refused":[],"#
                ),
                "\(status)"
            )
            let metrics = await server.respond(
                to: HTTPRequest(head: HTTPRequestHead(method: "GET", target: "/metrics"))
            )
            let text = String(decoding: metrics.body, as: UTF8.self)
            #expect(text.contains("\nfeedrec_replay_skipped_messages_total 20\n"))
            await client.close()
        }
    }

    @Test("kind 11 a hub's client that only connects, or unsubscribes, does not start the tape")
    func hub() async throws {
        let archive = try TapeArchive()
        let reader = try await archive.write(
            venue: "mt4",
            messages: (0..<5).map { .init(connection: 0, offset: $0, text: HubClient.tick("EURUSD", "1.1")) }
        )
        let clock = ManualClock()
        let server = try ReplayServer([reader], clock: clock) { $0.settling = nil }
        try await withServer(server) { running in
            let client = try await HubClient(running.url)
            try await client.shakeHands()
            for (id, method) in ["Connect", "UnsubscribeFromTicks", "UnsubscribeFromAllTicks"].enumerated() {
                try await client.send(
                    #"{"type":1,"invocationId":"\#(id)","target":"\#(method)","arguments":[{"tradePlatform":"P"}]}"#
                )
                _ = try await client.connection.receive(count: 1)
            }
            #expect(await Self.status(server).contains(#""state":"waiting""#))
            try await client.subscribe("EURUSD", id: 9)
            await clock.untilSleeping(until: .seconds(1))
            clock.advance(by: .seconds(1))
            // One batch may have more than the ticks.
            #expect(try await client.connection.receive(count: 5).count >= 5)
            await client.connection.close()
        }
    }
}
