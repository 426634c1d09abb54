import MarketModel
import NIOCore
import NIOPosix
import TLSEngine
import Testing
import Transport
import WebSocketProtocol

struct WebSocketConnectTests {
    private func check(
        _ url: String,
        _ code: TransportError.Code,
        _ description: String,
        isRetryable: Bool,
        sourceLocation: SourceLocation = #_sourceLocation,
        configure: (inout WebSocketClient.Configuration) -> Void = { _ in }
    ) async {
        do {
            _ = try await connect(url, configure)
            Issue.record("connected", sourceLocation: sourceLocation)
        } catch let error as TransportError {
            #expect(error.code == code, sourceLocation: sourceLocation)
            #expect(error.description == description, sourceLocation: sourceLocation)
            #expect(error.isRetryable == isRetryable, sourceLocation: sourceLocation)
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
    }

    @Test("the errors for a refused port and an unknown host name them")
    func unreachable() async {
        await check("ws://127.0.0.1:1", .connectionRefused, "connection refused by 127.0.0.1:1", isRetryable: true)
        await check("ws://nosuch.invalid/x", .unknownHost, "unknown host 'nosuch.invalid'", isRetryable: true)
    }

    @Test("a response other than 101 is reported with its status")
    func refusals() async throws {
        try await withServer(EchoHandler()) { server in
            let start = "WebSocket handshake with 127.0.0.1:\(server.localPort) failed: the server answered "
            await check(
                server.url + "/unauthorized",
                .handshake(status: 401),
                start + "401 Unauthorized instead of 101 Switching Protocols",
                isRetryable: false
            )
            await check(
                server.url + "/missing",
                .handshake(status: 404),
                start + "404 Not Found instead of 101 Switching Protocols",
                isRetryable: false
            )
        }
    }

    @Test("a wrong Sec-WebSocket-Accept is refused")
    func wrongAccept() async throws {
        let server = try await RawServer { _ in
            .send(
                Array(
                    """
                    HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n
                    """.utf8
                )
            )
        }
        do {
            _ = try await connect("ws://\(server.authority)")
            Issue.record("connected")
        } catch let error as TransportError {
            #expect(error.handshakeError?.code == .wrongAccept)
            #expect(error.description.contains("Sec-WebSocket-Accept"))
        }
        try await server.close()
    }

    @Test("a server that is not HTTP, or goes away, fails the handshake")
    func brokenServers() async throws {
        for bytes in ["SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 101 Switch", ""] {
            let server = try await RawServer { _ in .sendAndClose(Array(bytes.utf8)) }
            do {
                _ = try await connect("ws://\(server.authority)")
                Issue.record("connected")
            } catch let error as TransportError {
                #expect(error.code == .handshake(status: nil))
            }
            try await server.close()
        }
    }

    @Test("each stage has its own time-out")
    func timeouts() async throws {
        let silent = try await RawServer { _ in .wait }
        await check(
            "ws://\(silent.authority)",
            .timedOut(.handshake),
            "the WebSocket handshake with \(silent.authority) took longer than 50 ms",
            isRetryable: true
        ) { $0.handshakeTimeout = .milliseconds(50) }
        await check(
            "wss://\(silent.authority)",
            .timedOut(.tls),
            "the TLS handshake with \(silent.authority) took longer than 50 ms",
            isRetryable: true
        ) { $0.tlsTimeout = .milliseconds(50) }
        try await silent.close()
    }

    @Test("certificate errors have OpenSSL's text")
    func certificates() async throws {
        let files = try TestCertificates()
        let own = try TLSContext.server(certificateFile: files.selfSignedFile, keyFile: files.selfSignedKeyFile)
        try await withServer(EchoHandler(), configuration: .init(tls: own)) { server in
            await check(
                "wss://localhost:\(server.localPort)",
                .certificate,
                "certificate problem of 'localhost': self-signed certificate",
                isRetryable: false
            )
            await check(
                server.url,
                .certificate,
                "certificate problem of '127.0.0.1': IP address mismatch",
                isRetryable: false
            ) { $0.caFile = files.selfSignedFile }
            await check(
                server.url,
                .tlsConfiguration,
                "cannot use the CA file '/nowhere.pem': No such file or directory",
                isRetryable: false
            ) { $0.caFile = "/nowhere.pem" }
        }
    }

    @Test("TLS to a plain server, or plain text to a TLS server, fails cleanly")
    func mismatchedSecurity() async throws {
        try await withServer(EchoHandler()) { server in
            let authority = "127.0.0.1:\(server.localPort)"
            await check(
                "wss://\(authority)",
                .tls,
                "TLS with \(authority) failed: wrong version number",
                isRetryable: false
            )
        }
        let files = try TestCertificates()
        let tls = try TLSContext.server(certificateFile: files.certificateFile, keyFile: files.keyFile)
        try await withServer(EchoHandler(), configuration: .init(tls: tls)) { server in
            _ = await #expect(throws: TransportError.self) { try await connect("ws://127.0.0.1:\(server.localPort)") }
        }
    }

    @Test("cancelling ends an attempt")
    func cancellation() async throws {
        let silent = try await RawServer { _ in .wait }
        let url = "ws://\(silent.authority)"
        await withTaskGroup(of: TransportError.Code?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do {
                        _ = try await connect(url)
                        return nil
                    } catch {
                        return (error as? TransportError)?.code
                    }
                }
            }
            group.cancelAll()
            for await code in group { #expect(code == .cancelled) }
        }
        try await silent.close()
    }

    @Test("a port in use is reported")
    func portInUse() async throws {
        try await withServer(EchoHandler()) { server in
            let port = server.localPort
            do {
                let configuration = WebSocketServer.Configuration(port: port)
                _ = try await WebSocketServer.start(
                    configuration,
                    group: testGroup,
                    now: wallClock,
                    handler: EchoHandler()
                )
                Issue.record("bound")
            } catch let error as TransportError {
                #expect(error.code == .addressInUse)
                #expect(error.description == "cannot listen on 127.0.0.1:\(port): address already in use")
            }
        }
    }
}
