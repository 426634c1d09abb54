import NIOCore
import NIOPosix
import Testing

/// The flags for time-outs and limits.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct TimeoutAndLimitTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("a silent server reaches the time-out of the WebSocket handshake or of the TLS handshake")
    func silentServer() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let authority = "127.0.0.1:\(listener.localAddress?.port ?? 0)"
        let plain = try await bench.run(["probe", "ws://\(authority)", "--handshake-timeout", "50ms"])
        expectFailure(plain, naming: "the WebSocket handshake with \(authority) took longer than 50 ms")
        let secure = try await bench.run(["probe", "wss://\(authority)", "--tls-timeout", "0.06s"])
        expectFailure(secure, naming: "the TLS handshake with \(authority) took longer than 60 ms")
        try await listener.close()
    }

    @Test("a client's limits end the connection", arguments: ["--message-limit", "--frame-limit"])
    func clientLimit(option: String) async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "echo"])
        let client = try bench.start(["probe", url, option, "1KiB"], keepsInput: true)
        try client.write(line: String(repeating: "x", count: 1025))
        let finished = try await client.finish()
        #expect(finished.errors.contains("1009"), "\(finished.errors)")
        #expect(finished.output.isEmpty)
    }

    @Test("a server's limits refuse messages that are too large")
    func serverLimits() async throws {
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", "echo", "--message-limit", "1000", "--client-limit", "1", "--header-limit", "1KiB"]
        )
        let header = ["--header", "X-Long: \(String(repeating: "x", count: 1024))"]
        expectFailure(try await bench.run(["probe", url] + header), naming: "431")
        let client = try bench.start(["probe", url], keepsInput: true)
        try client.write(line: "small")
        try await client.wait(for: "the echo") { client.output == "small\n" }
        expectFailure(try await bench.run(["probe", url]), naming: "503")
        try client.write(line: String(repeating: "x", count: 1001))
        #expect(try await client.finish().errors.contains("1009"))
    }

    @Test("pings are sent at their interval, and a silent peer is closed")
    func liveness() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "echo", "--idle-timeout", "off"])
        let client = try bench.start(["probe", url, "--ping-interval", "20ms"], keepsInput: true)
        try await client.wait(for: "a pong") { client.errors.contains("pong") }
        client.kill()
    }

    @Test("a replay sends pings to waiting clients, and waits long for their pongs")
    func replayPings() async throws {
        let archive = try await bench.importExcerpt()
        let (_, url) = try await bench.serve(["replay", archive, "--paused", "--ping-interval", "20ms"])
        for path in ["/ws/btcusdt@trade", "/replay"] {
            let client = try bench.start(["probe", url + path], keepsInput: true)
            try await client.wait(for: "three pings") { client.errors.matches(of: /ping/).count >= 3 }
            client.kill()
        }
    }

    @Test(
        "invalid times and sizes are refused",
        arguments: [
            ["--tls-timeout", "10"], ["--close-timeout", "off"], ["--idle-timeout", "never"],
            ["--frame-limit", "1MB"], ["--frame-limit", "0"], ["--fragment-limit", "0"], ["--header-limit", "12"],
            ["--send-queue", "1"],
        ]
    )
    func misuse(arguments: [String]) async throws {
        let finished = try await bench.run(["probe", "ws://127.0.0.1:1"] + arguments)
        #expect(finished.status == 64)
        #expect(finished.errors.contains(arguments[0]))
    }
}
