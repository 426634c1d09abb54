import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import WebSocketProtocol

@testable import Replaying

/// Control of a replay, over its own socket and over HTTP, with a clock that the test moves.
@Suite(.timeLimit(.minutes(5)))
struct ControlTests {
    /// A server of 60 events, one per millisecond, at speed 1.
    private struct Bench: Sendable {
        let clock = ManualClock()
        let server: ReplayServer
        let reports = EventLog<SessionReport>()

        init(_ change: (inout ReplayOptions) -> Void = { _ in }) async throws {
            let archive = try TapeArchive()
            var rows = SampleRows.mixed(count: 60)
            rows.gaps = []
            let reader = try await archive.write(
                venue: "mt4",
                messages: SampleRows.messages(count: 60),
                rows: rows
            )
            let reports = reports
            server = try ReplayServer([reader], clock: clock) { options in
                options.defaults.speed = .factor(1)
                options.report = { reports.append($0) }
                change(&options)
            }
        }

        func serve<Result: Sendable>(_ body: @Sendable (String) async throws -> Result) async throws -> Result {
            try await withServer(server) { try await body($0.url) }
        }

        /// Waits until a task sleeps until `milliseconds`, and moves the clock there.
        func advance(to milliseconds: Int) async {
            await clock.untilSleeping(until: .milliseconds(milliseconds))
            clock.advance(to: ManualClock.Instant(.milliseconds(milliseconds)))
        }

        func post(_ path: String, _ body: String = "", headers: [(String, String)] = []) async -> (Int, String) {
            await request("POST", path, body, headers)
        }

        func get(_ path: String, headers: [(String, String)] = []) async -> (Int, String) {
            await request("GET", path, "", headers)
        }

        private func request(
            _ method: String,
            _ path: String,
            _ body: String,
            _ headers: [(String, String)]
        ) async -> (Int, String) {
            let head = HTTPRequestHead(method: method, target: path, headers: HTTPHeaders(headers))
            let response = await server.respond(to: HTTPRequest(head: head, body: Array(body.utf8)))
            return (response.status, String(decoding: response.body, as: UTF8.self))
        }
    }

    /// The message indexes of the events in some texts.
    private static func numbers(_ texts: [String]) -> [Int] {
        texts.compactMap { text in
            text.firstMatch(of: /"message_index":(\d+)/).flatMap { Int($0.1) }
        }
    }

    private static func digest(_ texts: [String]) -> String? {
        texts.last?.firstMatch(of: /"sha256":"(\w+)"/).map { String($0.1) }
    }

    @Test("a pause holds back what is not due, play continues, and the digest is that of an undisturbed replay")
    func pause() async throws {
        let bench = try await Bench()
        try await bench.serve { url in
            let whole = try await connect(url + "/replay?speed=max").receiveAll().texts
            let client = try await connect(url + "/replay")
            var texts = try await client.receive(count: 1).texts
            for due in 1...3 { await bench.advance(to: due) }
            texts += try await client.receive(count: 3).texts
            try await client.send(#"{"cmd":"pause","id":"p"}"#)
            let ack = try await client.receive(count: 1).texts
            #expect(ack[0].hasPrefix(#"{"type":"ack","cmd":"pause","id":"p","session":2,"#), "\(ack)")
            #expect(ack[0].contains(#""state":"paused""#))
            await bench.clock.untilSleeping { $0.isEmpty }
            bench.clock.advance(by: .seconds(5))
            try await client.send(#"{"cmd":"speed","speed":"max"}"#)
            try await client.send(#"{"cmd":"play"}"#)
            texts += try await client.receiveAll().texts.filter { !$0.contains(#""type":"ack""#) }
            #expect(texts == whole)
            #expect(Self.numbers(texts) == Array(0..<60))
        }
    }

    @Test(
        "a seek reports its position, and the tape continues from there with its own digest",
        arguments: [1, 0]
    )
    func seek(paused: Int) async throws {
        let bench = try await Bench()
        try await bench.serve { url in
            let rest = try await connect(url + "/replay?speed=max&from=%2B40ms").receiveAll().texts
            #expect(Self.numbers(rest) == Array(40..<60))
            let client = try await connect(url + "/replay?paused=\(paused)")
            if paused == 0 { _ = try await client.receive(count: 1) }
            try await client.send(#"{"cmd":"seek","to":"+40ms"}"#)
            try await client.send(#"{"cmd":"speed","speed":"max"}"#)
            try await client.send(#"{"cmd":"play"}"#)
            let texts = try await client.receiveAll().texts
            let mark = try #require(texts.firstIndex { $0.hasPrefix(#"{"type":"seek","take":1,"position":"#) })
            let after = texts[mark...].dropFirst().filter { !$0.contains(#""type":"ack""#) }
            #expect(after == rest)
            #expect(Self.digest(after) == Self.digest(rest))
        }
    }

    @Test("steps, over the socket")
    func step() async throws {
        let bench = try await Bench()
        try await bench.serve { url in
            let client = try await connect(url + "/replay?paused=1&end=hold")
            try await client.send(#"{"cmd":"step","events":3}"#)
            #expect(Self.numbers(try await client.receive(count: 4).texts) == [0, 1, 2])
            try await client.send(#"{"cmd":"step","interval":"10ms"}"#)
            #expect(Self.numbers(try await client.receive(count: 8).texts) == Array(3..<10))
            try await client.send(#"{"cmd":"step","interval":"1m"}"#)
            let texts = try await client.receive(count: 52).texts
            #expect(Self.numbers(texts) == Array(10..<60))
            #expect(texts.contains { $0.hasPrefix(#"{"type":"end","quotes":36,"trades":12,"margin_updates":12,"#) })
            try await client.send(#"{"cmd":"seek","by":"-5ms"}"#)
            try await client.send(#"{"cmd":"stop"}"#)
            let last = try await client.receiveAll().texts
            #expect(last.last?.contains(#""type":"summary""#) == true)
            #expect(client.closeInfo?.code == 1000 && client.closeInfo?.reason == "stopped")
        }
    }

    @Test(
        "an invalid command gets an error, and affects no session",
        arguments: [
            ("nonsense", "bad_json"), ("[]", "bad_json"), (#"{"cmd":"fly"}"#, "bad_command"), ("{}", "bad_command"),
            (#"{"cmd":"seek"}"#, "bad_command"), (#"{"cmd":"seek","to":"noon"}"#, "bad_command"),
            (#"{"cmd":"speed","speed":0}"#, "bad_command"), (#"{"cmd":"step","events":0}"#, "bad_command"),
            (#"{"cmd":"loop","from":"+2s","to":"+1s"}"#, "bad_command"),
            (#"{"cmd":"play","id":"\#(String(repeating: "x", count: 5000))"}"#, "too_long"),
        ]
    )
    func badCommand(text: String, code: String) async throws {
        let bench = try await Bench()
        try await bench.serve { url in
            let client = try await connect(url + "/replay?paused=1")
            try await client.send(text)
            let answer = try await client.receive(count: 1).texts[0]
            #expect(answer.hasPrefix(#"{"type":"error","code":"\#(code)","message":""#), "\(answer)")
            try await client.send(#"{"cmd":"status","id":7}"#)
            #expect(try await client.receive(count: 1).texts[0].contains(#""id":7"#))
            await client.close()
        }
    }

    @Test("a client that sends too many commands gets an error")
    func rate() async throws {
        let bench = try await Bench()
        try await bench.serve { url in
            let client = try await connect(url + "/replay?paused=1")
            for _ in 0..<60 { try await client.send(#"{"cmd":"status"}"#) }
            let answers = try await client.receive(count: 60).texts
            #expect(answers.count { $0.contains(#""type":"ack""#) } == 50)
            #expect(answers.count { $0.contains(#""code":"too_many""#) } == 10)
            await client.close()
        }
    }

    // MARK: HTTP

    @Test("an unmodified venue client is controlled over HTTP")
    func venueClient() async throws {
        let archive = try TapeArchive()
        let trades = (0..<30).map { SpotSample.trade(id: $0) }
        let messages = trades.enumerated().map {
            TapeArchive.Message(connection: 0, offset: Int64($0) * 1_000_000, text: $1)
        }
        let clock = ManualClock()
        let server = try ReplayServer([try await archive.write(messages: messages)], clock: clock) {
            $0.defaults.speed = .factor(1)
            $0.defaults.end = .hold
        }
        @Sendable func post(_ path: String, _ body: String) async -> String {
            let head = HTTPRequestHead(method: "POST", target: "/api/sessions/1/" + path)
            let response = await server.respond(to: HTTPRequest(head: head, body: Array(body.utf8)))
            return String(decoding: response.body, as: UTF8.self)
        }
        try await withServer(server) { server in
            let client = try await connect(server.url + "/stream?streams=btcusdt@trade")
            #expect(try await client.receive(count: 1).texts == [trades[0]])
            #expect(await post("pause", "").contains(#""state":"paused""#))
            #expect(await post("step", #"{"events":2}"#).contains(#""protocol":"binance-spot""#))
            #expect(try await client.receive(count: 2).texts == Array(trades[1...2]))
            #expect(await post("seek", #"{"to":"+20ms"}"#).contains(#""take":1"#))
            #expect(await post("step", #"{"interval":"1s"}"#).contains(#""state":"#))
            #expect(try await client.receive(count: 10).texts == Array(trades[20...]))
            #expect(await post("stop", "").contains(#""state":"stopped""#))
            #expect(try await client.receiveAll().texts == [])
            #expect(client.closeInfo?.reason == "stopped")
        }
    }

    @Test("contents, connected clients and errors are reported as JSON")
    func http() async throws {
        let bench = try await Bench()
        let start = TapeArchive.start.rawValue
        try await bench.serve { url in
            let client = try await connect(url + "/replay?paused=1&clock=desk")
            try await client.send(#"{"cmd":"step","events":1}"#)
            #expect(Self.numbers(try await client.receive(count: 2).texts) == [0])
            let sessions = await bench.get("/api/sessions")
            #expect(sessions.0 == 200)
            #expect(
                sessions.1.hasPrefix(#"{"sessions":[{"id":1,"path":"/replay","protocol":"replay","client":"127.0.0.1:"#)
            )
            #expect(
                sessions.1.contains(#""clock":"desk","state":"paused","speed":1,"position":\#(start)"#),
                "\(sessions.1)"
            )
            #expect(sessions.1.contains(#""from":\#(start),"to":\#(start + 59_000_000),"sent":"#), "\(sessions.1)")
            #expect(await bench.get("/api/clocks").1.contains(#"{"clock":"desk","state":"paused""#))
            #expect(await bench.post("/api/clocks/desk/step", #"{"events":1}"#).0 == 200)
            #expect(Self.numbers(try await client.receive(count: 1).texts) == [1])
            #expect(await bench.get("/metrics").1.contains("\nfeedrec_replay_sessions 1\n"))
            await client.close()
        }
        #expect(
            await bench.get("/api/tape").1.contains(#""venues":["mt4"],"paths":["/replay","/hubs/mt4/v1"],"speed":1"#)
        )
        #expect(
            await bench.get("/api/instruments").1
                == #"{"instruments":[{"venue":"mt4","symbol":"AAA","price_digits":2,"size_digits":1},"#
                + #"{"venue":"mt4","symbol":"BBB","price_digits":5,"size_digits":0}]}"#
        )
        #expect(
            await bench.get("/api/bars?symbol=AAA&interval=10ms&limit=2").1
                == #"{"symbol":"AAA","venue":"mt4","side":"bid","interval":"10ms","bars":"#
                + #"[[\#(start),1.02,1.08,1.02,1.08,3,null],[\#(start + 10_000_000),1.12,1.18,1.12,1.18,3,null]]}"#
        )
        #expect(
            await bench.get("/api/prices?at=\(start + 20_000_000)").1
                == #"{"prices":[{"venue":"mt4","symbol":"AAA","bid":1.18,"ask":1.19,"last":1.15},"#
                + #"{"venue":"mt4","symbol":"BBB","bid":0.00119,"ask":0.00120}]}"#
        )
        #expect(await bench.get("/api/prices?at=\(start)").1.contains(#"{"venue":"mt4","symbol":"AAA"}"#))
        for (path, status) in [
            ("/api/prices?at=x", 400), ("/api/sessions/9", 404), ("/api/clocks/none", 404), ("/api/nothing", 404),
            ("/api/bars?symbol=ZZZ", 404),
            ("/api/bars", 400), ("/api/sessions/1/play", 404),
        ] {
            let (answer, text) = await bench.get(path)
            #expect(answer == status && text.hasPrefix(#"{"error":{"code":""#), "\(path): \(text)")
        }
        #expect(await bench.post("/api/tape").0 == 405)
    }

    @Test(
        "pages of other sites are refused, and so is a foreign host name that resolves to this server",
        arguments: [
            ([("Origin", "http://localhost:8080")], 200), ([("Origin", "http://127.0.0.1")], 200),
            ([("Origin", "http://[::1]:9000")], 200), ([("Origin", "https://desk.example")], 200),
            ([("Origin", "https://evil.example")], 403), ([("Origin", "http://127.0.0.1.evil.example")], 403),
            ([("Origin", "http://localhost.evil.example")], 403), ([("Origin", "null")], 403),
            ([("Host", "127.0.0.1:9000")], 200), ([("Host", "[::1]:9000")], 200), ([("Host", "10.0.0.7")], 200),
            ([("Host", "evil.example:9000")], 403), ([("Host", "desk.example")], 200),
        ]
    )
    func origins(headers: [(String, String)], status: Int) async throws {
        let bench = try await Bench { $0.allowedOrigins = ["https://desk.example"] }
        #expect(await bench.get("/api/sessions", headers: headers).0 == status)
        let head = HTTPRequestHead(method: "GET", target: "/replay", headers: HTTPHeaders(headers))
        switch await bench.server.accept(head) {
        case .accept: #expect(status == 200)
        case .reject(let response): #expect(response.status == status)
        }
    }

    @Test(
        "a page of an allowed origin may read answers, including refusals, and send the token",
        arguments: ["/api/tape", "/metrics"]
    )
    func crossOrigin(path: String) async throws {
        let bench = try await Bench {
            $0.allowedOrigins = ["https://desk.example"]
            $0.token = "secret"
        }
        func ask(_ method: String, _ origin: String?, _ headers: [(String, String)] = []) async -> HTTPResponse {
            let headers = HTTPHeaders(headers + (origin.map { [("Origin", $0)] } ?? []))
            let head = HTTPRequestHead(method: method, target: path, headers: headers)
            return await bench.server.respond(to: HTTPRequest(head: head))
        }
        let desk = "https://desk.example"
        let preflight = await ask("OPTIONS", desk, [("Access-Control-Request-Headers", "authorization")])
        #expect(preflight.status == 204 && preflight.headers["Access-Control-Allow-Origin"] == desk)
        #expect(preflight.headers["Access-Control-Allow-Headers"]?.contains("authorization") == true)
        #expect(preflight.headers["Access-Control-Allow-Methods"]?.contains("POST") == true)
        for (headers, status) in [([("Authorization", "Bearer secret")], 200), ([], 401)] {
            let answer = await ask("GET", desk, headers)
            #expect(answer.status == status)
            #expect(answer.headers["Access-Control-Allow-Origin"] == desk && answer.headers["Vary"] == "Origin")
        }
        for method in ["OPTIONS", "GET"] {
            let stranger = await ask(method, "https://evil.example")
            #expect(stranger.status == 403 && stranger.headers["Access-Control-Allow-Origin"] == nil)
        }
        let plain = await ask("GET", nil, [("Authorization", "Bearer secret")])
        #expect(plain.status == 200 && plain.headers["Access-Control-Allow-Origin"] == nil)
    }

    // MARK: Several clients

    @Test("a shared clock starts with the last of three clients, and a command controls all", arguments: ["1", "max"])
    func shared(speed: String) async throws {
        let bench = try await Bench()
        try await bench.serve { url in
            let query = "/replay?clock=backtest1&expect=3&speed=\(speed)"
            let first = try await connect(url + query)
            let second = try await connect(url + query + "&symbols=AAA")
            try await first.send(#"{"cmd":"status"}"#)
            let status = try await first.receive(count: 1).texts[0]
            #expect(status.contains(#""state":"waiting""#) && status.contains(#""expect":3"#), "\(status)")
            let third = try await connect(url + query)
            if speed == "1" {
                for due in 1...20 { await bench.advance(to: due) }
                _ = try await third.receive(count: 21)
                try await third.send(#"{"cmd":"speed","speed":"max"}"#)
            }
            let texts = try await first.receiveAll().texts.filter { !$0.contains("ack") }
            #expect(Self.numbers(texts) == Array(0..<60))
            let narrow = try await second.receiveAll().texts
            #expect(!narrow.contains { $0.contains("BBB") } && narrow.count > 10)
            _ = try await third.receiveAll()
        }
        let reports = await bench.reports.until(count: 3)
        #expect(reports.allSatisfy { $0.ending == "end of the tape" })
        #expect(Set(reports.filter { $0.messages == 60 }.map(\.digest)).count == 1)
    }

    @Test("bars are sent when the tape passes their end, and equal those of the API")
    func bars() async throws {
        let bench = try await Bench()
        try await bench.serve { url in
            let texts = try await connect(url + "/replay?speed=max&bars=10ms&symbols=BBB&types=quote").receiveAll()
                .texts
            let bars = texts.filter { $0.contains(#""type":"bar""#) && $0.contains(#""side":"bid""#) }
            #expect(bars.count == 6)
            let closes = bars.compactMap { $0.firstMatch(of: /"close":([\d.]+)/).map { String($0.1) } }
            let chart = await bench.get("/api/bars?symbol=BBB&interval=10ms").1
            let rows = chart.matches(of: /\[(\d+),([\d.]+),([\d.]+),([\d.]+),([\d.]+),/).map { String($0.5) }
            #expect(closes == rows)
            #expect(texts.last?.contains(#""bars":12"#) == true)
            // Each bar comes before the first tick after its end.
            let first = try #require(texts.firstIndex { $0.contains(#""type":"bar""#) })
            #expect(Self.numbers(Array(texts[..<first])).allSatisfy { $0 < 10 })
            #expect(Self.numbers(Array(texts[first...])).allSatisfy { $0 >= 10 })
        }
    }
}
