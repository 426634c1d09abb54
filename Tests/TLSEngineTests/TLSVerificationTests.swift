import TLSEngine
import Testing

/// What a client refuses, each tested against a real `openssl s_server`.
struct TLSVerificationTests {
    private let files: TestCertificates

    init() throws { files = try TestCertificates() }

    /// A server that accepts anything, so that the client must refuse.
    private func connect(
        _ certificate: TestCertificates.Files? = nil,
        _ arguments: [String] = [],
        host: String = "localhost",
        configuration: TLSClientConfiguration? = nil
    ) throws -> (TLSConnection.Progress, TLSConnection) {
        let certificate = certificate ?? .init(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let (server, port) = try PeerProcess.server(
            ["-cipher", "DEFAULT@SECLEVEL=0", "-cert", certificate.certificateFile, "-key", certificate.keyFile]
                + arguments,
            in: files.directory
        )
        return try withExtendedLifetime(server) {
            let context = try TLSContext.client(configuration ?? .init(trust: .caFile(files.caFile)))
            let pump = try SocketPump(context, host: host, port: port)
            return (try pump.shakeHands(), pump.tls)
        }
    }

    private func expectRefused(_ progress: TLSConnection.Progress, _ text: String) throws {
        let error = try #require(progress.error)
        #expect(error.code == .certificate)
        #expect(error.verifyText == text)
        #expect(error.stack.contains { $0.hasSuffix("certificate verify failed") })
        #expect(error.description == "certificate problem: \(text)")
        #expect(!error.isRetryable)
    }

    @Test("a server that does everything right is accepted", arguments: TLSVersion.allCases)
    func accepted(version: TLSVersion) throws {
        let only = version == .v1_2 ? "-tls1_2" : "-tls1_3"
        let (progress, tls) = try connect(nil, [only, "-alpn", "http/1.1"])
        #expect(progress == .complete)
        let peer = try #require(tls.peer)
        #expect(peer.version == version.rawValue)
        #expect(peer.applicationProtocol == "http/1.1")
        #expect(!peer.isResumed)
        #expect(peer.certificate?.subject == "CN=localhost")
        #expect(peer.certificate?.issuer == "CN=feedrec test CA")
    }

    @Test("an expired certificate is refused")
    func expired() throws {
        let certificate = try files.issue("expired", signing: ["-days", "-1"])
        try expectRefused(connect(certificate).0, "certificate has expired")
    }

    @Test(
        "a certificate for another host or address is refused",
        arguments: [
            ("other.test", "hostname mismatch"), ("127.0.0.2", "IP address mismatch"), ("::2", "IP address mismatch"),
        ]
    )
    func wrongHost(host: String, text: String) throws {
        try expectRefused(connect(host: host).0, text)
    }

    @Test("a host name is sent to the server (SNI), an address is not")
    func serverName() throws {
        let unnamed = try files.issue("unnamed", subject: "/CN=unnamed")
        let named = ["-servername", "localhost", "-cert2", "server.pem", "-key2", "server.key"]
        for (host, subject) in [("localhost", "CN=localhost"), ("127.0.0.1", "CN=unnamed"), ("::1", "CN=unnamed")] {
            let (progress, tls) = try connect(unnamed, named, host: host)
            #expect(progress == .complete)
            #expect(tls.peer?.certificate?.subject == subject)
        }
    }

    @Test("an authority that is not in the system's trust store is refused")
    func unknownAuthority() throws {
        let progress = try connect(configuration: .init()).0
        try expectRefused(progress, "unable to get local issuer certificate")
    }

    @Test("a self-signed certificate is refused")
    func selfSigned() throws {
        let own = TestCertificates.Files(certificateFile: files.selfSignedFile, keyFile: files.selfSignedKeyFile)
        try expectRefused(connect(own).0, "self-signed certificate")
    }

    @Test("an RSA key of 1024 bits is refused")
    func shortKey() throws {
        let certificate = try files.issue("short", key: ["rsa:1024"])
        try expectRefused(connect(certificate).0, "EE certificate key too weak")
    }

    @Test("a signature with SHA-1 or MD5 is refused", arguments: ["-sha1", "-md5"])
    func weakSignature(digest: String) throws {
        try files.openssl(
            ["req", "-x509", "-days", "2", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=RSA authority"]
                + ["-keyout", "rsa.key", "-out", "rsa.pem"]
        )
        let certificate = try files.issue("weak", signing: ["-days", "2", digest], authority: "rsa")
        let trust = TLSContext.Trust.caFile(files.directory + "/rsa.pem")
        let progress = try connect(certificate, configuration: .init(trust: trust)).0
        try expectRefused(progress, "CA signature digest algorithm too weak")
    }

    @Test("a server that only supports TLS 1.0 or 1.1 is refused", arguments: ["-tls1", "-tls1_1"])
    func oldVersion(version: String) throws {
        let error = try #require(try connect(nil, [version]).0.error)
        #expect(error.code == .handshake)
        #expect(error.cause == .alert(TLSAlert(number: 70)))
        #expect(error.reason == "the peer refused with the alert 'protocol version'")
        #expect(!error.isRetryable)
    }

    @Test("a server below the configured minimum is refused")
    func minimum() throws {
        let configuration = TLSClientConfiguration(trust: .caFile(files.caFile), minimumVersion: .v1_3)
        let error = try #require(try connect(nil, ["-tls1_2"], configuration: configuration).0.error)
        #expect(error.cause == .alert(TLSAlert(number: 70)))
    }

    @Test("a server without a common application protocol refuses us, or does not use ALPN")
    func applicationProtocol() throws {
        let (progress, tls) = try connect(nil, ["-alpn", "h2"])
        #expect(progress == .complete || progress.error?.cause == .alert(TLSAlert(number: 120)))
        #expect(tls.peer?.applicationProtocol == nil)
    }
}
