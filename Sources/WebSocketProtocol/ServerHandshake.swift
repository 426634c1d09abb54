import MarketModel
import TextEncoding

/// The server's side of the opening handshake (RFC 6455 §4.2).
package enum ServerHandshake {
    /// Whether a request asks for a WebSocket, correctly or not; ``accept(_:subprotocol:headers:deflate:)`` checks it.
    package static func isUpgrade(_ request: HTTPRequestHead) -> Bool {
        request.headers.contains("Upgrade", token: "websocket") || request.headers["Sec-WebSocket-Key"] != nil
    }

    /// The subprotocols that the client offers, in its order of preference.
    package static func subprotocols(of request: HTTPRequestHead) -> [String] {
        request.headers.list("Sec-WebSocket-Protocol")
    }

    /// Checks a request without making a response.
    package static func check(_ request: HTTPRequestHead) throws(HandshakeError) {
        _ = try checkedKey(of: request)
    }

    /// Checks the request and returns the bytes of the 101 response.
    ///
    /// `subprotocol` is left out if the client did not offer it, because the client would have to fail. `headers` are
    /// further fields, except those of the handshake. `deflate` must come from ``deflate(for:settings:)`` for this
    /// request; pass it to the engine as well.
    package static func accept(
        _ request: HTTPRequestHead,
        subprotocol: String? = nil,
        headers: HTTPHeaders = HTTPHeaders(),
        deflate: DeflateAgreement? = nil
    ) throws(HandshakeError) -> [UInt8] {
        let key = try checkedKey(of: request)
        var fields = HTTPHeaders([
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", HandshakeKey.accept(for: key)),
        ])
        if let subprotocol, subprotocols(of: request).contains(subprotocol) {
            fields.append("Sec-WebSocket-Protocol", subprotocol)
        }
        if let deflate { fields.append("Sec-WebSocket-Extensions", deflate.headerValue) }
        fields.appendOthers(headers)
        return HTTPResponseHead(status: 101, headers: fields).bytes
    }

    /// The complete response to a request that failed with `error`; close the connection after it.
    package static func rejection(_ error: HandshakeError) -> [UInt8] {
        let status = error.status ?? 400
        let body = Array((error.description + "\n").utf8)
        var fields = HTTPHeaders([
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "\(body.count)"),
        ])
        if status == 405 { fields.append("Allow", "GET") }
        if status == 426 {
            fields.append("Upgrade", "websocket")
            fields.append("Sec-WebSocket-Version", "13")
        }
        fields.append("Connection", status == 426 ? "Upgrade, close" : "close")
        return HTTPResponseHead(status: status, headers: fields).bytes + body
    }

    /// Returns the client's key if the request satisfies RFC 6455 §4.2.1.
    private static func checkedKey(of request: HTTPRequestHead) throws(HandshakeError) -> String {
        func error(_ code: HandshakeError.Code, _ description: String, _ status: Int = 400) -> HandshakeError {
            HandshakeError(code: code, description: description, status: status)
        }
        let headers = request.headers
        guard request.method == "GET" else { throw error(.badRequest, "a WebSocket handshake is a GET request", 405) }
        guard request.versionMinor >= 1 else { throw error(.badRequest, "a WebSocket handshake needs HTTP/1.1", 505) }
        guard headers.values("Host").count == 1 else { throw error(.badRequest, "exactly one Host is needed") }
        guard headers.values("Transfer-Encoding").isEmpty, headers.values("Content-Length").allSatisfy({ $0 == "0" })
        else { throw error(.badRequest, "a WebSocket handshake has no body") }
        guard headers.contains("Upgrade", token: "websocket"), headers.contains("Connection", token: "Upgrade") else {
            throw error(
                .notAnUpgrade,
                "a WebSocket handshake needs 'Upgrade: websocket' and 'Connection: Upgrade'",
                426
            )
        }
        guard headers.values("Sec-WebSocket-Version") == ["13"] else {
            throw error(.unsupportedVersion, "only version 13 of the WebSocket protocol is supported", 426)
        }
        let keys = headers.values("Sec-WebSocket-Key")
        guard keys.count == 1, Base64.decode(keys[0])?.count == 16 else {
            throw error(.badKey, "exactly one Sec-WebSocket-Key of 16 bytes in base64 is needed")
        }
        guard ExtensionHeader.list(headers.values("Sec-WebSocket-Extensions")) != nil else {
            throw error(.badRequest, "the Sec-WebSocket-Extensions is malformed")
        }
        return keys[0]
    }
}
