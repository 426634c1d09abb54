import MarketModel
import TextEncoding

/// The client's side of the opening handshake (RFC 6455 §4.1): makes the request and checks the response.
package struct ClientHandshake: Sendable {
    package enum Progress: Sendable, Hashable {
        case incomplete
        /// The server accepted; `leftover` holds the bytes after its head, which are the first frames.
        case accepted(HTTPResponseHead, leftover: [UInt8])
    }

    /// The request; send it once.
    package let requestBytes: [UInt8]

    /// How messages are compressed, once the server has accepted; `nil` for no compression.
    package private(set) var deflate: DeflateAgreement?

    private let key: String
    private let deflateSettings: DeflateSettings?
    private let subprotocols: [String]
    private var parser: HTTPHeadParser
    /// The head and body of a response other than 101, while the body is arriving.
    private var refusal: (head: HTTPResponseHead, body: RefusalBody)?

    /// Prepares the request.
    ///
    /// - Parameters:
    ///   - host: the `Host` header: the host, and the port unless it is the scheme's default.
    ///   - target: path and query, percent-encoded.
    ///   - key: 16 unpredictable bytes.
    ///   - headers: further fields; fields that the handshake sets itself, such as `Host`, are ignored.
    ///   - subprotocols: in order of preference.
    ///   - limits: `headerBytesMax` limits the server's head.
    ///   - deflate: the permessage-deflate settings to offer; `nil` for no offer.
    package init(
        host: String,
        target: String,
        key: [UInt8],
        headers: HTTPHeaders = HTTPHeaders(),
        subprotocols: [String] = [],
        limits: WebSocketLimits = WebSocketLimits(),
        deflate: DeflateSettings? = nil
    ) {
        precondition(key.count == 16, "a handshake key has 16 bytes")
        deflateSettings = deflate
        self.key = Base64.encode(key)
        self.subprotocols = subprotocols
        parser = HTTPHeadParser(headerBytesMax: limits.headerBytesMax)
        var fields = HTTPHeaders([
            ("Host", host), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", self.key),
            ("Sec-WebSocket-Version", "13"),
        ])
        if !subprotocols.isEmpty {
            fields.append("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))
        }
        if let deflate { fields.append("Sec-WebSocket-Extensions", deflate.offer.text) }
        fields.appendOthers(headers)
        // A space or a control character would end the target early.
        let safeTarget = target.utf8.filter { $0 > 0x20 && $0 != 0x7f }
        var bytes = Array("GET ".utf8) + (safeTarget.isEmpty ? Array("/".utf8) : safeTarget)
        bytes.append(contentsOf: " HTTP/1.1\r\n".utf8)
        bytes.append(fields)
        requestBytes = bytes
    }

    /// Takes the next bytes from the server; must not be called after `.accepted` or an error.
    ///
    /// A refusal is thrown once enough of its body has arrived for an excerpt. Otherwise ``connectionEnded()`` returns
    /// it.
    package mutating func receive(_ input: UnsafeRawBufferPointer) throws(HandshakeError) -> Progress {
        if refusal != nil { return try receiveRefusal(input) }
        guard case .head(let head, let consumed) = try parser.receiveResponse(input) else { return .incomplete }
        let rest = UnsafeRawBufferPointer(rebasing: input[consumed...])
        guard head.status == 101 else {
            refusal = (head, RefusalBody(of: head))
            return try receiveRefusal(rest)
        }
        try check(head)
        deflate = try Self.agreement(in: head, offered: deflateSettings)
        return .accepted(head, leftover: Array(rest))
    }

    /// Returns the error for a connection that ended, or timed out, before the handshake was complete.
    package func connectionEnded() -> HandshakeError {
        if let refusal { return refused(refusal.head, refusal.body) }
        let place = parser.isEmpty ? "before the server answered the handshake" : "inside the server's answer"
        return HandshakeError(code: .connectionEnded, description: "the connection ended \(place)")
    }

    private mutating func receiveRefusal(_ input: UnsafeRawBufferPointer) throws(HandshakeError) -> Progress {
        refusal?.body.append(input)
        guard let refusal, refusal.body.isComplete else { return .incomplete }
        throw refused(refusal.head, refusal.body)
    }

    private func refused(_ head: HTTPResponseHead, _ body: RefusalBody) -> HandshakeError {
        let reason = head.reason.isEmpty ? HTTPResponseHead.usualReason(head.status) : head.reason
        let answer = reason.isEmpty ? "\(head.status)" : "\(head.status) \(reason)"
        return HandshakeError(
            code: .unexpectedStatus,
            description: "the server answered \(answer) instead of 101 Switching Protocols",
            status: head.status,
            responseHead: head,
            bodyExcerpt: body.excerpt
        )
    }

    /// Checks a 101 response (RFC 6455 §4.1, the list at its end).
    private func check(_ head: HTTPResponseHead) throws(HandshakeError) {
        func error(_ code: HandshakeError.Code, _ description: String) -> HandshakeError {
            HandshakeError(code: code, description: description, status: 101, responseHead: head)
        }
        let headers = head.headers
        guard headers.contains("Upgrade", token: "websocket") else {
            throw error(.notAnUpgrade, "the server's 101 has no 'Upgrade: websocket'")
        }
        guard headers.contains("Connection", token: "Upgrade") else {
            throw error(.notAnUpgrade, "the server's 101 has no 'Connection: Upgrade'")
        }
        guard headers.values("Sec-WebSocket-Accept") == [HandshakeKey.accept(for: key)] else {
            throw error(.wrongAccept, "the server's Sec-WebSocket-Accept does not match our key")
        }
        let chosen = headers.values("Sec-WebSocket-Protocol")
        guard chosen.count <= 1, chosen.allSatisfy(subprotocols.contains) else {
            throw error(.notOffered, "the server chose a subprotocol that was not offered")
        }
    }
}
