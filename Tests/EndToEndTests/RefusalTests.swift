import Foundation
import Testing

/// Servers that refuse, seen from the terminal.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct RefusalTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("C2 a server that refuses a long query string ends the recorder at once, and the error names the 414")
    func longQuery() async throws {
        let server = try await CannedServer(answer: "HTTP/1.1 414 URI Too Long\r\nContent-Length: 0\r\n\r\n")
        var arguments = ["record", "--venue", "binance-spot", "--url", server.url, "--archive", bench.path("tape")]
        for number in 0..<1100 { arguments += ["--stream", "symbol\(number)usdt@bookTicker"] }
        let start = ContinuousClock.now
        let finished = try await bench.run(arguments)
        #expect(ContinuousClock.now - start < .seconds(20))
        expectFailure(finished, naming: "414")
        #expect(!finished.errors.contains("symbol0usdt"))
        try await server.stop()
    }

    @Test("C1 a hub that refuses every call ends the recorder with the hub's reason")
    func refusedCalls() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--fault", "unauthorized"])
        let finished = try await bench.run(MT4.record(url, into: bench.path("tape")) + ["--margin"])
        expectFailure(finished, naming: "user is unauthorized")
        #expect(!finished.errors.contains("subscribed"))
    }

    @Test("kind 9 data of a trade platform that was not asked for is reported when it arrives")
    func otherPlatform() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4"])
        let arguments = [
            "record", "--venue", "mt4", "--url", url + MT4.path, "--trade-platform", "WRONG", "--symbol", "EURUSD",
            "--archive", bench.path("tape"), "--count", "20",
        ]
        let finished = try await bench.run(arguments)
        let warning = "warning: data of the trade platform '\(MT4.platform)' arrives, but 'WRONG' was asked for"
        #expect(finished.errors.components(separatedBy: warning).count == 2, "\(finished.errors)")
    }

    @Test("C3 the log and 'status' report until when the venue asks us not to connect")
    func retryAfter() async throws {
        let answer = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n"
        let server = try await CannedServer(answer: answer)
        let tape = bench.path("tape")
        let recorder = try bench.start(MT4.record(server.url, into: tape) + ["--keep-trying"])
        try await recorder.wait(for: "the refusal") { recorder.errors.contains("disconnected: ") }
        #expect(recorder.errors.contains("the venue asks us not to connect for 120"), "\(recorder.errors)")
        let status = try await bench.run(["status", tape])
        #expect(status.status == 3)
        #expect(status.output.contains("next attempt in "), "\(status.output)")
        #expect(status.output.contains("as the venue asked"), "\(status.output)")
        recorder.terminate()
        #expect(try await recorder.finish().status == 3)
        try await server.stop()
    }
}
