import FeedrecTestKit
import MarketModel
import Testing
import Transport
import Venues
import WebSocketProtocol

@testable import Replaying

/// A tape played to a venue's own client.
@Suite(.timeLimit(.minutes(5)))
struct ClientPlaybackTests {
    private static let trades = (0..<7).map { SpotSample.trade(id: $0) }
    private static let stream = "/stream?streams=btcusdt@trade"

    @Test("every message is sent at its time, to the nanosecond", arguments: [1, 10, 0.5])
    func paced(speed: Double) async throws {
        var bench = PlaybackBench.playing(Self.trades, step: .milliseconds(100))
        bench.policy.speed = .factor(speed)
        let run = bench
        try await bench.serve { url in
            let client = try await connect(url + Self.stream)
            for index in Self.trades.indices {
                if index > 0 { await run.advance(to: .milliseconds(100 * index) / speed) }
                let received = try await client.receive(count: 1)
                #expect(received.texts == [Self.trades[index]])
            }
            #expect(try await client.receive() == nil)
            #expect(client.closeInfo?.code == 1000)
            #expect(client.closeInfo?.reason == "end of the recording")
        }
        let departures = bench.departures.all
        #expect(departures.map(\.texts) == Self.trades.map { [$0] })
        for (index, departure) in departures.enumerated() {
            let error = departure.time - .milliseconds(100 * index) / speed
            #expect(error > .nanoseconds(-1) && error < .nanoseconds(1), "message \(index) left at \(departure.time)")
        }
    }

    @Test("messages that are due together are sent together, and lateness does not add up")
    func late() async throws {
        let bench = PlaybackBench.playing(Self.trades, step: .milliseconds(100), batchCount: 7)
        try await bench.serve { url in
            let client = try await connect(url + Self.stream)
            await bench.clock.untilSleeping(until: .milliseconds(100))
            bench.clock.advance(to: ManualClock.Instant(.milliseconds(350)))
            await bench.advance(to: .milliseconds(400))
            await bench.advance(to: .milliseconds(500))
            await bench.advance(to: .milliseconds(600))
            #expect(try await client.receiveAll().texts == Self.trades)
        }
        #expect(bench.departures.all.map(\.texts.count) == [1, 3, 1, 1, 1])
        #expect(bench.departures.all.map(\.time) == [0, 350, 400, 500, 600].map { .milliseconds($0) })
    }

    @Test("at full speed no message waits for the clock, and the tape ends with close 1000")
    func fullSpeed() async throws {
        var bench = PlaybackBench.playing(Self.trades, step: .seconds(3600))
        bench.policy.speed = .max
        try await bench.serve { url in
            let client = try await connect(url + Self.stream)
            #expect(try await client.receiveAll().texts == Self.trades)
            #expect(client.closeInfo?.code == 1000)
            #expect(client.closeInfo?.initiator == .remote)
        }
        #expect(bench.departures.all.allSatisfy { $0.time == .zero })
    }

    @Test("a tape starts after the client has been quiet for a while since its last subscription")
    func settling() async throws {
        var bench = PlaybackBench.playing(Self.trades, step: .zero)
        bench.policy.settling = .milliseconds(200)
        let run = bench
        try await bench.serve { url in
            let client = try await connect(url + "/ws")
            try await client.send(#"{"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":1}"#)
            #expect(try await client.receive(count: 1).texts == [#"{"result":null,"id":1}"#])
            await run.clock.untilSleeping(until: .milliseconds(200))
            run.clock.advance(by: .milliseconds(150))
            try await client.send(#"{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":2}"#)
            #expect(try await client.receive(count: 1).texts == [#"{"result":null,"id":2}"#])
            await run.advance(to: .milliseconds(350))
            #expect(try await client.receiveAll().count == Self.trades.count)
        }
        #expect(bench.departures.all.allSatisfy { $0.time == .milliseconds(350) })
    }

    @Test("each client has its own tape, from the start")
    func twoClients() async throws {
        var bench = PlaybackBench.playing(Self.trades, step: .seconds(1))
        bench.policy.speed = .max
        let run = bench
        try await bench.serve { url in
            for _ in 0..<2 {
                let client = try await connect(url + Self.stream)
                #expect(try await client.receiveAll().texts == Self.trades)
            }
            #expect(Set(run.departures.all.map(\.client)) == [1, 2])
        }
    }

    @Test("a client that leaves ends its playback")
    func leaving() async throws {
        let bench = PlaybackBench.playing(Self.trades, step: .seconds(1))
        try await bench.serve { url in
            let client = try await connect(url + Self.stream)
            _ = try await client.receive(count: 1)
            await bench.clock.untilSleeping(count: 1)
            await client.close()
            await bench.clock.untilSleeping { $0.isEmpty }
        }
        #expect(bench.departures.all.count == 1)
    }

    @Test("a client that never subscribes gets nothing, and may leave", arguments: ["/ws", "/hubs/mt4/v1"])
    func neverSubscribes(path: String) async throws {
        let bench = PlaybackBench.playing(Self.trades, step: .seconds(1))
        try await bench.serve { url in
            let client = try await connect(url + path)
            await client.close()
            await bench.clock.untilSleeping { $0.isEmpty }
        }
        #expect(bench.departures.all == [])
    }

    @Test("an unreadable recording closes with 1011, whether it fails at once or later")
    func broken() async throws {
        struct Broken: Error {}
        let batch = MessageBatch(texts: Self.trades)
        for (bench, count) in [
            (PlaybackBench.failing(Broken()), 0),
            (PlaybackBench.making { ListTape([batch], failure: Broken()) }, Self.trades.count),
        ] {
            try await bench.serve { url in
                let client = try await connect(url + Self.stream)
                #expect(try await client.receiveAll().count == count)
                #expect(client.closeInfo?.code == 1011)
                #expect(client.closeInfo?.reason == "the recording cannot be read")
            }
        }
    }

    // MARK: The hub

    @Test("while the tape is silent the hub's pings continue, counted from the last message")
    func keepAlive() async throws {
        let ticks = [HubClient.tick("EURUSD", "1.1"), HubClient.tick("EURUSD", "1.2")]
        let bench = PlaybackBench.playing(ticks, step: .seconds(40))
        try await bench.serve { url in
            let client = try await HubClient(url)
            try await client.shakeHands()
            try await client.subscribe("EURUSD")
            await bench.advance(to: .milliseconds(200))
            #expect(try await client.connection.receive(count: 1).texts == [ticks[0]])
            // The acknowledgement was sent at 0 s, the first tick at 0.2 s.
            await bench.advance(to: .milliseconds(15_200))
            #expect(try await client.connection.receive(count: 1).texts == ["{\"type\":6}\u{1E}"])
            await bench.advance(to: .milliseconds(30_200))
            #expect(try await client.connection.receive(count: 1).texts == ["{\"type\":6}\u{1E}"])
            await bench.advance(to: .milliseconds(40_200))
            #expect(try await client.connection.receiveAll().texts == [ticks[1], "{\"type\":7}\u{1E}"])
            #expect(client.connection.closeInfo?.code == 1000)
        }
    }

    @Test("a client without a handshake gets an error after 15 s, and no ping before")
    func slowHandshake() async throws {
        let bench = PlaybackBench.playing([HubClient.tick("EURUSD", "1.1")], step: .zero)
        try await bench.serve { url in
            let client = try await HubClient(url)
            await bench.advance(to: .seconds(15))
            let texts = try await client.connection.receiveAll().texts
            #expect(texts == [#"{"error":"Handshake was canceled."}"# + "\u{1E}"])
            #expect(client.connection.closeInfo?.code == 1000)
        }
    }

    @Test("a client that has sent a ping is closed after 30 s of silence, other clients never")
    func clientTimeout() async throws {
        let bench = PlaybackBench.playing([HubClient.tick("EURUSD", "1.1")], step: .zero)
        try await bench.serve { url in
            let quiet = try await HubClient(url)
            try await quiet.shakeHands()
            for due in [15, 30, 45] {
                await bench.advance(to: .seconds(due))
                #expect(try await quiet.connection.receive(count: 1).texts == ["{\"type\":6}\u{1E}"])
            }
            try await quiet.send(#"{"type":6}"#)
            try await quiet.send(#"{"type":1,"invocationId":"1","target":"Connect","arguments":["P"]}"#)
            _ = try await quiet.connection.receive(count: 1)
            for due in [60, 75] { await bench.advance(to: .seconds(due)) }
            let texts = try await quiet.connection.receiveAll().texts
            #expect(texts.last == #"{"type":7,"error":"Connection closed with an error."}"# + "\u{1E}")
        }
    }

    @Test(
        "the hub's behaviour decides the end of a tape",
        arguments: [SessionEnding.close, .drop, .silence, .stay],
        [false, true]
    )
    func ending(_ ending: SessionEnding, allowsReconnect: Bool) async throws {
        var bench = PlaybackBench.playing([HubClient.tick("EURUSD", "1.1")], step: .zero)
        bench.hub.behavior.ending = ending
        bench.hub.behavior.allowsReconnect = allowsReconnect
        let run = bench
        try await bench.serve { url in
            let client = try await HubClient(url)
            try await client.shakeHands()
            try await client.subscribe("EURUSD")
            await run.advance(to: .milliseconds(200))
            let tick = HubClient.tick("EURUSD", "1.1")
            if ending == .close {
                let goodbye = allowsReconnect ? #"{"type":7,"allowReconnect":true}"# : #"{"type":7}"#
                #expect(try await client.connection.receiveAll().texts == [tick, goodbye + "\u{1E}"])
            } else {
                #expect(try await client.connection.receive(count: 1).texts == [tick])
            }
            switch ending {
            case .close:
                #expect(client.connection.closeInfo?.code == 1000)
            case .drop:
                while (try? await client.connection.receive()) != nil {}
                #expect(client.connection.closeInfo?.code == 1006)
            case .stay:
                await run.advance(to: .milliseconds(15_200))
                #expect(try await client.connection.receive(count: 1).texts == ["{\"type\":6}\u{1E}"])
            case .silence:
                await run.advance(to: .milliseconds(15_200))
                await run.clock.untilSleeping(until: .milliseconds(30_200))
                await client.connection.close()
            }
        }
    }

    @Test("a client gets only its subscriptions, byte for byte")
    func subscription() async throws {
        let ticks = ["EURUSD", "GBPUSD", "EURUSD"].map { HubClient.tick($0, "1.10000") }
        var bench = PlaybackBench.playing(ticks, step: .zero)
        bench.policy.speed = .max
        let run = bench
        try await bench.serve { url in
            let client = try await HubClient(url)
            try await client.shakeHands()
            try await client.subscribe("EURUSD")
            await run.advance(to: .milliseconds(200))
            #expect(try await client.connection.receiveAll().texts == [ticks[0], ticks[2], "{\"type\":7}\u{1E}"])
        }
    }

    @Test("a client that breaks the protocol is closed, and its playback ends")
    func protocolError() async throws {
        let bench = PlaybackBench.playing([HubClient.tick("EURUSD", "1.1")], step: .zero)
        try await bench.serve { url in
            let client = try await HubClient(url)
            try await client.send(#"{"protocol":"protobuf","version":1}"#)
            let texts = try await client.connection.receiveAll().texts
            #expect(texts.count == 1 && texts[0].contains("error"))
            #expect(client.connection.closeInfo?.code == 1000)
            await bench.clock.untilSleeping { $0.isEmpty }
        }
        #expect(bench.departures.all == [])
    }
}
