import FeedrecTestKit
import Testing
import Transport

/// Hubs other than MT4's, and a simulated hub with faults.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct HubFaultTests {
    private static let separator = "\u{1E}"
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("the test hub needs no token, answers Ping with Pong and sends the time")
    func testHub() async throws {
        let token = try bench.write("a-token\n", to: "token")
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--token-file", token]
        )
        let client = try await connect(url + "/some/base/hubs/test/v1")
        try await client.send(#"{"protocol":"json","version":1}"# + Self.separator)
        try await client.send(
            #"{"type":1,"invocationId":"1","target":"ping","arguments":["hello"]}"# + Self.separator
        )
        let texts = try await client.receive(count: 5).texts
        let clocks = texts.filter { $0.hasPrefix(#"{"type":1,"target":"OnClock","arguments":["2026-01-05T09:30:0"#) }
        #expect(clocks.count == 2 && Set(clocks).count == 2, "\(texts)")
        #expect(texts.contains(#"{"type":1,"target":"Pong","arguments":["hello"]}"# + Self.separator))
        #expect(texts.contains(#"{"type":3,"invocationId":"1","result":null}"# + Self.separator))
        await client.close()
        await #expect(throws: TransportError.self) { try await connect(url + "/hubs/mt5/v1") }
    }

    @Test("a hub that asks to reconnect is recorded again, and the time in between is a gap")
    func reconnect() async throws {
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--count", "300", "--ending", "reconnect"]
        )
        let tape = bench.path("tape")
        let finished = try await bench.run(MT4.record(url, into: tape) + ["--count", "500"])
        #expect(finished.status == 3, "\(finished.errors)")
        let goodbyes = try await bench.export(tape).compactMap(\.payload).filter { $0.hasPrefix(#"{"type":7"#) }
        #expect(goodbyes.first == #"{"type":7,"allowReconnect":true}"# + Self.separator)
        #expect(try await bench.query(tape, "select count(*) > 0 from gaps") == ["1"])
    }

    @Test("a connection that breaks without a close is a failure")
    func drop() async throws {
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--count", "300", "--ending", "drop"]
        )
        let finished = try await bench.run(MT4.record(url, into: bench.path("tape")) + ["--once"])
        #expect(finished.status != 0)
    }

    @Test("a hub that refuses every call is reported with its reason")
    func unauthorized() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--fault", "unauthorized"])
        let finished = try await bench.run(MT4.record(url, into: bench.path("tape")) + ["--once"])
        expectFailure(finished, naming: "user is unauthorized")
    }

    @Test("one refused subscription is reported and affects no other; info shows the accepted ones")
    func partlyRefused() async throws {
        let (_, hub) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--count", "300", "--fault", "positional-only"]
        )
        let (first, second) = (bench.path("first"), bench.path("second"))
        try await bench.succeed(MT4.record(hub, into: first) + ["--once", "--symbol", "EURUSD"])
        let told = try await bench.succeed(["info", first, "--json"]).output
        #expect(told.contains(#""hub_protocol":"json","negotiates":false,"token_in_query":false"#), "\(told)")
        #expect(told.contains(#""symbol":"EURUSD","arguments":"positional"}"#), "\(told)")
        let (_, replay) = try await bench.serve(["replay", first, "--speed", "max"])
        let finished = try await bench.succeed(MT4.record(replay, into: second) + ["--once", "--trades"])
        let warning = "warning: the hub refused StreamTrades: this recording has no StreamTrades; the others continue"
        #expect(finished.errors.contains(warning), "\(finished.errors)")
        #expect(
            try await bench.query(second, "select kind, json from events where is_oddity")
                == [#"StreamTrades,"{""reason"":""this recording has no StreamTrades""}""#]
        )
        let accepted = try await bench.succeed(["info", second, "--json"]).output
        #expect(accepted.contains(#"{"method":"StreamTrades","arguments":"object","refused":true}"#), "\(accepted)")
    }

    @Test("pages of other sites are accepted if they are listed")
    func origins() async throws {
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--path", "/Quotes", "--allow-origin", "https://Example.org"]
        )
        let listed = try await connect(url + "/quotes", headers: [("Origin", "https://example.org")])
        await listed.close()
        await #expect(throws: TransportError.self) {
            try await connect(url + "/quotes", headers: [("Origin", "https://example.net")])
        }
    }

    @Test(
        "invalid options are refused",
        arguments: [
            ["--ending", "drop"], ["--fault", "nonsense"], ["--path", "quotes"], ["--allow-origin", "example.org"],
            ["--allow-origin", "https://example.org/"],
        ]
    )
    func usage(flags: [String]) async throws {
        let finished = try await bench.run(["simulate", "--venue", "mt4", "--listen", "127.0.0.1:0"] + flags)
        #expect(finished.status == 64, "\(finished.errors)")
        let echo = try await bench.run(["simulate", "--venue", "echo", "--listen", "127.0.0.1:0", "--mess"])
        #expect(echo.status == 64)
    }
}
