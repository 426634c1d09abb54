import Foundation
import Testing

/// A server's certificate, replaced while it runs.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct CertificateReloadTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("SIGHUP shows the new certificate to new clients, while old ones continue; a broken one changes nothing")
    func reload() async throws {
        let certificates = try await Certificates(on: bench)
        let (certificate, key) = (bench.path("live.pem"), bench.path("live.key"))
        try replace(certificate, with: certificates.certificateFile)
        try replace(key, with: certificates.keyFile)
        let (server, url) = try await bench.serve(
            ["simulate", "--venue", "echo", "--tls-cert", certificate, "--tls-key", key]
        )
        let old = try bench.start(["probe", url, "--ca-file", certificates.caFile], keepsInput: true)
        try await expectEcho("before", from: old)

        try bench.write("no certificate\n", to: "live.pem")
        server.hangUp()
        try await server.wait(for: "the warning") { server.errors.contains("the old certificate stays in use") }
        #expect(try await fingerprint(shownAt: url) == fingerprint(of: certificates.certificateFile))

        try replace(certificate, with: certificates.selfSignedFile)
        try replace(key, with: certificates.selfSignedKeyFile)
        server.hangUp()
        try await server.wait(for: "the new certificate") { server.errors.contains("certificate reloaded") }
        let expected = try await fingerprint(of: certificates.selfSignedFile)
        #expect(try await fingerprint(shownAt: url) == expected)
        let pin = ["--pin", "certificate:\(expected)", "--ca-file", certificates.selfSignedFile]
        let new = try bench.start(["probe", url] + pin, keepsInput: true)
        try await expectEcho("new", from: new)
        try await expectEcho("after", from: old)
    }

    private func replace(_ path: String, with other: String) throws {
        try Data(contentsOf: URL(fileURLWithPath: other)).write(to: URL(fileURLWithPath: path))
    }

    private func expectEcho(_ text: String, from client: RunningProgram) async throws {
        try client.write(line: text)
        try await client.wait(for: "the echo of '\(text)'") { client.output.contains(text + "\n") }
    }

    /// SHA-256, in hexadecimal, of the certificate that the server shows to `openssl s_client`.
    private func fingerprint(shownAt url: String) async throws -> String {
        let address = String(url.dropFirst("wss://".count))
        let shown = try await bench.tool("openssl", ["s_client", "-connect", address])
        return try await fingerprint(of: try bench.write(shown, to: "shown.pem"))
    }

    private func fingerprint(of file: String) async throws -> String {
        let text = try await bench.tool("openssl", ["x509", "-in", file, "-noout", "-fingerprint", "-sha256"])
        return text.drop { $0 != "=" }.filter(\.isHexDigit).lowercased()
    }
}
