import FeedrecTestKit
import FeedrecWebSocket
import Testing

struct WebSocketListenerTests {
    @Test("a listener with a certificate uses TLS, and a client verifies it")
    func tls() async throws {
        let directory = try TemporaryDirectory()
        let files = WebSocket.Options.CertificateFiles(
            certificate: directory.file("server.pem"),
            key: directory.file("server.key")
        )
        try makeCertificate(files)
        var listening = WebSocketListener.Options()
        listening.certificate = files
        try await withListener(listening) { listener in
            #expect(listener.url.hasPrefix("wss://127.0.0.1:"))
            let error = await #expect(throws: WebSocketError.self) { try await WebSocket.connect(to: listener.url) }
            #expect(error?.code == .certificate)
            #expect(error?.isRetryable == false)
            var options = WebSocket.Options()
            options.caFile = files.certificate
            let socket = try await WebSocket.connect(to: listener.url, options: options)
            #expect(socket.info.tlsVersion == "TLSv1.3")
            #expect(socket.info.certificateFingerprint?.count == 64)
            #expect(socket.info.certificateExpiryNanoseconds != nil)
            #expect(socket.info.tlsDuration != nil)
            try await socket.send("secret")
            #expect(try await socket.receive() == [.text("secret")])
            await socket.close()
        }
    }

    @Test("a shutdown closes the connections with 1001")
    func shutdown() async throws {
        let socket = try await withListener { listener in
            let socket = try await WebSocket.connect(to: listener.url)
            try await socket.send("let in")
            #expect(try await socket.receive() == [.text("let in")])
            #expect(listener.connectionCount == 1)
            return socket
        }
        let reason = await socket.closed()
        #expect(reason.code == 1001)
        #expect(reason.initiator == .remote)
    }

    @Test("a port in use and an invalid port give different errors")
    func ports() async throws {
        try await withListener { listener in
            let taken = await #expect(throws: WebSocketError.self) {
                try await WebSocketListener.start(.init(port: listener.port)) { _, _ in }
            }
            #expect(taken?.code == .addressInUse)
            let none = await #expect(throws: WebSocketError.self) {
                try await WebSocketListener.start(.init(port: 65_536)) { _, _ in }
            }
            #expect(none?.code == .invalidOption)
        }
    }
}
