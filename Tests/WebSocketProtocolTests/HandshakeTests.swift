import MarketModel
import Testing
import WebSocketProtocol

/// The key of the example in RFC 6455 §1.3; the accept value below belongs to it.
private let exampleKey = Array("the sample nonce".utf8)
private let exampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

struct ClientHandshakeTests {
    private static let accepted = [
        "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Accept: \(exampleAccept)",
    ]

    private func run(
        _ answer: [UInt8],
        pieceBytes: Int,
        subprotocols: [String] = []
    ) -> Result<ClientHandshake.Progress, HandshakeError> {
        var handshake = ClientHandshake(host: "h", target: "/", key: exampleKey, subprotocols: subprotocols)
        for piece in answer.pieces(of: pieceBytes) {
            let result = piece.withUnsafeBytes { bytes in
                Result { () throws(HandshakeError) in try handshake.receive(bytes) }
            }
            if case .success(.incomplete) = result { continue }
            return result
        }
        return .failure(handshake.connectionEnded())
    }

    private func error(_ lines: [String], body: String = "", subprotocols: [String] = []) -> HandshakeError? {
        let answer = Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
        let results = [1, 2, 3, 50, answer.count].map { run(answer, pieceBytes: $0, subprotocols: subprotocols) }
        #expect(results.allSatisfy { $0 == results[0] }, "the split changes the result")
        guard case .failure(let error) = results[0] else { return nil }
        return error
    }

    @Test("the request is written as in RFC 6455 §1.3, followed by the caller's fields")
    func request() {
        let handshake = ClientHandshake(
            host: "server.example.com:81",
            target: "/chat?x=1",
            key: exampleKey,
            headers: HTTPHeaders([("Authorization", "Bearer t"), ("upgrade", "h2c"), ("Host", "other")]),
            subprotocols: ["chat", "superchat"]
        )
        let lines = [
            "GET /chat?x=1 HTTP/1.1", "Host: server.example.com:81", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: chat, superchat", "Authorization: Bearer t", "", "",
        ]
        #expect(String(decoding: handshake.requestBytes, as: UTF8.self) == lines.joined(separator: "\r\n"))
    }

    @Test("the bytes after the 101 are returned, for every split of the input")
    func leftover() throws {
        let head = Array((Self.accepted.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        let frames: [UInt8] = [0x81, 2, 65, 66]
        for cut in 1..<head.count {
            var handshake = ClientHandshake(host: "h", target: "/", key: exampleKey)
            let first = try head[..<cut].withUnsafeBytes { try handshake.receive($0) }
            #expect(first == .incomplete)
            let second = try (head[cut...] + frames).withUnsafeBytes { try handshake.receive($0) }
            guard case .accepted(let answer, let leftover) = second else {
                Issue.record("cut at \(cut)")
                continue
            }
            #expect(answer.status == 101 && leftover == frames)
        }
    }

    @Test("tokens are compared ignoring case and found in lists")
    func tokens() {
        let lines = [
            "HTTP/1.1 101", "UPGRADE: foo, WebSocket", "connection: keep-alive, UPGRADE", Self.accepted[3],
            "Sec-WebSocket-Protocol: b",
        ]
        #expect(error(lines, subprotocols: ["a", "b"]) == nil)
        #expect(error(lines, subprotocols: ["B"])?.code == .notOffered)
    }

    @Test("a 101 with a missing, wrong or duplicate field is refused")
    func wrongAnswers() {
        let all = Self.accepted
        #expect(error([all[0], all[2], all[3]])?.code == .notAnUpgrade)
        #expect(error([all[0], all[1], all[3]])?.code == .notAnUpgrade)
        #expect(error([all[0], "Upgrade: websockets", all[2], all[3]])?.code == .notAnUpgrade)
        #expect(error([all[0], all[1], all[2]])?.code == .wrongAccept)
        #expect(error([all[0], all[1], all[2], all[3].lowercased()])?.code == .wrongAccept)
        #expect(error(all + [all[3]])?.code == .wrongAccept)
        #expect(error(all + ["Sec-WebSocket-Protocol: chat"])?.code == .notOffered)
        #expect(
            error(all + ["Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: a"], subprotocols: ["a"])?.code
                == .notOffered
        )
        #expect(error(all + ["Sec-WebSocket-Extensions: permessage-deflate"])?.code == .notOffered)
    }

    @Test("a refusal reports the server's answer and the start of its body")
    func refusals() {
        let plain = error(["HTTP/1.1 401 Unauthorized", "Content-Length: 13"], body: "no such\ntoken and more")
        #expect(plain?.description == "the server answered 401 Unauthorized instead of 101 Switching Protocols")
        #expect(plain?.code == .unexpectedStatus && plain?.status == 401)
        #expect(plain?.bodyExcerpt == "no such token")
        let chunked = error(
            ["HTTP/1.1 429", "Transfer-Encoding: chunked", "Retry-After: 7"],
            body: "4\r\nslow\r\n5;x=y\r\n down\r\n0\r\n\r\n"
        )
        #expect(chunked?.bodyExcerpt == "slow down" && chunked?.responseHead?.headers["retry-after"] == "7")
        #expect(chunked?.description == "the server answered 429 Too Many Requests instead of 101 Switching Protocols")
        #expect(error(["HTTP/1.1 302 Found", "Content-Length: 0"])?.bodyExcerpt == nil)
        #expect(error(["HTTP/1.0 500 Oops"], body: "until the end")?.bodyExcerpt == "until the end")
        let long = String(repeating: "x", count: 5000)
        #expect(error(["HTTP/1.0 500 Oops"], body: long)?.bodyExcerpt?.count == 256)
        #expect(
            error(["HTTP/1.1 500", "Transfer-Encoding: chunked"], body: "1388\r\n\(long)")?.bodyExcerpt?.count == 256
        )
        #expect(error(["HTTP/1.1 200 OK", "Content-Length: 99999999999999999999"], body: "x")?.status == 200)
    }

    @Test("a server with another protocol is detected at its first wrong byte")
    func notHTTP() {
        #expect(error(["SSH-2.0-OpenSSH_9.2"])?.description == "the server did not answer with HTTP/1")
        #expect(error(["HTTP/2 101"])?.code == .malformedHead)
        #expect(error(["HTTP/1.1 1x1 Odd"])?.code == .malformedHead)
        var handshake = ClientHandshake(host: "h", target: "/", key: exampleKey)
        #expect(throws: HandshakeError.self) { try [0x15, 3, 3].withUnsafeBytes { try handshake.receive($0) } }
        #expect(handshake.connectionEnded().code == .connectionEnded)
    }
}

struct ServerHandshakeTests {
    private func request(
        _ method: String = "GET",
        versionMinor: Int = 1,
        without removed: String = "",
        adding extra: [(String, String)] = []
    ) -> HTTPRequestHead {
        let fields = [
            ("Host", "h"), ("Upgrade", "WebSocket"), ("Connection", "keep-alive, Upgrade"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
        ]
        let headers = HTTPHeaders(fields.filter { $0.0 != removed } + extra)
        return HTTPRequestHead(method: method, target: "/", headers: headers, versionMinor: versionMinor)
    }

    private func status(_ request: HTTPRequestHead) -> Int? {
        do {
            try ServerHandshake.check(request)
            return nil
        } catch {
            return error.status
        }
    }

    @Test("a valid request is answered as in RFC 6455 §1.3")
    func accepts() throws {
        let offer = request(adding: [("Sec-WebSocket-Protocol", "a, b"), ("Sec-WebSocket-Protocol", "c")])
        #expect(ServerHandshake.isUpgrade(offer))
        #expect(ServerHandshake.subprotocols(of: offer) == ["a", "b", "c"])
        let answer = try ServerHandshake.accept(offer, subprotocol: "b", headers: HTTPHeaders([("Server", "feedrec")]))
        let lines = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: \(exampleAccept)", "Sec-WebSocket-Protocol: b", "Server: feedrec", "", "",
        ]
        #expect(String(decoding: answer, as: UTF8.self) == lines.joined(separator: "\r\n"))
        let other = try ServerHandshake.accept(offer, subprotocol: "z")
        #expect(!String(decoding: other, as: UTF8.self).contains("Protocol: z"))
    }

    @Test("an invalid request gets the matching status")
    func rejects() {
        #expect(status(request()) == nil)
        #expect(status(request("POST")) == 405)
        #expect(status(request(versionMinor: 0)) == 505)
        #expect(status(request(without: "Host")) == 400)
        #expect(status(request(adding: [("Host", "h")])) == 400)
        #expect(status(request(adding: [("Content-Length", "3")])) == 400)
        #expect(status(request(adding: [("Transfer-Encoding", "chunked")])) == 400)
        #expect(status(request(without: "Upgrade")) == 426)
        #expect(status(request(without: "Connection")) == 426)
        #expect(status(request(without: "Sec-WebSocket-Version")) == 426)
        #expect(status(request(without: "Sec-WebSocket-Version", adding: [("Sec-WebSocket-Version", "8")])) == 426)
        #expect(status(request(adding: [("Sec-WebSocket-Version", "13")])) == 426)
        #expect(status(request(without: "Sec-WebSocket-Key")) == 400)
        #expect(status(request(adding: [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")])) == 400)
        for key in [
            "", "abc", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=!", "AAAA", "dGhlIHNhbXBsZSBub25jZWFh",
        ] {
            #expect(
                status(request(without: "Sec-WebSocket-Key", adding: [("Sec-WebSocket-Key", key)])) == 400,
                "\(key)"
            )
        }
    }

    @Test("a rejection is a complete HTTP response that names the supported version")
    func rejection() throws {
        let error = HandshakeError(code: .unsupportedVersion, description: "no", status: 426)
        let lines = [
            "HTTP/1.1 426 Upgrade Required", "Content-Type: text/plain; charset=utf-8", "Content-Length: 3",
            "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Connection: Upgrade, close", "", "no\n",
        ]
        #expect(String(decoding: ServerHandshake.rejection(error), as: UTF8.self) == lines.joined(separator: "\r\n"))
    }

    @Test("both sides of the handshake agree")
    func roundTrip() throws {
        var generator = SplitMix64(seed: 3)
        let key = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var client = ClientHandshake(host: "h", target: "/x", key: key, subprotocols: ["json"])
        var parser = HTTPHeadParser()
        let parsed = try client.requestBytes.withUnsafeBytes { try parser.receiveRequest($0) }
        guard case .head(let head, _) = parsed else {
            Issue.record("the request is incomplete")
            return
        }
        let answer = try ServerHandshake.accept(head, subprotocol: "json")
        let progress = try answer.withUnsafeBytes { try client.receive($0) }
        guard case .accepted(let response, let leftover) = progress else {
            Issue.record("the answer is incomplete")
            return
        }
        #expect(response.headers["Sec-WebSocket-Protocol"] == "json" && leftover.isEmpty)
    }
}
