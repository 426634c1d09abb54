import MarketModel
import TLSEngine
import Testing
import Transport
import WebSocketProtocol

struct TLSOptionsTests {
    @Test("the certificate's expiry is known")
    func expiry() async throws {
        let files = try TestCertificates()
        let tls = try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile)
        try await withServer(EchoHandler(), configuration: .init(tls: tls)) { server in
            let connection = try await connect(server.url) { $0.caFile = files.caFile }
            let expiry = try #require(connection.info.certificateExpiry)
            // The certificate is valid for two days.
            #expect(expiry > wallClock())
            #expect(expiry < wallClock().advanced(by: .seconds(3 * 86_400)))
            await connection.close()
        }
    }

    @Test("connections that share a context with a cache resume their session")
    func resumption() async throws {
        let files = try TestCertificates()
        let tls = try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let shared = try TLSContext.client(
            TLSClientConfiguration(trust: .caFile(files.caFile)),
            sessionCache: TLSSessionCache()
        )
        try await withServer(EchoHandler(), configuration: .init(tls: tls)) { server in
            for isResumed in [false, true] {
                let connection = try await connect(server.url) { $0.tlsContext = shared }
                #expect(connection.info.isTLSResumed == isResumed)
                #expect(connection.info.certificateFingerprint?.count == 64)
                // The session tickets arrive before the echo.
                try await connection.send(MessageBatch(texts: ["x"]))
                #expect(try await connection.receive()?.texts == ["x"])
                await connection.close()
            }
        }
    }

    @Test("a server that ends TCP without close_notify is reported as such")
    func truncated() async throws {
        let files = try TestCertificates()
        let tls = try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let proxy = try await TestProxy(.http)
        let settings = ProxySettings.always(try Proxy(proxy.url()))
        try await withServer(EchoHandler(), configuration: .init(tls: tls)) { server in
            let connection = try await connect("wss://localhost:\(server.localPort)") {
                $0.caFile = files.caFile
                $0.proxies = settings
            }
            try await proxy.cut()
            #expect(await connection.ended().code == 1006)
            #expect(connection.lastError?.code == .tls)
            #expect(connection.lastError?.tlsError?.cause == .truncated)
            #expect(connection.lastError?.isRetryable == true)
        }
        try await proxy.close()
    }
}
