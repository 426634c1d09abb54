import MarketModel
import Testing
import WebSocketProtocol

struct HTTPHeadParserTests {
    struct Found: Equatable {
        let head: HTTPRequestHead
        /// Where the head ends in the joined pieces.
        let end: Int
    }

    private func run(_ pieces: [ArraySlice<UInt8>], headerBytesMax: Int = 1000) -> Result<Found?, HandshakeError> {
        var parser = HTTPHeadParser(headerBytesMax: headerBytesMax)
        var taken = 0
        for piece in pieces {
            let result = piece.withUnsafeBytes { bytes in
                Result { () throws(HandshakeError) in try parser.receiveRequest(bytes) }
            }
            switch result {
            case .success(.incomplete): taken += piece.count
            case .success(.head(let head, let consumed)): return .success(Found(head: head, end: taken + consumed))
            case .failure(let error): return .failure(error)
            }
        }
        return .success(nil)
    }

    /// The result for the whole text, after checking that every split in two and single bytes give the same.
    private func request(_ text: String, headerBytesMax: Int = 1000) -> Result<Found?, HandshakeError> {
        let bytes = Array(text.utf8)
        let whole = run([bytes[...]], headerBytesMax: headerBytesMax)
        for pieces in bytes.indices.map({ [bytes[..<$0], bytes[$0...]] }) + [bytes.pieces(of: 1)] {
            #expect(run(pieces, headerBytesMax: headerBytesMax) == whole, "cut at \(pieces[0].count)")
        }
        return whole
    }

    @Test("a request head is parsed up to its empty line")
    func readsRequest() throws {
        let text =
            "GET /a%20b/c?x=1%2B+2&y&x=3 HTTP/1.1\r\nHost: h\r\nUpgrade:WebSocket , h2c\t\r\nupgrade: z\r\n\r\nBODY"
        let found = try #require(try request(text).get())
        let head = found.head
        #expect(found.end == text.utf8.count - 4)
        #expect(head.method == "GET" && head.versionMinor == 1)
        #expect(head.path == "/a b/c")
        #expect(head.query("x") == "1++2" && head.query("y") == "" && head.query("z") == nil)
        #expect(head.queryItems.map(\.value) == ["1++2", "", "3"])
        #expect(head.headers["HOST"] == "h")
        #expect(head.headers.list("Upgrade") == ["WebSocket", "h2c", "z"])
        #expect(head.headers.contains("upgrade", token: "websocket"))
        #expect(head.wantsKeepAlive)
    }

    @Test(
        "the path is found in every form of target",
        arguments: [
            ("/", "/"), ("/x?", "/x"), ("*", "*"), ("http://h:1/p/q?r=/s", "/p/q"), ("http://h", "/"),
            ("http://h?x=1", "/"),
            ("/a//b", "/a//b"), ("/%zz%4", "/%zz%4"), ("//x/y", "//x/y"),
        ]
    )
    func paths(target: String, path: String) {
        #expect(HTTPRequestHead(method: "GET", target: target).path == path)
    }

    @Test(
        "a malformed head is an error",
        arguments: [
            "GET  / HTTP/1.1\r\n\r\n", "GET /\r\n\r\n", "GET ?x HTTP/1.1\r\n\r\n", "GET x/y HTTP/1.1\r\n\r\n",
            "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n",
            "G@T / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost\r\n\r\n", "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
            "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
            "GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", "GET / HTTP/1.1\r\nA: b\0\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\n\r\n",
            "\u{16}\u{3}\u{1}", "GET / HTTP/1.1\r\n: x\r\n\r\n",
        ]
    )
    func malformed(text: String) {
        guard case .failure(let error) = request(text) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .malformedHead)
        #expect(error.status == (text.contains("HTTP/2.0") ? 505 : 400))
    }

    @Test("a head may be exactly as long as the limit")
    func limit() throws {
        let text = "GET / HTTP/1.1\r\nA: 12345\r\n\r\n"
        #expect(try request(text, headerBytesMax: text.utf8.count).get() != nil)
        guard case .failure(let error) = request(text, headerBytesMax: text.utf8.count - 1) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .headTooLarge && error.status == 431)
    }

    @Test("a parser reads one head after the other")
    func sequence() throws {
        var parser = HTTPHeadParser()
        let bytes = Array("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.0\r\n\r\n".utf8)
        var targets: [String] = []
        var rest = bytes[...]
        while case .head(let head, let consumed) = try rest.withUnsafeBytes({ try parser.receiveRequest($0) }) {
            targets.append(head.target)
            rest = rest.dropFirst(consumed)
        }
        #expect(targets == ["/1", "/2"] && parser.isEmpty)
    }

    @Test("a damaged head never traps and gives the same result for every split")
    func garbage() {
        let seed = UInt64.random(in: 0...(.max))
        var generator = SplitMix64(seed: seed)
        let text = Array("GET /a?b=%41 HTTP/1.1\r\nHost: h\r\nUpgrade: a, b\r\n\r\n".utf8)
        let replacements = Array("\r\n :%/?1".utf8) + [0, 0x7f, 0xff]
        for round in 0..<300 {
            var damaged = text
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let place = Int.random(in: damaged.indices, using: &generator)
                damaged[place] = replacements.randomElement(using: &generator) ?? 0
            }
            let (whole, single) = (run([damaged[...]]), run(damaged.pieces(of: 1)))
            #expect(whole == single, "seed \(seed), round \(round)")
            if case .success(let found?) = whole { #expect(!found.head.path.isEmpty, "seed \(seed), round \(round)") }
        }
    }

    @Test("header values cannot inject a line, and names that are not tokens are left out")
    func injection() {
        let headers = HTTPHeaders([("A", " x\r\nB: y "), ("C D", "z"), ("", "z")])
        #expect(headers.fields.map(\.value) == ["x  B: y"])
    }
}
