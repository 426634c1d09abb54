import Testing

@testable import FeedrecWebSocket

struct WebSocketErrorTests {
    /// Fails to connect with this code.
    private func check(
        _ url: String,
        _ code: WebSocketError.Code,
        isRetryable: Bool = false,
        options: WebSocket.Options = WebSocket.Options()
    ) async {
        let error = await #expect(throws: WebSocketError.self) {
            try await WebSocket.connect(to: url, options: options)
        }
        #expect(error?.code == code)
        #expect(error?.isRetryable == isRetryable)
        #expect(error?.description.isEmpty == false)
    }

    @Test("an invalid URL is reported at once", arguments: ["", "http://localhost", "ws://", "ws://a:b@c", "ws://a#b"])
    func badURL(url: String) async {
        await check(url, .invalidURL)
    }

    @Test("a refused connection is retryable")
    func refused() async {
        await check("ws://127.0.0.1:1", .connectionRefused, isRetryable: true)
    }

    @Test("unusable options are reported before anything is sent")
    func badOptions() async throws {
        let changes: [(inout WebSocket.Options) -> Void] = [
            { $0.headers = [("not a name", "")] }, { $0.subprotocols = ["a,b"] }, { $0.subprotocols = ["a", "a"] },
            { $0.limits.messageBytesMax = 0 },
        ]
        for change in changes {
            var options = WebSocket.Options()
            change(&options)
            await check("ws://127.0.0.1:1", .invalidOption, options: options)
        }
        var options = WebSocket.Options()
        options.caFile = "/does/not/exist"
        await check("wss://127.0.0.1:1", .tlsConfiguration, options: options)
        options.clientCertificate = .init(certificate: "/does/not/exist", key: "/does/not/exist")
        await check("wss://127.0.0.1:1", .tlsConfiguration, options: options)
    }

    @Test("a refusal carries its status", arguments: [(401, false), (503, true)])
    func refusal(status: Int, isRetryable: Bool) async throws {
        var options = WebSocketListener.Options()
        options.refusal = { $0.path == "/in" ? nil : status }
        try await withListener(options) { listener in
            let error = await #expect(throws: WebSocketError.self) { try await WebSocket.connect(to: listener.url) }
            #expect(error?.code == .handshake)
            #expect(error?.httpStatus == status)
            #expect(error?.isRetryable == isRetryable)
            try await WebSocket.connect(to: listener.url + "/in").close()
        }
    }

    @Test("a message over the limit ends the connection with 1009")
    func limit() async throws {
        try await withListener { listener in
            var options = WebSocket.Options()
            options.limits.messageBytesMax = 10
            let socket = try await WebSocket.connect(to: listener.url, options: options)
            try await socket.send("longer than that")
            let error = await #expect(throws: WebSocketError.self) { try await socket.receive() }
            #expect(error?.code == .protocolViolation)
            #expect(error?.closeCode == 1009)
        }
    }

    @Test("a handshake without an answer times out, and the error names the stage")
    func timeOut() async throws {
        // Without a call of `run()`, nothing is served.
        let silent = try await WebSocketListener.start { _, _ in }
        var options = WebSocket.Options()
        options.handshakeTimeout = .milliseconds(20)
        let error = await #expect(throws: WebSocketError.self) {
            try await WebSocket.connect(to: silent.url, options: options)
        }
        #expect(error?.code == .timedOut)
        #expect(error?.stage == .handshake)
        #expect(error?.isRetryable == true)
        await silent.shutdown()
    }

    @Test("an invalid proxy in the environment is reported, unless it is not needed")
    func badProxy() throws {
        let environment = { (name: String) in name == "ALL_PROXY" ? "gopher://proxy" : nil }
        var options = WebSocket.Options()
        let error = #expect(throws: WebSocketError.self) {
            _ = try options.configuration(url: "wss://example.test", environment: environment)
        }
        #expect(error?.code == .invalidProxy)
        _ = try options.configuration(url: "wss://localhost", environment: environment)
        options.usesProxyFromEnvironment = false
        _ = try options.configuration(url: "wss://example.test", environment: environment)
    }
}
