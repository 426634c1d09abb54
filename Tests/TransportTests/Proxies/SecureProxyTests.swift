import MarketModel
import TLSEngine
import Testing
import Transport
import WebSocketProtocol

/// Proxies that are themselves reached over TLS.
struct SecureProxyTests {
    private let files: TestCertificates
    private let tls: TLSContext

    init() throws {
        files = try TestCertificates()
        tls = try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile)
    }

    private func failure(
        _ proxy: String,
        _ configure: (inout WebSocketClient.Configuration) -> Void = { _ in }
    ) async throws -> TransportError? {
        let settings = ProxySettings.always(try Proxy(proxy))
        do {
            try await connect("ws://127.0.0.1:9") {
                $0.proxies = settings
                configure(&$0)
            }.abort()
            return nil
        } catch {
            return error as? TransportError
        }
    }

    @Test("a connection goes through the proxy, with TLS in TLS if the server is secure too", arguments: [false, true])
    func tunnel(isServerSecure: Bool) async throws {
        let proxy = try await TestProxy(.http, credentials: "me:secret", tls: tls)
        let settings = ProxySettings.always(try Proxy(proxy.url(credentials: "me:secret")))
        try await withServer(EchoHandler(), configuration: .init(tls: isServerSecure ? tls : nil)) { server in
            let connection = try await connect(server.url) {
                $0.proxies = settings
                $0.proxyTLS.trust = .caFile(files.caFile)
                $0.caFile = files.caFile
            }
            #expect(connection.info.proxy == proxy.url())
            #expect(connection.info.proxy?.hasPrefix("https://") == true)
            #expect(connection.info.tlsVersion == (isServerSecure ? "TLSv1.3" : nil))
            #expect(connection.info.tlsDuration != nil || !isServerSecure)
            #expect(proxy.requests == ["me:secret@127.0.0.1:\(server.localPort)"])
            let texts = ["hi", String(repeating: "long ", count: 100_000)]
            try await connection.send(MessageBatch(texts: texts))
            #expect(try await connection.receive(count: 2).texts == texts)
            #expect(await connection.close().code == 1000)
        }
        try await proxy.close()
    }

    @Test("the proxy's certificate is verified against its own authorities")
    func untrusted() async throws {
        let proxy = try await TestProxy(.http, tls: tls)
        // The server's authority is not trusted for the proxy.
        let error = try #require(try await failure(proxy.url()) { $0.caFile = files.caFile })
        #expect(error.code == .certificate)
        #expect(error.description.hasPrefix("certificate problem of the proxy \(proxy.url()): "))
        #expect(!error.isRetryable)
        #expect(proxy.requests.isEmpty)
        try await proxy.close()
    }

    @Test("a proxy without TLS, or that closes during the handshake or does not answer, is reported")
    func noTLS() async throws {
        for answer in ["HTTP/1.1 400 Bad Request\r\n\r\n", ""] {
            let raw = try await RawServer { _ in .sendAndClose(Array(answer.utf8)) }
            let error = try #require(try await failure("https://\(raw.authority)"))
            #expect(error.code == .tls)
            #expect(error.description.hasPrefix("TLS with the proxy https://\(raw.authority) failed: "))
            try await raw.close()
        }
        let silent = try await RawServer { _ in .wait }
        let late = try await failure("https://\(silent.authority)") { $0.proxyTimeout = .milliseconds(50) }
        #expect(late?.code == .timedOut(.proxy))
        try await silent.close()
    }

    @Test("unreadable authorities are reported before anything is sent")
    func unreadable() async throws {
        let error = try await failure("https://127.0.0.1:9") { $0.proxyTLS.trust = .caFile("/nowhere.pem") }
        #expect(error?.code == .tlsConfiguration)
        #expect(error?.description.contains("/nowhere.pem") == true)
    }
}
