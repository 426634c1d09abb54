import TLSEngine
import Testing
import Transport
import WebSocketProtocol

struct WebSocketServerHTTPTests {
    private func check(_ request: String, status: String, body: String? = nil) async throws {
        try await withServer(EchoHandler()) { server in
            let answer = try await exchange(port: server.localPort, request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"), "\(answer)")
            if let body { #expect(answer.hasSuffix("\r\n\r\n" + body), "\(answer)") }
        }
    }

    @Test("plain requests are answered on the same port")
    func plain() async throws {
        try await check(
            "GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
            status: "200 OK",
            body: "GET /a b "
        )
        try await check("GET / HTTP/1.0\r\n\r\n", status: "200 OK", body: "GET / ")
        try await check(
            "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
            status: "200 OK",
            body: "POST /p hello"
        )
        try await check("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", status: "200 OK", body: "")
        try await check(
            "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
            status: "200 OK"
        )
    }

    @Test("requests sent together are answered in order")
    func pipelined() async throws {
        let one = "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
        let last = "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        try await withServer(EchoHandler()) { server in
            let answer = try await exchange(port: server.localPort, one + one + last)
            #expect(answer.components(of: "HTTP/1.1 200 OK") == 3)
            #expect(answer.components(of: "POST /1 abc") == 2)
            #expect(answer.hasSuffix("GET /2 "))
        }
    }

    @Test("bad requests are refused with the proper status")
    func refusals() async throws {
        try await check("nonsense\r\n\r\n", status: "400 Bad Request")
        try await check("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", status: "400 Bad Request")
        try await check("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", status: "413 Content Too Large")
        try await check(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
            status: "411 Length Required"
        )
        try await check(
            "GET / HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "x", count: 20_000) + "\r\n\r\n",
            status: "431 Request Header Fields Too Large"
        )
        try await check(
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            status: "426 Upgrade Required"
        )
    }

    @Test("an incomplete request is answered with 408 after its time-out, an idle connection is closed")
    func slowRequests() async throws {
        var configuration = WebSocketServer.Configuration()
        configuration.requestTimeout = .milliseconds(500)
        try await withServer(EchoHandler(), configuration: configuration) { server in
            let partial = try await exchange(port: server.localPort, "GET / HTTP/1.1\r\nHo")
            #expect(partial.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            #expect(try await exchange(port: server.localPort, "") == "")
        }
    }

    @Test("connections beyond the limit are refused with 503")
    func tooMany() async throws {
        var configuration = WebSocketServer.Configuration()
        configuration.connectionsMax = 1
        try await withServer(EchoHandler(), configuration: configuration) { server in
            let first = try await connect(server.url)
            let answer = try await exchange(port: server.localPort, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"), "\(answer)")
            await first.close()
        }
    }

    @Test("the 101 response is followed by nothing until the handler sends")
    func quietAfterUpgrade() async throws {
        let handler = ScriptedHandler { connection in
            // The frames below are sent in one piece with the request.
            let batch = try await connection.receive()
            #expect(batch?.texts == ["hi"])
        }
        try await withServer(handler) { server in
            let request =
                "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            let frames: [UInt8] = [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69, 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]
            let answer = try await exchange(port: server.localPort, bytes: Array(request.utf8) + frames)
            let text = String(decoding: answer, as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(text.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            // Only the answer to the close frame.
            #expect(answer.suffix(8) == [0x0d, 0x0a, 0x0d, 0x0a, 0x88, 2, 0x03, 0xe8])
        }
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
