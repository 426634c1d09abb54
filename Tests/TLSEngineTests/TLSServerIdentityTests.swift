import TLSEngine
import Testing

/// Replacing a server's certificate while it runs.
struct TLSServerIdentityTests {
    private let files: TestCertificates

    init() throws { files = try TestCertificates() }

    private func subject(_ server: TLSContext) throws -> String? {
        let (listener, port) = try Socket.listening()
        let client = try PeerProcess.client(["-CAfile", "ca.pem"], port: port, in: files.directory)
        let pump = try SocketPump(server, listener: listener)
        #expect(try pump.shakeHands() == .complete)
        let output = try client.output(containing: "\nsubject=", andThen: "\n")
        return output.split(separator: "\nsubject=").last?.split(separator: "\n").first.map(String.init)
    }

    @Test("a reload uses the new files for later connections only")
    func reload() throws {
        let identity = try TLSServerIdentity(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let server = try TLSContext.server(.init(identity: identity))
        #expect(try subject(server) == "CN = localhost")
        var early = try InMemoryPair(client: .client(trust: .caFile(files.caFile)), server: server)

        _ = try files.issue("server", subject: "/CN=renewed", key: ["rsa:2048"])
        #expect(identity.current.certificate.subject == "CN=localhost")
        try identity.reload()
        #expect(identity.current.certificate.subject == "CN=renewed")
        #expect(try subject(server) == "CN = renewed")
        early.shakeHands()
        #expect(early.client.peer?.certificate?.subject == "CN=localhost")
    }

    @Test("after an unusable file the old certificate stays")
    func failedReload() throws {
        let identity = try TLSServerIdentity(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let before = identity.current.certificate
        #expect(throws: TLSError.self) {
            try identity.replace(certificateFile: files.selfSignedFile, keyFile: files.keyFile)
        }
        #expect(identity.current.certificate == before)
        try files.openssl(["rand", "-out", "server.pem", "100"])
        #expect(throws: TLSError.self) { try identity.reload() }
        #expect(identity.current.certificate == before)
        try identity.replace(certificateFile: files.selfSignedFile, keyFile: files.selfSignedKeyFile)
        #expect(identity.current.certificate != before)
    }

    @Test("the certificate is described with its dates in UNIX seconds")
    func description() throws {
        let dates = ["-days", "2"]
        let file = try files.issue("named", subject: "/O=Börse, Köln/CN=localhost", signing: dates)
        let certificate = try TLSIdentity(certificateFile: file.certificateFile, keyFile: file.keyFile).certificate
        #expect(certificate.issuer == "CN=feedrec test CA")
        let begin = try #require(certificate.notBefore)
        #expect(certificate.notAfter == begin + 2 * 86_400)
        #expect(begin > 1_700_000_000)
        #expect(certificate.fingerprint.count == 64)
        #expect(certificate.publicKeyFingerprint.count == 64)
    }

    @Test("s_client sees the file's chain and the protocol it asked for")
    func chain() throws {
        let path = try files.write(
            files.openssl(["x509", "-in", "server.pem"]) + files.openssl(["x509", "-in", "ca.pem"]),
            to: "chain.pem"
        )
        let server = try TLSContext.server(certificateFile: path, keyFile: files.keyFile)
        let (listener, port) = try Socket.listening()
        let client = try PeerProcess.client(
            ["-CAfile", "ca.pem", "-verify_return_error", "-alpn", "http/1.1,h2"],
            port: port,
            in: files.directory
        )
        let pump = try SocketPump(server, listener: listener)
        #expect(try pump.shakeHands() == .complete)
        #expect(pump.tls.peer?.applicationProtocol == "http/1.1")
        let output = try client.output(containing: "Verify return code", andThen: "\n")
        #expect(output.contains("Verify return code: 0 (ok)"))
        #expect(output.contains(" 1 s:CN = feedrec test CA"))
        client.type("hello")
        #expect(try pump.read(until: "\n").text == "hello\n")
        client.type("Q")
        #expect(try pump.read().end == .ended)
    }

    @Test("s_client sees our close as orderly")
    func close() throws {
        let server = try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let (listener, port) = try Socket.listening()
        let client = try PeerProcess.client([], port: port, in: files.directory)
        let pump = try SocketPump(server, listener: listener)
        #expect(try pump.shakeHands() == .complete)
        #expect(try pump.write("hello\n") == .complete)
        try client.output(containing: "hello\n")
        try pump.close()
        // It prints `read:errno=0` if close_notify is missing.
        try client.output(containing: "\nclosed\n")
        #expect(try pump.read().end == .ended)
    }

    @Test("a client that offers only other protocols, or old versions, is refused")
    func refusedClients() throws {
        let server = try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let old = ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]
        for (arguments, reason) in [(["-alpn", "h2"], "no application protocol"), (old, "unsupported protocol")] {
            let (listener, port) = try Socket.listening()
            let client = try PeerProcess.client(arguments, port: port, in: files.directory)
            try withExtendedLifetime(client) {
                let error = try #require(try SocketPump(server, listener: listener).shakeHands().error)
                #expect(error.code == .handshake)
                #expect(error.reason == reason)
                #expect(!error.isRetryable)
            }
        }
    }
}
