import Foundation
import Testing

/// Servers that are not there, have the wrong identity, or speak another protocol.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct BadServerTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    /// The second name is too long for a DNS label, so no name server is asked for it.
    @Test(
        "a server that cannot be reached is reported",
        arguments: [
            ("ws://127.0.0.1:1", "connection refused by 127.0.0.1:1"),
            ("ws://\(String(repeating: "x", count: 64)).invalid:1", "unknown host 'xxxx"),
        ]
    )
    func unreachable(url: String, reason: String) async throws {
        try await expectRefusal(url, naming: reason)
    }

    @Test("a certificate that is not trusted, or is another host's, ends the recorder")
    func certificates() async throws {
        let certificates = try await Certificates(on: bench)
        let keys = ["--tls-key", certificates.keyFile]
        let (_, url) = try await hub(["--tls-cert", certificates.certificateFile] + keys)
        // The system does not know our authority.
        try await expectRefusal(url, naming: "certificate problem of '127.0.0.1'", "issuer")

        let (_, elsewhere) = try await hub(["--tls-cert", certificates.elsewhereFile] + keys)
        try await expectRefusal(elsewhere, ["--ca-file", certificates.caFile], naming: "'127.0.0.1'", "mismatch")

        let (_, selfSigned) = try await hub(
            ["--tls-cert", certificates.selfSignedFile, "--tls-key", certificates.selfSignedKeyFile]
        )
        try await expectRefusal(selfSigned, ["--ca-file", certificates.caFile], naming: "'127.0.0.1'", "self-signed")
        try await expectRefusal(url, ["--ca-file", bench.path("no.pem")], naming: bench.path("no.pem"))
    }

    /// A server's answer that does not accept the connection, and the error that the user sees.
    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var answer: String
        var reason: String
    }

    private static let refusals: [Refusal] = [
        Refusal(
            testDescription: "404",
            answer: "HTTP/1.1 404 Not Found\r\nContent-Length: 8\r\n\r\nnot here",
            reason: "404 Not Found"
        ),
        Refusal(
            testDescription: "401",
            answer: "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
            reason: "401 Unauthorized"
        ),
        Refusal(
            testDescription: "a web page",
            answer: "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>\n<p>hello</p>\n</html>\n",
            reason: "200 OK"
        ),
        Refusal(
            testDescription: "a wrong Sec-WebSocket-Accept",
            answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
            reason: "Sec-WebSocket-Accept"
        ),
        Refusal(
            testDescription: "another protocol",
            answer: "SSH-2.0-OpenSSH_9.9\r\n",
            reason: "WebSocket handshake with 127.0.0.1"
        ),
        Refusal(testDescription: "nothing", answer: "", reason: "WebSocket handshake with 127.0.0.1"),
    ]

    @Test("an answer that does not accept the WebSocket is reported on one line", arguments: refusals)
    func refused(refusal: Refusal) async throws {
        let server = try await CannedServer(answer: refusal.answer)
        try await expectRefusal(server.url, naming: refusal.reason)
        try await server.stop()
    }

    private func hub(_ flags: [String]) async throws -> (program: RunningProgram, url: String) {
        try await bench.serve(["simulate", "--venue", "mt4"] + flags)
    }

    /// Expects that `record` fails with a line that contains `texts`, and that the archive is unchanged.
    private func expectRefusal(_ url: String, _ flags: [String] = [], naming texts: String...) async throws {
        let name = "tape-\(UUID().uuidString)"
        let archive = try await bench.importExcerpt(into: name)
        let before = try await bench.verify(archive)
        let file = URL(fileURLWithPath: "\(archive)/2024-08-08.feedrec")
        let bytes = try Data(contentsOf: file)

        let finished = try await bench.run(MT4.record(url, into: archive) + flags)
        expectFailure(finished)
        // Nothing was recorded, so there is nothing else to report.
        #expect(finished.errors.split(separator: "\n").count <= 2, "\(finished.errors)")
        for text in texts { #expect(finished.errorLines.first?.contains(text) == true, "\(finished.errors)") }
        #expect(try Data(contentsOf: file) == bytes)
        let after = try await bench.verify(archive)
        #expect(after.payloadSHA256 == before.payloadSHA256 && after.messagesReceived == before.messagesReceived)
    }
}
