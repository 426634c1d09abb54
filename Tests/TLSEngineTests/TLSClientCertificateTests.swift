import TLSEngine
import Testing

/// Client certificates, tested from both ends.
struct TLSClientCertificateTests {
    private let files: TestCertificates
    private let clientFiles: TestCertificates.Files

    init() throws {
        files = try TestCertificates()
        clientFiles = try files.issue("client", subject: "/O=Example/CN=recorder")
    }

    private func clientContext(
        _ certificate: TestCertificates.Files? = nil,
        maximumVersion: TLSVersion = .v1_3
    ) throws -> TLSContext {
        let identity = try certificate.map { file throws(TLSError) in
            try TLSIdentity(certificateFile: file.certificateFile, keyFile: file.keyFile)
        }
        return try .client(
            .init(trust: .caFile(files.caFile), identity: identity, maximumVersion: maximumVersion)
        )
    }

    private func serverContext(_ clients: TLSServerConfiguration.ClientCertificates) throws -> TLSContext {
        let identity = try TLSServerIdentity(certificateFile: files.certificateFile, keyFile: files.keyFile)
        return try .server(.init(identity: identity, clientCertificates: clients))
    }

    /// A server that requires a client certificate, and answers each line with its reverse.
    private func requiringServer() throws -> (PeerProcess, port: UInt16) {
        try PeerProcess.server(
            ["-cert", "server.pem", "-key", "server.key", "-CAfile", "ca.pem", "-Verify", "1", "-verify_return_error"]
                + ["-rev"],
            in: files.directory
        )
    }

    @Test("a client certificate opens a server that requires one", arguments: TLSVersion.allCases)
    func shown(version: TLSVersion) throws {
        let (server, port) = try requiringServer()
        try withExtendedLifetime(server) {
            let pump = try SocketPump(clientContext(clientFiles, maximumVersion: version), port: port)
            #expect(try pump.shakeHands() == .complete)
            #expect(try pump.write("abc\n") == .complete)
            #expect(try pump.read(until: "\n").text == "cba\n")
        }
    }

    @Test(
        "the server's alert for a missing certificate is reported, in TLS 1.3 only after the handshake",
        arguments: TLSVersion.allCases
    )
    func missing(version: TLSVersion) throws {
        let (server, port) = try requiringServer()
        let error = try withExtendedLifetime(server) {
            let pump = try SocketPump(clientContext(maximumVersion: version), port: port)
            let progress = try pump.shakeHands()
            return try progress.error ?? pump.read().end.error
        }
        let alert = TLSAlert(number: version == .v1_3 ? 116 : 40)
        #expect(error?.cause == .alert(alert))
        #expect(error?.code == (version == .v1_3 ? .connection : .handshake))
        #expect(error?.isRetryable == false)
        #expect(alert.isAboutCertificate == (version == .v1_3))
        let name = version == .v1_3 ? "certificate required" : "handshake failure"
        #expect(error?.description == "TLS failure: the peer refused with the alert '\(name)'")
    }

    @Test("our server accepts a certificate signed by the authority and describes it")
    func required() throws {
        let server = try serverContext(.required(caFile: files.caFile))
        var pair = try InMemoryPair(client: clientContext(clientFiles), server: server)
        pair.shakeHands()
        #expect(pair.serverProgress == .complete)
        #expect(pair.server.peer?.certificate?.subject == "CN=recorder,O=Example")
    }

    @Test("our server refuses a client without a certificate", arguments: TLSVersion.allCases)
    func requiredButMissing(version: TLSVersion) throws {
        let server = try serverContext(.required(caFile: files.caFile))
        var pair = try InMemoryPair(client: clientContext(maximumVersion: version), server: server)
        pair.shakeHands()
        let error = try #require(pair.serverProgress.error)
        #expect(error.code == .certificate)
        #expect(error.cause == .certificateMissing)
        #expect(error.description == "certificate problem: peer did not return a certificate")
        #expect(pair.clientProgress.error != nil || pair.client.readAll().end.error != nil)
    }

    @Test("our server refuses a certificate of another authority, even if none is required")
    func untrusted() throws {
        let own = TestCertificates.Files(certificateFile: files.selfSignedFile, keyFile: files.selfSignedKeyFile)
        for clients: TLSServerConfiguration.ClientCertificates in [
            .required(caFile: files.caFile), .requested(caFile: files.caFile),
        ] {
            var pair = try InMemoryPair(client: clientContext(own), server: serverContext(clients))
            pair.shakeHands()
            #expect(pair.serverProgress.error?.verifyText == "self-signed certificate")
            let error = try #require(pair.client.readAll().end.error)
            guard case .alert(let alert) = error.cause else {
                Issue.record("the client was not told")
                continue
            }
            #expect(alert.isAboutCertificate)
        }
    }

    @Test("a requested certificate may be missing")
    func requested() throws {
        var pair = try InMemoryPair(client: clientContext(), server: serverContext(.requested(caFile: files.caFile)))
        pair.shakeHands()
        #expect(pair.serverProgress == .complete)
        #expect(pair.server.peer?.certificate == nil)
    }

    @Test("s_client is accepted with a certificate, and refused without")
    func againstClient() throws {
        let server = try serverContext(.required(caFile: files.caFile))
        for (arguments, isAccepted) in [(["-cert", "client.pem", "-key", "client.key"], true), ([], false)] {
            let (listener, port) = try Socket.listening()
            let client = try PeerProcess.client(arguments, port: port, in: files.directory)
            try withExtendedLifetime(client) {
                let progress = try SocketPump(server, listener: listener).shakeHands()
                #expect((progress == .complete) == isAccepted)
                #expect(progress.error.map(\.cause) == (isAccepted ? nil : .certificateMissing))
            }
        }
    }
}
