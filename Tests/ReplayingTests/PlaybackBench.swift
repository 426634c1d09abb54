import FeedrecTestKit
import MarketModel
import Transport
import Venues
import WebSocketProtocol

@testable import Replaying

/// A server that plays tapes by a clock that the test moves, and records when messages are sent.
struct PlaybackBench: Sendable {
    /// Messages that were sent together.
    struct Departure: Hashable, Sendable {
        let client: Int
        let time: Duration
        let texts: [String]
    }

    let clock = ManualClock()
    let departures = EventLog<Departure>()
    var policy = ServingPolicy(speed: .factor(1))
    var hub = MT4HubServer()
    var makeTape: @Sendable () throws -> any Tape

    /// Plays `texts` in batches of `batchCount`, the first at the start, each further text `step` later.
    static func playing(_ texts: [String], step: Duration, batchCount: Int = 3) -> PlaybackBench {
        let whole = MessageBatch(texts: texts, start: TapeArchive.start, step: step)
        var batches: [MessageBatch] = []
        for index in 0..<whole.count {
            if index.isMultiple(of: batchCount) { batches.append(MessageBatch()) }
            batches[batches.count - 1].append(messageAt: index, of: whole)
        }
        let list = batches
        return PlaybackBench { ListTape(list) }
    }

    private init(makeTape: @escaping @Sendable () throws -> any Tape) {
        self.makeTape = makeTape
    }

    static func making(_ makeTape: @escaping @Sendable () throws -> any Tape) -> PlaybackBench {
        PlaybackBench(makeTape: makeTape)
    }

    static func failing(_ error: some Error) -> PlaybackBench {
        PlaybackBench { throw error }
    }

    func serve<Result: Sendable>(_ body: @Sendable (String) async throws -> Result) async throws -> Result {
        let (clock, departures) = (clock, departures)
        let makeTape = makeTape
        let server = SimulationServer(
            [ServedVenue(.mt4, hub), ServedVenue(.binanceSpot, BinanceServer())],
            policy: policy,
            timers: .clock(clock),
            observe: { client, messages in
                departures.append(Departure(client: client, time: clock.now.offset, texts: messages.texts))
            },
            makeTape: { _ throws in try makeTape() }
        )
        return try await withServer(server) { try await body($0.url) }
    }

    /// Waits until a task sleeps until `offset`, and moves the clock there.
    func advance(to offset: Duration) async {
        await clock.untilSleeping(until: offset)
        clock.advance(to: ManualClock.Instant(offset))
    }
}

/// The client's side of an MT4 hub.
struct HubClient {
    let connection: WebSocketConnection

    init(_ url: String) async throws {
        connection = try await connect(url + "/hubs/mt4/v1")
    }

    func send(_ record: String) async throws {
        try await connection.send(record + "\u{1E}")
    }

    func shakeHands() async throws {
        try await send(#"{"protocol":"json","version":1}"#)
        _ = try await connection.receive(count: 1)
    }

    /// Subscribes and waits for the acknowledgement.
    func subscribe(_ symbol: String, id: Int = 1) async throws {
        let arguments = #"[{"tradePlatform":"P","symbol":"\#(symbol)"}]"#
        try await send(
            #"{"type":1,"invocationId":"\#(id)","target":"SubscribeToTicks","arguments":\#(arguments)}"#
        )
        _ = try await connection.receive(count: 1)
    }

    static func tick(_ symbol: String, _ bid: String) -> String {
        #"{"type":1,"target":"OnTick","arguments":[{"tradePlatform":"P","tick":{"symbol":"\#(symbol)","bid":\#(bid),"#
            + #""ask":1.2,"lastTime":"2026-01-05T00:00:00"}}]}"# + "\u{1E}"
    }
}
