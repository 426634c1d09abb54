import Foundation
import Testing

/// How servers start, their access rules, and the behaviour of simulated servers.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ServerTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("a server that cannot listen reports why")
    func cannotListen() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "echo"])
        let taken = String(url.dropFirst("ws://".count))
        let echo = ["simulate", "--venue", "echo", "--listen"]
        expectFailure(try await bench.run(echo + [taken]), naming: taken, "address already in use")
        // Other machines need a token, and the token needs TLS or an explicit flag.
        expectFailure(try await bench.run(echo + ["0.0.0.0:0"]), naming: "needs a token")
        let token = ["--token-file", try bench.write("secret\n", to: "token")]
        expectFailure(try await bench.run(echo + ["0.0.0.0:0"] + token), naming: "needs TLS")
        let missing = ["--tls-cert", bench.path("no.pem"), "--tls-key", bench.path("no.key")]
        expectFailure(try await bench.run(echo + ["127.0.0.1:0"] + missing), naming: "no.pem")
        expectFailure(
            try await bench.run(echo + ["127.0.0.1:0", "--token-env", "FEEDREC_E2E_UNSET"]),
            status: 64,
            naming: "FEEDREC_E2E_UNSET"
        )
    }

    @Test("a replay with a token accepts only clients that present it")
    func replayToken() async throws {
        let archive = try await bench.importExcerpt()
        let token = ["--token-file", try bench.write("first line\nsecond\n", to: "token")]
        let (_, url) = try await bench.serve(["replay", archive, "--speed", "max"] + token)
        for path in ["/replay", "/ws/btcusdt@trade", "/stream"] {
            expectFailure(try await bench.run(["probe", url + path]), naming: "401 Unauthorized")
        }
        let client = try bench.start(["probe", url + "/replay"] + token, keepsInput: true)
        let lines = try await client.finish().lines
        #expect(lines.count == 76)
    }

    @Test("an echo returns what probe sends")
    func echo() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "echo"])
        let client = try bench.start(["probe", url], keepsInput: true)
        let said = ["hello", #"{"a":[1,2,3]}"#, "žluťoučký kůň 🐎", String(repeating: "long ", count: 20_000)]
        for line in said { try client.write(line: line) }
        try await client.wait(for: "the echo") { client.output.split(separator: "\n").count == said.count }
        client.terminate()
        #expect(client.output == said.map { $0 + "\n" }.joined())
    }

    @Test("the benchmark records what it sends, and reports the rate")
    func benchmark() async throws {
        let finished = try await bench.succeed(["bench", "ingest", "--messages", "20000", "--json"])
        let result = try JSONDecoder().decode(Benchmark.self, from: Data(finished.output.utf8))
        #expect(result.messages == 20_000 && result.quotes + result.trades == 20_000 && result.bars > 0)
        #expect(result.messagesPerSecond > 0 && result.cpuSecondsPerMillion > 0)
    }

    /// The output of `bench ingest --json`.
    private struct Benchmark: Decodable {
        var messages: Int
        var quotes: Int
        var trades: Int
        var bars: Int
        var messagesPerSecond: Int
        var cpuSecondsPerMillion: Double

        enum CodingKeys: String, CodingKey {
            case messages, quotes, trades, bars
            case messagesPerSecond = "messages_per_second"
            case cpuSecondsPerMillion = "cpu_seconds_per_million"
        }
    }

    @Test("a simulated hub sends the same for the same seed, and something else for another seed")
    func seeds() async throws {
        var ledgers: [Data] = []
        for (index, seed) in ["7", "7", "8"].enumerated() {
            let ledger = bench.path("ledger-\(index)")
            let (hub, url) = try await bench.serve(
                ["simulate", "--venue", "mt4", "--rate", "max", "--count", "500", "--seed", seed, "--ledger", ledger]
            )
            try await bench.succeed(MT4.record(url, into: bench.path("tape-\(index)")) + ["--once"])
            hub.terminate()
            #expect(try await hub.finish().status == 0)
            ledgers.append(try Data(contentsOf: URL(fileURLWithPath: ledger)))
        }
        #expect(ledgers[0] == ledgers[1] && ledgers[0] != ledgers[2])
        #expect(ledgers[0].count > 50_000)
        let (one, two) = (try await bench.verify(bench.path("tape-0")), try await bench.verify(bench.path("tape-1")))
        #expect(one.payloadSHA256 == two.payloadSHA256)
    }
}
