import Testing
import WebSocketProtocol

private let key = Array("the sample nonce".utf8)

private func request(_ extensions: [String]) -> HTTPRequestHead {
    let handshake = [
        ("Host", "h"), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    let headers = HTTPHeaders(handshake + extensions.map { ("Sec-WebSocket-Extensions", $0) })
    return HTTPRequestHead(method: "GET", target: "/", headers: headers)
}

struct DeflateServerNegotiationTests {
    private func answer(_ offers: String..., settings: DeflateSettings = DeflateSettings()) -> String? {
        ServerHandshake.deflate(for: request(offers), settings: settings)?.headerValue
    }

    @Test("every offered parameter is answered")
    func parameters() {
        #expect(answer("permessage-deflate") == "permessage-deflate")
        #expect(answer("Permessage-Deflate ; client_max_window_bits ") == "permessage-deflate")
        for name in ["server_no_context_takeover", "client_no_context_takeover"] {
            #expect(answer("permessage-deflate; \(name)") == "permessage-deflate; \(name)")
        }
        for bits in 8...15 {
            for name in ["server_max_window_bits", "client_max_window_bits"] {
                #expect(answer("permessage-deflate;\(name)=\(bits)") == "permessage-deflate; \(name)=\(bits)")
                #expect(answer("permessage-deflate; \(name)=\"\(bits)\"") == "permessage-deflate; \(name)=\(bits)")
            }
        }
    }

    @Test("the server's settings narrow what is offered")
    func settings() {
        let narrow = DeflateSettings(
            keepsOwnContext: false,
            allowsPeerContext: false,
            ownWindowBits: 10,
            peerWindowBits: 11
        )
        #expect(
            answer("permessage-deflate; client_max_window_bits=14; server_max_window_bits=12", settings: narrow)
                == "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                + "server_max_window_bits=10; client_max_window_bits=11"
        )
        #expect(answer("permessage-deflate", settings: narrow) == nil, "the client cannot be limited to 11 bits")
        #expect(answer("permessage-deflate", settings: DeflateSettings(ownWindowBits: 9))?.hasSuffix("=9") == true)
    }

    @Test(
        "an offer with an unknown, duplicate or out-of-range parameter is ignored",
        arguments: [
            "x", "x=1", "server_no_context_takeover=1", "client_no_context_takeover=true", "server_max_window_bits",
            "server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=08",
            "client_max_window_bits=0", "client_max_window_bits=+9", "client_max_window_bits=9x",
            "server_no_context_takeover; server_no_context_takeover", "Server_No_Context_Takeover",
            "client_max_window_bits; client_max_window_bits=9", "server_max_window_bits=9; server_max_window_bits=9",
        ]
    )
    func badOffers(parameters: String) throws {
        #expect(answer("permessage-deflate; \(parameters)") == nil)
        #expect(answer("permessage-deflate; \(parameters), permessage-deflate") == "permessage-deflate")
        let plain = try ServerHandshake.accept(request(["permessage-deflate; \(parameters)"]))
        #expect(!String(decoding: plain, as: UTF8.self).contains("Extensions"))
    }

    @Test("the first fitting offer is taken, over all fields and other extensions")
    func choice() {
        let offers = "foo; a=\"b\", permessage-deflate; x, permessage-deflate; server_max_window_bits=9"
        #expect(answer(offers, "permessage-deflate") == "permessage-deflate; server_max_window_bits=9")
        #expect(answer("foo, x-webkit-deflate-frame") == nil)
        #expect(answer() == nil)
        #expect(answer("") == nil)
    }

    @Test(
        "a malformed field makes the request invalid",
        arguments: [
            ";", "permessage-deflate;", "a b", "a; =1", "a; b=", "a; b=\"c", "a; b=\"c d\"", "a; b=\"\"", "a/b", "a=1",
        ]
    )
    func malformed(field: String) {
        let error = #expect(throws: HandshakeError.self) { try ServerHandshake.check(request([field])) }
        #expect(error?.status == 400)
        #expect(answer(field) == nil)
    }

    @Test("the 101 contains the answer")
    func accept() throws {
        let head = request(["permessage-deflate; client_max_window_bits"])
        let deflate = ServerHandshake.deflate(for: head, settings: DeflateSettings(peerWindowBits: 12))
        let text = String(decoding: try ServerHandshake.accept(head, deflate: deflate), as: UTF8.self)
        #expect(text.contains("\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12\r\n"))
    }
}

struct DeflateClientNegotiationTests {
    /// The client's result for a 101 with this answer.
    private func result(
        _ answers: [String],
        settings: DeflateSettings?
    ) -> Result<DeflateAgreement?, HandshakeError> {
        var handshake = ClientHandshake(host: "h", target: "/", key: key, deflate: settings)
        let lines =
            [
                "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            ] + answers.map { "Sec-WebSocket-Extensions: \($0)" } + ["", ""]
        return Array(lines.joined(separator: "\r\n").utf8).withUnsafeBytes { bytes in
            Result { () throws(HandshakeError) in
                _ = try handshake.receive(bytes)
                return handshake.deflate
            }
        }
    }

    private func isRefused(_ answers: String..., settings: DeflateSettings? = DeflateSettings()) -> Bool {
        guard case .failure(let error) = result(answers, settings: settings) else { return false }
        return error.code == .notOffered && error.status == 101
    }

    private func agreement(_ answer: String, settings: DeflateSettings = DeflateSettings()) -> DeflateAgreement? {
        try? result([answer], settings: settings).get()
    }

    @Test("the offer expresses the settings")
    func offer() {
        func offer(_ settings: DeflateSettings?) -> String? {
            let handshake = ClientHandshake(
                host: "h",
                target: "/",
                key: key,
                headers: HTTPHeaders([("Sec-WebSocket-Extensions", "foo")]),
                deflate: settings
            )
            let lines = String(decoding: handshake.requestBytes, as: UTF8.self).split(separator: "\r\n")
            return lines.first { $0.hasPrefix("Sec-WebSocket-Extensions: ") }?.split(separator: ": ").last.map(
                String.init
            )
        }
        #expect(offer(nil) == nil)
        #expect(offer(DeflateSettings()) == "permessage-deflate; client_max_window_bits")
        let narrow = DeflateSettings(
            keepsOwnContext: false,
            allowsPeerContext: false,
            ownWindowBits: 9,
            peerWindowBits: 10
        )
        #expect(
            offer(narrow) == "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                + "server_max_window_bits=10; client_max_window_bits=9"
        )
    }

    @Test("the server's answer decides")
    func answers() {
        #expect(result([], settings: DeflateSettings()) == .success(nil))
        let plain = agreement("permessage-deflate")
        #expect(plain?.serverWindowBits == 15 && plain?.clientWindowBits == 15)
        #expect(plain?.serverKeepsContext == true && plain?.clientKeepsContext == true)
        let narrow = agreement(
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; "
                + "client_max_window_bits=9"
        )
        #expect(narrow?.serverWindowBits == 8 && narrow?.clientWindowBits == 9)
        #expect(narrow?.serverKeepsContext == false && narrow?.clientKeepsContext == false)
    }

    @Test("an extension that was not offered, or appears twice, is refused")
    func notOffered() {
        #expect(isRefused("permessage-deflate", settings: nil))
        #expect(isRefused("foo"))
        #expect(isRefused("permessage-deflate, foo"))
        #expect(isRefused("permessage-deflate, permessage-deflate"))
        #expect(isRefused("permessage-deflate", "permessage-deflate"))
        #expect(isRefused("") && isRefused(";") && isRefused("permessage-deflate;"))
    }

    @Test(
        "an answer with an unknown, duplicate or out-of-range parameter is refused",
        arguments: [
            "x", "server_no_context_takeover=1", "client_max_window_bits", "server_max_window_bits",
            "server_max_window_bits=16", "client_max_window_bits=7", "client_max_window_bits=\"\"",
            "server_no_context_takeover; server_no_context_takeover",
        ]
    )
    func badAnswers(parameters: String) {
        #expect(isRefused("permessage-deflate; \(parameters)"))
    }

    @Test("an answer must be compatible with the offer")
    func beyondTheOffer() {
        let noContext = DeflateSettings(allowsPeerContext: false)
        #expect(isRefused("permessage-deflate", settings: noContext))
        #expect(agreement("permessage-deflate; server_no_context_takeover", settings: noContext) != nil)
        let small = DeflateSettings(ownWindowBits: 9, peerWindowBits: 10)
        #expect(isRefused("permessage-deflate", settings: small))
        #expect(isRefused("permessage-deflate; server_max_window_bits=11", settings: small))
        #expect(isRefused("permessage-deflate; server_max_window_bits=10; client_max_window_bits=10", settings: small))
        #expect(agreement("permessage-deflate; server_max_window_bits=9", settings: small) != nil)
    }

    @Test("both sides reach the same agreement for all settings")
    func bothSides() throws {
        let all = [8, 9, 12, 15].flatMap { own in
            [8, 10, 15].flatMap { peer in
                [true, false].flatMap { keeps in
                    [true, false].map { allows in
                        DeflateSettings(
                            keepsOwnContext: keeps,
                            allowsPeerContext: allows,
                            ownWindowBits: own,
                            peerWindowBits: peer
                        )
                    }
                }
            }
        }
        for client in all {
            let handshake = ClientHandshake(host: "h", target: "/", key: key, deflate: client)
            var parser = HTTPHeadParser()
            guard
                case .head(let head, _) = try handshake.requestBytes.withUnsafeBytes({ try parser.receiveRequest($0) })
            else { return #expect(Bool(false)) }
            for server in all {
                let served = try #require(ServerHandshake.deflate(for: head, settings: server))
                let taken = try #require(agreement(served.headerValue, settings: client))
                #expect(taken.headerValue == served.headerValue)
            }
        }
    }
}
