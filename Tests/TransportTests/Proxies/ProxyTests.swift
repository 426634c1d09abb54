import MarketModel
import TLSEngine
import Testing
import Transport
import WebSocketProtocol

struct ProxyTests {
    /// Connects through `proxy`; returns the error if that fails.
    private func failure(
        _ proxy: String,
        to url: String = "ws://127.0.0.1:9",
        _ configure: (inout WebSocketClient.Configuration) -> Void = { _ in }
    ) async throws -> TransportError? {
        let settings = ProxySettings.always(try Proxy(proxy))
        do {
            let connection = try await connect(url) {
                $0.proxies = settings
                configure(&$0)
            }
            connection.abort()
            return nil
        } catch {
            return error as? TransportError
        }
    }

    @Test("a connection goes through the proxy, by name or address", arguments: TestProxy.Kind.allCases)
    func plain(kind: TestProxy.Kind) async throws {
        let proxy = try await TestProxy(kind)
        try await withServer(EchoHandler()) { server in
            for host in ["127.0.0.1", "localhost"] {
                let settings = ProxySettings.always(try Proxy(proxy.url()))
                let connection = try await connect("ws://\(host):\(server.localPort)/x") { $0.proxies = settings }
                #expect(connection.info.proxy == proxy.url())
                #expect(connection.info.proxyDuration != nil)
                #expect(connection.info.remoteAddress == "127.0.0.1:\(proxy.port)")
                try await connection.send(MessageBatch(texts: ["hi"]))
                #expect(try await connection.receive()?.texts == ["hi"])
                await connection.close()
                #expect(proxy.requests.last == "\(host):\(server.localPort)")
            }
        }
        try await proxy.close()
    }

    @Test("a connection through the proxy reaches an IPv6 server", arguments: TestProxy.Kind.allCases)
    func addressOfIPv6(kind: TestProxy.Kind) async throws {
        let proxy = try await TestProxy(kind)
        try await withServer(EchoHandler(), configuration: .init(host: "::1")) { server in
            let error = try await failure(proxy.url(), to: server.url)
            #expect(error == nil)
            #expect(proxy.requests == ["::1:\(server.localPort)"])
        }
        try await proxy.close()
    }

    @Test("TLS is end to end, with credentials for the proxy", arguments: TestProxy.Kind.allCases)
    func secure(kind: TestProxy.Kind) async throws {
        let files = try TestCertificates()
        let tls = try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let proxy = try await TestProxy(kind, credentials: "me:p@ss:1")
        let settings = ProxySettings.always(try Proxy(proxy.url(credentials: "me:p%40ss:1")))
        try await withServer(EchoHandler(), configuration: .init(tls: tls)) { server in
            let connection = try await connect("wss://localhost:\(server.localPort)") {
                $0.proxies = settings
                $0.caFile = files.caFile
            }
            #expect(connection.info.tlsVersion == "TLSv1.3")
            #expect(connection.info.proxy == proxy.url())
            #expect(proxy.requests == ["me:p@ss:1@localhost:\(server.localPort)"])
            try await connection.send(MessageBatch(texts: ["hi"]))
            #expect(try await connection.receive()?.texts == ["hi"])
            await connection.close()
        }
        try await proxy.close()
    }

    @Test("wrong credentials are reported without showing them", arguments: TestProxy.Kind.allCases)
    func wrongCredentials(kind: TestProxy.Kind) async throws {
        let proxy = try await TestProxy(kind, credentials: "me:right")
        for credentials in ["me:hunter2", nil] {
            let error = try #require(try await failure(proxy.url(credentials: credentials)))
            #expect(error.code == .proxy(.authentication))
            #expect(!error.isRetryable)
            #expect(error.description.hasPrefix("the proxy \(proxy.url()) "))
            var dumped = ""
            dump(error, to: &dumped)
            #expect(!dumped.contains("hunter2"))
        }
        try await proxy.close()
    }

    @Test(
        "the answer of an HTTP proxy is reported",
        arguments: [
            ("HTTP/1.1 403 Forbidden\r\n\r\n", .notAllowed, "answered 403 Forbidden", false),
            ("HTTP/1.0 502 Bad Gateway\r\n\r\n", .answered(status: 502), "answered 502 Bad Gateway", true),
            ("SSH-2.0-x\r\n", .malformed, "did not answer with HTTP", false),
            ("HTTP/1.1 200 ", .ended, "closed the connection", true),
        ] as [(String, TransportError.ProxyFailure, String, Bool)]
    )
    func refusals(answer: String, failure code: TransportError.ProxyFailure, text: String, isRetryable: Bool)
        async throws
    {
        let raw = try await RawServer { _ in .sendAndClose(Array(answer.utf8)) }
        let error = try #require(try await failure("http://\(raw.authority)"))
        #expect(error.code == .proxy(code))
        #expect(error.description == "the proxy http://\(raw.authority) \(text)")
        #expect(error.isRetryable == isRetryable)
        try await raw.close()
    }

    @Test("the error names a proxy that refuses, is unknown or does not answer")
    func unreachable() async throws {
        let refused = try await failure("socks5://127.0.0.1:1")
        #expect(refused?.code == .connectionRefused)
        #expect(refused?.description == "connection refused by the proxy socks5://127.0.0.1:1")
        let unknown = try await failure("http://u:p@nosuch.invalid:3128")
        #expect(unknown?.code == .unknownHost)
        #expect(unknown?.description == "unknown host 'nosuch.invalid' of the proxy http://nosuch.invalid:3128")
        let silent = try await RawServer { _ in .wait }
        let late = try await failure("http://\(silent.authority)") { $0.proxyTimeout = .milliseconds(50) }
        #expect(late?.code == .timedOut(.proxy))
        #expect(
            late?.description
                == "reaching 127.0.0.1:9 through the proxy http://\(silent.authority) took longer than 50 ms"
        )
        try await silent.close()
    }

    @Test("an attempt ends if the proxy cannot reach the server", arguments: TestProxy.Kind.allCases)
    func targetUnreachable(kind: TestProxy.Kind) async throws {
        let proxy = try await TestProxy(kind)
        let error = try await failure(proxy.url(), to: "ws://127.0.0.1:1")
        #expect(error?.code == .proxy(.ended))
        try await proxy.close()
    }
}
