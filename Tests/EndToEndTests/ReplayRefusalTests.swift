import FeedrecTestKit
import Testing
import Transport

/// Requests to `replay` that its tape cannot serve.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ReplayRefusalTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test(
        "D4 --symbols that the tape lacks end the program, with the nearest name",
        arguments: [["--to", "stdout"], ["--listen", "127.0.0.1:0"]]
    )
    func symbols(target: [String]) async throws {
        let archive = try await bench.importExcerpt()
        let finished = try await bench.run(["replay", archive, "--symbols", "BTCUSD"] + target)
        expectFailure(finished, status: 64, naming: "'BTCUSD'; did you mean 'BTCUSDT'?", "it has 'BTCUSDT'")
        #expect(finished.output.isEmpty)
    }

    @Test("kind 11 times that leave nothing to play end the program")
    func times() async throws {
        let archive = try await bench.importExcerpt()
        let finished = try await bench.run(["replay", archive, "--to", "stdout", "--from", "+2s", "--to", "+1s"])
        expectFailure(finished, status: 64, naming: "from must come before to")
    }

    @Test("D4 an import of a capture has the streams in it, and no others")
    func capture() async throws {
        let (_, url) = try await bench.serve(["replay", try await bench.importExcerpt(), "--speed", "max"])
        let refused = try await bench.run(["probe", url + "/ws/btcusdt@ticker"])
        expectFailure(refused, naming: "400 Bad Request")
        #expect(refused.errors.contains("the tape lacks the stream 'btcusdt@ticker'"), "\(refused.errors)")
        let client = try await connect(url + "/ws/0")
        try await client.send(#"{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}"#)
        let texts = try await client.receiveAll().texts
        #expect(texts.count { $0.contains(#""e":"trade""#) } == 13)
    }
}
