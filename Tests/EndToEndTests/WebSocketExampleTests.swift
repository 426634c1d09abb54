import Foundation
import Testing

/// The program in examples/websocket.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct WebSocketExampleTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("the example talks to an echo server, plain and over TLS, and reports what it did", arguments: [false, true])
    func echo(isSecure: Bool) async throws {
        var (serving, trusting): ([String], [String]) = ([], [])
        if isSecure {
            let certificates = try await Certificates(on: bench)
            serving = ["--tls-cert", certificates.certificateFile, "--tls-key", certificates.keyFile]
            trusting = [certificates.caFile]
        }
        let (_, url) = try await bench.serve(["simulate", "--venue", "echo", "--compress"] + serving)
        let example = try bench.start(Executable.websocketExample, [url] + trusting, keepsInput: true)
        for line in ["one", "two"] { try example.write(line: line) }
        try await example.wait(for: "the echo") { example.output == "one\ntwo\n" }
        example.endInput()
        let finished = try await example.finish()
        #expect(finished.status == 0)
        #expect(finished.errors.hasSuffix("closed (code 1000), 2 sent, 2 received\n"), "\(finished.errors)")
        #expect(finished.errors.contains("TLSv1.3") == isSecure)
    }
}
