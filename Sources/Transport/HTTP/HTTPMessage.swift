package import WebSocketProtocol

/// A request that is not a WebSocket handshake, with its complete body.
package struct HTTPRequest: Sendable {
    package var head: HTTPRequestHead
    /// At most 64 KiB.
    package var body: [UInt8]
    /// `address:port` of the client.
    package var remoteAddress: String?

    package init(head: HTTPRequestHead, body: [UInt8] = [], remoteAddress: String? = nil) {
        self.head = head
        self.body = body
        self.remoteAddress = remoteAddress
    }
}

/// A complete response; `Content-Length` and `Connection` are added when it is sent.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Makes a response with text and a `Content-Type`, by default plain text.
    package init(status: Int, text: String, contentType: String = "text/plain; charset=utf-8") {
        self.init(status: status, headers: HTTPHeaders([("Content-Type", contentType)]), body: Array(text.utf8))
    }

    /// The bytes to send; a response to HEAD, a 204 and a 304 have no body (RFC 9110 §6.4.1).
    func bytes(keepsAlive: Bool, isForHEAD: Bool) -> [UInt8] {
        var head = HTTPResponseHead(status: status, headers: headers)
        let hasNoBody = status == 204 || status == 304
        if !hasNoBody { head.headers.append("Content-Length", String(body.count)) }
        head.headers.append("Connection", keepsAlive ? "keep-alive" : "close")
        return hasNoBody || isForHEAD ? head.bytes : head.bytes + body
    }
}
