import Archive
import FeedrecTestKit
import MarketModel
import NIOPosix
import Synchronization
import Testing
import Transport
import Venues
import WebSocketProtocol

@testable import Recording

/// Twenty feeds in one recorder, most of which stall in the middle of something.
@Suite(.timeLimit(.minutes(5)))
struct StallTests {
    private static let count = 3

    /// What the first connection of a feed does, or the second one if the first must succeed.
    enum Stall: String, CaseIterable, Sendable {
        case halfFrame, halfRecord, noAck, noPong, tls, handshake, halfHead

        var cause: GapCause {
            switch self {
            case .halfFrame, .halfRecord: .silence
            case .noAck: .noAck
            case .noPong: .noPong
            case .tls, .handshake, .halfHead: .disconnect
            }
        }

        var isHub: Bool { self == .halfRecord || self == .noAck }
        /// True if a connection attempt stalls.
        var isBeforeOpening: Bool { cause == .disconnect }
    }

    private typealias Log = EventLog<(feed: String, report: RecorderReport)>

    /// A hub that stalls on its first connection: in the middle of a record, or before its first answer.
    private static func hub(_ stall: Stall, _ name: String, _ heard: EventLog<String>) -> ScriptedVenue {
        @Sendable func tick(_ bid: String) -> String { HubScript.tick(bid).replacing("EURUSD", with: name) }
        let bad: ScriptedVenue.Scene = .talk { connection, _ in
            let hub = HubScript(connection: connection, heard: heard)
            if stall == .halfRecord {
                try await hub.answerUntilSubscribed()
                try await connection.send(tick("1.1") + "\u{1E}" + tick("1.2").prefix(40))
            }
            try await hub.listen()
        }
        let good: ScriptedVenue.Scene = .talk { connection, _ in
            let hub = HubScript(connection: connection, heard: heard)
            try await hub.answerUntilSubscribed()
            try await hub.send(tick("1.3"))
            try await hub.listen()
        }
        return ScriptedVenue([bad, good])
    }

    /// A feed whose connections use `urls` in order, and the last one for all later connections.
    private static func feed(
        _ bench: RecorderBench,
        _ name: String,
        _ stall: Stall,
        urls: [String],
        _ log: Log
    ) -> FeedConfiguration {
        var feed = bench.feed(urls[0], name: name)
        let attempts = Atomic<Int>(0)
        let wall = bench.wall
        feed.connect = { tap async throws(TransportError) in
            let attempt = attempts.add(1, ordering: .relaxed).oldValue
            var configuration = WebSocketClient.Configuration(
                url: try WebSocketURL(urls[min(attempt, urls.count - 1)])
            )
            configuration.tap = tap
            // The good feeds may be slow on a busy machine.
            if stall.isBeforeOpening, attempt == 1 {
                configuration.tlsTimeout = .milliseconds(300)
                configuration.handshakeTimeout = .milliseconds(300)
            }
            configuration.pongTimeout = stall == .noPong && attempt == 0 ? .milliseconds(100) : nil
            return try await WebSocketClient.connect(
                configuration,
                group: MultiThreadedEventLoopGroup.singleton,
                now: { wall.unixNow }
            )
        }
        if stall.isHub {
            feed.venue = .mt4
            feed.makeDialect = { MT4Dialect(MT4Subscription(tradePlatform: "P", symbols: [name])) }
        }
        feed.watch.silence = stall.cause == .silence ? .after(.seconds(10)) : .off
        feed.watch.ackTimeout = stall == .noAck ? .seconds(10) : nil
        feed.watch.pingInterval = stall == .noPong ? .seconds(5) : nil
        feed.report = { log.append((name, $0)) }
        return feed
    }

    @Test("feeds that stall in the middle of something recover, each gap has its cause, and other feeds are unaffected")
    func stalls() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.retriesFirstConnection = true
        let (run, log, heard) = (bench, Log(), EventLog<String>())
        let isOver = Atomic<Bool>(false)
        let lively = ScriptedVenue { connection, request in
            let symbol = String(request.target.dropFirst())
            var id = 0
            while !isOver.load(ordering: .relaxed) {
                id += 1
                try await connection.send(SpotSample.trade(symbol, id: id))
                await NetworkTurns.wait(20)
            }
            _ = try await connection.receiveAll()
        }
        // Sends one message; closes if the next attempt must stall.
        let modest = ScriptedVenue { connection, request in
            try await connection.send(SpotSample.trade(String(request.target.dropFirst()), id: 1))
            if request.target.hasPrefix("/ONCE") { return }
            _ = try await connection.receiveAll()
        }
        let mute = try await RawVenue([.bytes([])])
        let halfHead = try await RawVenue([.bytes(Array("HTTP/1.1 101 Switching Proto".utf8))])
        let names = Stall.allCases.flatMap { stall in (0..<Self.count).map { (stall, "\(stall)\($0)") } }
        var raw: [String: RawVenue] = [:]
        for (stall, name) in names where stall == .halfFrame || stall == .noPong {
            let half = stall == .halfFrame ? [0x81, 100] + Array(#"{"stream":"#.utf8) : []
            raw[name] = try await RawVenue([.open(texts: [SpotSample.trade("X\(name)", id: 1)], bytes: half)])
        }
        let halves = raw
        let hubs = names.filter(\.0.isHub).map { ($0.1, Self.hub($0.0, $0.1, heard)) }

        let outcome = try await Self.withServers(hubs) { hubURLs in
            try await withServer(lively) { lively in
                try await withServer(modest) { modest in
                    var feeds = ["A", "B"].map { name -> FeedConfiguration in
                        Self.feed(run, name, .handshake, urls: [lively.url + "/" + name], log)
                    }
                    for (stall, name) in names {
                        let good = modest.url + "/" + name.uppercased()
                        let once = modest.url + "/ONCE" + name.uppercased()
                        let urls =
                            switch stall {
                            case .halfFrame, .noPong: ["ws://127.0.0.1:\(halves[name]?.port ?? 0)/", good]
                            case .halfRecord, .noAck: [hubURLs[name] ?? ""]
                            case .tls: [once, "wss://127.0.0.1:\(mute.port)/", good]
                            case .handshake: [once, "ws://127.0.0.1:\(mute.port)/", good]
                            case .halfHead: [once, "ws://127.0.0.1:\(halfHead.port)/", good]
                            }
                        feeds.append(Self.feed(run, name, stall, urls: urls, log))
                    }
                    return try await record(run, feeds, names, log, isOver)
                }
            }
        }
        for venue in [mute, halfHead] + raw.values { try await venue.close() }
        #expect(outcome.totals.gaps == Int64(names.count))
        try expectGaps(try bench.stored(), names, directory: bench.directory.path)
        let subscriptions = heard.all.filter { $0.contains("SubscribeToTicks") }
        #expect(
            subscriptions.count == 2 * Self.count + Self.count,
            "the records of those without an answer are not read"
        )
    }

    private func record(
        _ run: RecorderBench,
        _ feeds: [FeedConfiguration],
        _ names: [(Stall, String)],
        _ log: Log,
        _ isOver: borrowing Atomic<Bool>
    ) async throws -> RecordingOutcome {
        var recorder = run.recorder(of: feeds)
        var configuration = Journal.Configuration(directory: run.directory.path)
        configuration.segmentBytes = 1 << 16
        let journal = try Journal(configuration)
        recorder.journal = journal
        let (prepared, writer) = (recorder, try run.openWriter())
        async let outcome = run.committing { try await prepared.run(into: writer) }
        // All are connected at first; those that stall later have lost that connection too.
        await log.until { log in names.allSatisfy { log.of($0.1).connectedCount >= 1 } }
        await log.until { log in
            names.allSatisfy { $0.0 == .noAck || log.of($0.1).subscribedCount >= 1 }
        }
        run.wall.advance(by: .seconds(11))
        await log.until { log in
            names.allSatisfy { stall, name in
                log.of(name).gapEndings == [stall.cause.rawValue]
                    && log.of(name).disconnections.count >= (stall.isBeforeOpening ? 2 : 1)
            }
        }
        // The others continue meanwhile.
        let counts = ["A", "B"].map { log.all.of($0).received }
        await log.until { log in zip(["A", "B"], counts).allSatisfy { log.of($0).received > $1 + 10 } }
        isOver.store(true, ordering: .relaxed)
        run.stop.request(.signal)
        let result = try await outcome
        for name in ["A", "B"] {
            #expect(log.all.of(name).connectedCount == 1 && log.all.of(name).gapBeginnings == [])
        }
        try journal.close(isStored: true)
        return result
    }

    private func expectGaps(_ stored: StoredRecording, _ names: [(Stall, String)], directory: String) throws {
        #expect(stored.problems == [])
        let reader = try ArchiveReader(path: try ArchiveLocation(directory).files[0])
        let ids = Dictionary(uniqueKeysWithValues: try reader.feeds().map { ($0.name, $0.feedID) })
        for (stall, name) in names {
            let gaps = stored.gaps.filter { $0.feedID == ids[name] }
            #expect(gaps.map(\.cause) == [stall.cause.rawValue], "\(name)")
            #expect(gaps.allSatisfy { $0.tsTo != nil }, "\(name)")
        }
        // Data before the half messages is stored, and everything of the feeds that continued.
        #expect(stored.received.count { $0.contains(#""s":"XhalfFrame"#) } == Self.count)
        for name in ["A", "B"] {
            let texts = stored.received.filter { $0.contains(#""s":"\#(name)""#) }
            #expect(texts.count > 10 && texts == (1...texts.count).map { SpotSample.trade(name, id: $0) })
        }
    }

    /// Runs a server for each of these venues.
    private static func withServers<Result: Sendable>(
        _ venues: [(String, ScriptedVenue)],
        urls: [String: String] = [:],
        _ body: @escaping @Sendable ([String: String]) async throws -> Result
    ) async throws -> Result {
        guard let (name, venue) = venues.first else { return try await body(urls) }
        return try await withServer(venue) { server in
            var urls = urls
            urls[name] = server.url
            return try await withServers(Array(venues.dropFirst()), urls: urls, body)
        }
    }
}
