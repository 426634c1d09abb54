import TLSEngine
import Testing

struct TLSPinTests {
    private let files: TestCertificates
    private let hex = String(repeating: "0fA5", count: 16)

    init() throws { files = try TestCertificates() }

    private func connect(_ pins: [TLSPin], arguments: [String] = []) throws -> TLSConnection.Progress {
        let (server, port) = try PeerProcess.server(
            ["-cert", "server.pem", "-key", "server.key"] + arguments,
            in: files.directory
        )
        return try withExtendedLifetime(server) {
            let context = try TLSContext.client(.init(trust: .caFile(files.caFile), pins: pins))
            return try SocketPump(context, port: port).shakeHands()
        }
    }

    private func certificatePin() throws -> TLSPin {
        let text = try files.openssl(["x509", "-in", "server.pem", "-noout", "-fingerprint", "-sha256"])
        return try TLSPin(parsing: String(text.split(separator: "=")[1].filter { !$0.isWhitespace }))
    }

    private func keyPin() throws -> TLSPin {
        try files.openssl(["pkey", "-in", "server.key", "-pubout", "-outform", "DER", "-out", "key.der"])
        try files.openssl(["dgst", "-sha256", "-binary", "-out", "key.sha256", "key.der"])
        let base64 = try files.openssl(["base64", "-in", "key.sha256"])
        return try TLSPin(parsing: "sha256//\(base64.filter { !$0.isWhitespace })")
    }

    @Test("the pinned certificate or key is accepted, with the digest that openssl prints")
    func matching() throws {
        #expect(try certificatePin().subject == .certificate)
        #expect(try keyPin().subject == .publicKey)
        let other = try TLSPin(.certificate, sha256: [UInt8](repeating: 7, count: 32))
        for pins in [[try certificatePin()], [try keyPin()], [other, try keyPin()]] {
            #expect(try connect(pins) == .complete)
        }
    }

    @Test("a trusted certificate that matches no pin is refused with an alert", arguments: ["-tls1_2", "-tls1_3"])
    func mismatch(version: String) throws {
        let other = try TLSPin(.publicKey, sha256: [UInt8](repeating: 7, count: 32))
        let error = try #require(try connect([other], arguments: [version]).error)
        #expect(error.code == .certificate)
        #expect(error.cause == .pinMismatch)
        #expect(!error.isRetryable)
        let expected =
            "pin mismatch: the server has \(try certificatePin()) with \(try keyPin()), expected \(other)"
        #expect(error.verifyText == expected)
        #expect(error.stack.contains { $0.hasSuffix("certificate verify failed") })
    }

    @Test("a pin does not make an untrusted certificate acceptable")
    func untrusted() throws {
        let server = try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile)
        var pair = try InMemoryPair(client: .client(.init(pins: [certificatePin()])), server: server)
        pair.shakeHands()
        #expect(pair.clientProgress.error?.verifyText == "unable to get local issuer certificate")
    }

    @Test("pins are parsed from hexadecimal digits and from Base64")
    func parsing() throws {
        #expect(try TLSPin(parsing: hex).description == "certificate:\(hex.lowercased())")
        #expect(try TLSPin(parsing: "public-key:\(hex)").description == "public-key:\(hex.lowercased())")
        let base64 = String(repeating: "A", count: 43) + "="
        #expect(try TLSPin(parsing: "certificate:\(base64)").sha256 == [UInt8](repeating: 0, count: 32))
    }

    @Test(
        "any other text is not a pin",
        arguments: ["", "certificate:", "0f", "sha1//AAAA", String(repeating: "=", count: 44), "public-key:0g"]
            + [
                String(repeating: "A", count: 44), String(repeating: "é", count: 64),
                String(repeating: "+1", count: 32),
            ]
    )
    func malformed(text: String) {
        do throws(TLSError) {
            _ = try TLSPin(parsing: text)
            Issue.record("accepted")
        } catch {
            #expect(error.code == .configuration)
            #expect(error.description.hasPrefix("'\(text)' is not a pin"))
        }
    }
}
