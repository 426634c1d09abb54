import NIOCore
import TLSEngine
import Testing
import Transport
import WebSocketProtocol

/// One request and its response, over plain TCP and TLS, with every framing and every split.
@Suite(.timeLimit(.minutes(5)))
struct HTTPClientTests {
    private static let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\n, y\r\n2\r\nou\r\n0\r\nT: 1\r\n\r\n"

    @Test(
        "a body ends by its length, by its chunks, or with the connection",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello, you and more", 200),
            ("HTTP/1.0 404 Not Found\r\n\r\nhello, you", 404), (chunked, 200),
            (
                "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 500 Oops\r\ncontent-length: 10\r\n\r\nhello, you",
                500
            ),
        ]
    )
    func bodies(answer: String, status: Int) async throws {
        let response = try await send(answeredBy: answer)
        #expect(response.status == status)
        #expect(String(decoding: response.body, as: UTF8.self) == "hello, you")
    }

    @Test("statuses without a body need no length", arguments: [204, 304])
    func noBody(status: Int) async throws {
        let response = try await send(answeredBy: "HTTP/1.1 \(status) X\r\n\r\n")
        #expect(response.status == status && response.body.isEmpty)
    }

    @Test("the request has the headers that HTTP requires, the caller's headers and the body")
    func request() async throws {
        let server = try await RawServer { input in
            let text = String(decoding: input, as: UTF8.self)
            guard text.hasSuffix("body") else { return .wait }
            return .send(Array("HTTP/1.1 200 OK\r\nContent-Length: \(input.count)\r\n\r\n".utf8) + input)
        }
        var configuration = WebSocketClient.Configuration(url: try WebSocketURL("ws://\(server.authority)/a?b=c"))
        configuration.headers.append("Authorization", "Bearer T")
        let request = HTTPClient.Request(method: "POST", body: Array("body".utf8))
        let response = try await HTTPClient.send(request, configuration, group: testGroup, now: wallClock)
        let expected =
            "POST /a?b=c HTTP/1.1\r\nHost: \(server.authority)\r\nAuthorization: Bearer T\r\n"
            + "Content-Length: 4\r\nConnection: close\r\n\r\nbody"
        #expect(String(decoding: response.body, as: UTF8.self) == expected)
        try await server.close()
    }

    @Test(
        "a response that is too long, malformed or cut off fails with that error",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", "100 bytes"),
            ("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 101), "100 bytes"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n", "100 bytes"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", "chunk size"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "chunk size"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "chunk"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc", "transfer coding"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nabc", "Content-Length"),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc", "Content-Length"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "before its answer"), ("", "before its answer"),
            ("HTTP/1.1 200 OK\r\nContent-", "before its answer"), ("SSH-2.0-x\r\n", "HTTP/1"),
        ]
    )
    func failures(answer: String, text: String) async throws {
        let error = await #expect(throws: TransportError.self) { try await send(answeredBy: answer) }
        #expect(try #require(error).description.contains(text), "\(error?.description ?? "")")
    }

    @Test("a server that does not answer times out, and cancelling the task ends the wait")
    func silence() async throws {
        let server = try await RawServer { _ in .wait }
        var configuration = WebSocketClient.Configuration(url: try WebSocketURL("ws://\(server.authority)/"))
        let patient = configuration
        configuration.handshakeTimeout = .milliseconds(50)
        let hasty = configuration
        let timeout = await #expect(throws: TransportError.self) {
            try await HTTPClient.send(.init(method: "GET"), hasty, group: testGroup, now: wallClock)
        }
        #expect(timeout?.code == .timedOut(.handshake))
        let task = Task { try await HTTPClient.send(.init(method: "GET"), patient, group: testGroup, now: wallClock) }
        task.cancel()
        let cancelled = await #expect(throws: TransportError.self) { try await task.value }
        #expect(cancelled?.code == .cancelled)
        try await server.close()
    }

    @Test("our own server answers, with and without TLS", arguments: [false, true])
    func ownServer(isSecure: Bool) async throws {
        let certificates = try TestCertificates()
        var settings = WebSocketServer.Configuration()
        if isSecure {
            settings.tls = try TLSContext.server(
                certificateFile: certificates.certificateFile,
                keyFile: certificates.keyFile
            )
        }
        try await withServer(EchoHandler(), configuration: settings) { server in
            let url = try WebSocketURL("\(isSecure ? "wss" : "ws")://localhost:\(server.localPort)/path")
            var configuration = WebSocketClient.Configuration(url: url)
            if isSecure { configuration.caFile = certificates.certificateFile }
            let request = HTTPClient.Request(method: "POST", body: Array("text".utf8))
            let response = try await HTTPClient.send(request, configuration, group: testGroup, now: wallClock)
            #expect(String(decoding: response.body, as: UTF8.self) == "POST /path text")
        }
    }

    /// Sends a GET to a server that answers with these bytes and closes.
    @discardableResult
    private func send(answeredBy answer: String) async throws -> HTTPResponse {
        let server = try await RawServer { input in
            input.suffix(4) == [13, 10, 13, 10] ? .sendAndClose(Array(answer.utf8)) : .wait
        }
        var request = HTTPClient.Request(method: "GET")
        request.responseBytesMax = 100
        let configuration = WebSocketClient.Configuration(url: try WebSocketURL("ws://\(server.authority)/"))
        let result: Result<HTTPResponse, any Error>
        do {
            result = .success(try await HTTPClient.send(request, configuration, group: testGroup, now: wallClock))
        } catch {
            result = .failure(error)
        }
        try await server.close()
        return try result.get()
    }
}
