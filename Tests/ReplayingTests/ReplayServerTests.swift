import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import Venues
import WebSocketProtocol

@testable import Replaying

/// `/replay` and its surroundings, over loopback.
@Suite(.timeLimit(.minutes(5)))
struct ReplayServerTests {
    private static let count: Int64 = 60

    /// A hub's recording of 60 ms, one row per millisecond.
    private static func reader(_ archive: TapeArchive) async throws -> ArchiveReader {
        try await archive.write(
            venue: "mt4",
            messages: SampleRows.messages(count: count),
            rows: SampleRows.mixed(count: count)
        )
    }

    /// What a client of `/replay` received: its events and the summary.
    private struct Replay {
        var events: [String] = []
        var summary = ""
        var closeInfo: CloseInfo?

        init(_ client: WebSocketConnection) async throws {
            events = try await client.receiveAll().texts
            summary = events.popLast() ?? ""
            closeInfo = client.closeInfo
        }

        func count(_ type: String) -> Int { events.count { $0.hasPrefix(#"{"type":"\#(type)""#) } }

        /// The summary that must follow these events.
        var expectedSummary: String {
            let digest = MessageDigest()
            for event in events {
                Array((event + "\n").utf8).withUnsafeBytes { digest.update($0) }
            }
            return #"{"type":"summary","quotes":\#(count("quote")),"trades":\#(count("trade")),"#
                + #""margin_updates":\#(count("margin_update")),"gaps":\#(count("gap")),"disconnects":0,"#
                + #""sha256":"\#(digest.finish())"}"#
        }
    }

    private static func serve<Result: Sendable>(
        clock: ManualClock = ManualClock(),
        _ change: (inout ReplayOptions) -> Void = { _ in },
        _ body: @Sendable (String) async throws -> Result
    ) async throws -> Result {
        let archive = try TapeArchive()
        let server = try ReplayServer([try await reader(archive)], clock: clock, change)
        return try await withServer(server) { try await body($0.url) }
    }

    /// The server's refusal; nil if it accepts the client.
    private static func refusal(of url: String) async -> TransportError? {
        do {
            _ = try await connect(url)
            return nil
        } catch {
            return error
        }
    }

    @Test("a replay is its events, then a summary with counts and digest, then close 1000")
    func summary() async throws {
        let replay = try await Self.serve { url in
            try await Replay(try await connect(url + "/replay"))
        }
        #expect(replay.events.count == 62)
        #expect(replay.count("quote") == 36 && replay.count("trade") == 12)
        #expect(replay.count("margin_update") == 12 && replay.count("gap") == 2)
        #expect(replay.summary == replay.expectedSummary)
        #expect(replay.closeInfo?.code == 1000 && replay.closeInfo?.reason == "end of the recording")
    }

    @Test("an amount that only a text can hold is sent as the venue wrote it; text that is not a number is left out")
    func amounts() {
        var row = MarginUpdateRow(tsRecv: TapeArchive.start, messageIndex: 1, item: 0, feedID: 1, login: 7, digits: 2)
        row.balance = 150
        row.texts.balance = "1.5"
        row.texts.equity = "12345678901234567890.123"
        row.texts.margin = "n/a"
        var writer = EventWriter()
        writer.append(row)
        let text = String(decoding: writer.chunk.batch.bytes, as: UTF8.self)
        #expect(
            text.contains(#""balance":1.50,"equity":12345678901234567890.123,"message_index""#),
            "\(text)"
        )
    }

    @Test("numbers have exactly the recorded digits, and missing values are left out")
    func json() async throws {
        let replay = try await Self.serve { url in
            try await Replay(try await connect(url + "/replay"))
        }
        let start = TapeArchive.start.rawValue
        #expect(
            replay.events.first
                == #"{"type":"trade","ts_recv":\#(start),"ts_event":\#(start - 5),"venue":"mt4","symbol":"AAA","#
                + #""price":1.00,"size":1.5,"aggressor_side":"seller","trade_id":0,"message_index":0}"#
        )
        #expect(
            replay.events[1]
                == #"{"type":"margin_update","ts_recv":\#(start + 1_000_000),"login":1001,"balance":1000.50,"#
                + #""state":"margin_call","message_index":1}"#
        )
        #expect(
            replay.events[2]
                == #"{"type":"quote","ts_recv":\#(start + 2_000_000),"venue":"mt4","symbol":"AAA","#
                + #""bid_price":1.02,"ask_price":1.03,"ask_size":0.5,"message_index":2}"#
        )
        #expect(
            replay.events[3]
                == #"{"type":"gap","ts_from":\#(start + 3_000_000),"ts_to":\#(start + 3_001_000),"#
                + #""cause":"disconnect","detail":"lost"}"#
        )
        #expect(replay.events[4].contains(#""symbol":"BBB","bid_price":0.00103"#))
    }

    @Test("the same recording gives the same digest at every speed", arguments: ["1", "10", "0.1"])
    func speeds(speed: String) async throws {
        let clock = ManualClock()
        try await Self.serve(clock: clock) { url in
            let fast = try await Replay(try await connect(url + "/replay?speed=max"))
            let client = try await connect(url + "/replay?speed=\(speed)")
            async let slow = Replay(client)
            // Each millisecond after the first has a deadline; gaps share theirs with a row.
            for index in 1..<Int(Self.count) {
                let due = Duration.milliseconds(index) / (Double(speed) ?? 1)
                await clock.untilSleeping(until: due)
                clock.advance(to: ManualClock.Instant(due + .nanoseconds(1)))
            }
            let paced = try await slow
            #expect(paced.summary == fast.summary)
            #expect(paced.events == fast.events)
            #expect(paced.closeInfo?.code == 1000)
        }
    }

    @Test("the query narrows what the server offers")
    func query() async throws {
        let narrowed: (inout ReplayOptions) -> Void = { options in
            options.defaults.from = .absolute(TapeArchive.time(10_000_000).rawValue)
            options.defaults.to = .behindStart(50_000_000)
            options.defaults.symbols = ["AAA"]
        }
        try await Self.serve(narrowed) { url in
            let whole = try await Replay(try await connect(url + "/replay"))
            #expect(whole.events.allSatisfy { $0.contains(#""symbol":"AAA""#) || $0.contains("gap") })
            #expect(whole.summary == whole.expectedSummary)
            let wider = try await Replay(try await connect(url + "/replay?from=0&to=9000000000000000000"))
            #expect(wider.summary == whole.summary)
            let other = try await Replay(try await connect(url + "/replay?symbols=BBB"))
            #expect(other.count("quote") == 0 && other.count("trade") == 0)
            let narrower = try await Replay(
                try await connect(
                    url + "/replay?from=2026-01-05T00:00:00.020Z&to=\(TapeArchive.time(30_000_000).rawValue)"
                )
            )
            #expect(
                narrower.events
                    == whole.events.filter { $0.contains("quote") || $0.contains("trade") }.filter { event in
                        (20..<30).contains { event.contains(#""message_index":\#($0)}"#) }
                    }
            )
            #expect(narrower.summary == narrower.expectedSummary)
        }
    }

    @Test(
        "an invalid query is refused with its reason",
        arguments: [
            ("speed=fast", "speed must be 'max' or a positive number, not 'fast'"),
            ("lag_rule=drop", "lag_rule must be wait or close, not 'drop'"),
            ("clock=a/b", "clock must be a name of 1 to 64 letters, digits, '.', '_' or '-'"),
            ("bars=1s,x", "bars must be lengths such as '1s,1m', not '1s,x'"),
            ("speed=0", "speed must be 'max' or a positive number, not '0'"),
            ("from=yesterday", "from must be ISO 8601 or nanoseconds since 1970, or like '+5m', not 'yesterday'"),
            ("to=", "to must be ISO 8601 or nanoseconds since 1970, or like '+5m', not ''"),
        ]
    )
    func badQuery(query: String, reason: String) async throws {
        try await Self.serve { url in
            let error = await Self.refusal(of: url + "/replay?" + query)
            #expect(error?.code == .handshake(status: 400))
            #expect(error?.handshakeError?.bodyExcerpt == reason)
        }
    }

    @Test("a client that leaves ends its replay")
    func leaving() async throws {
        let clock = ManualClock()
        try await Self.serve(clock: clock) { url in
            let client = try await connect(url + "/replay?speed=1")
            await clock.untilSleeping(count: 1)
            await client.close()
            await clock.untilSleeping { $0.isEmpty }
        }
    }

    @Test("without the token no client is accepted")
    func token() async throws {
        try await Self.serve({ $0.token = "secret" }) { url in
            for path in ["/replay", "/hubs/mt4/v1"] {
                #expect(await Self.refusal(of: url + path)?.code == .handshake(status: 401))
            }
            let replay = try await Replay(try await connect(url + "/replay?access_token=secret"))
            #expect(replay.summary == replay.expectedSummary)
            let header = try await connect(url + "/replay", headers: [("Authorization", "Bearer secret")])
            #expect(try await Replay(header).summary == replay.summary)
        }
    }

    @Test("an echo returns every message to clients with access, and is not a session")
    func echo() async throws {
        let said = ["one", String(repeating: "žluť ", count: 40_000), ""]
        try await Self.serve({ $0.token = "secret" }) { url in
            #expect(await Self.refusal(of: url + "/echo")?.code == .handshake(status: 401))
            let client = try await connect(url + "/echo?access_token=secret")
            for text in said { try await client.send(text) }
            #expect(try await client.receive(count: said.count).texts == said)
            let replay = try await Replay(try await connect(url + "/replay?access_token=secret&status=1h"))
            #expect(replay.events.contains { $0.hasPrefix(#"{"type":"status","id":1,"#) }, "the first session")
            await client.close()
        }
    }

    @Test("plain requests get a list of the paths")
    func plain() async throws {
        let archive = try TapeArchive()
        let server = try ReplayServer([try await Self.reader(archive)])
        func status(_ path: String) async -> Int {
            await server.respond(to: HTTPRequest(head: HTTPRequestHead(method: "GET", target: path))).status
        }
        #expect(server.venues == [.mt4])
        #expect(await status("/replay") == 426)
        #expect(await status("/hubs/mt4/v1") == 426)
        #expect(await status("/hubs/mt4/v1/negotiate") == 405)
        #expect(await status("/ws/btcusdt@trade") == 404, "nothing of that venue was recorded")
        #expect(await status("/nothing") == 404)
        let wrong = await server.respond(to: HTTPRequest(head: HTTPRequestHead(method: "GET", target: "/nothing")))
        let hint = String(decoding: wrong.body, as: UTF8.self)
        #expect(hint.contains("feedrec replay") && hint.contains("/hubs/mt4/v1, /replay") && !hint.contains("/ws"))
        let welcome = await server.respond(to: HTTPRequest(head: HTTPRequestHead(method: "GET", target: "/")))
        #expect(welcome.status == 200)
        let text = String(decoding: welcome.body, as: UTF8.self)
        #expect(text.contains("/hubs/mt4/v1") && text.contains("/replay") && !text.contains("/ws"))
    }

    @Test("a recording is served on its venue's own path, merged from its connections, byte for byte")
    func venuePath() async throws {
        let trades = (0..<20).map { SpotSample.trade(id: $0) }
        let messages = trades.enumerated().map { index, text in
            TapeArchive.Message(connection: index % 3, offset: Int64(index) * 1000, text: text)
        }
        let archive = try TapeArchive()
        let server = try ReplayServer([try await archive.write(messages: messages)])
        try await withServer(server) { server in
            let combined = try await connect(server.url + "/stream?streams=btcusdt@trade")
            #expect(try await combined.receiveAll().texts == trades)
            let other = try await connect(server.url + "/stream?streams=ethusdt@trade&absent=ignore")
            #expect(try await other.receiveAll().texts == [])
            #expect(other.closeInfo?.code == 1000)
        }
    }
}
