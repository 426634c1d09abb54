import MarketModel
import TextEncoding

/// Proves that a server has read the client's request as a WebSocket handshake (RFC 6455 §1.3).
enum HandshakeKey {
    /// The header fields that belong to the handshake itself.
    static let fieldNames = [
        "Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Extensions", "Sec-WebSocket-Accept",
    ]

    /// Returns the `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` as it was sent.
    static func accept(for key: String) -> String {
        Base64.encode(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }
}

extension HTTPHeaders {
    /// Appends the caller's fields, except those of the handshake.
    mutating func appendOthers(_ headers: HTTPHeaders) {
        for field in headers.fields where !HandshakeKey.fieldNames.contains(where: field.name.equalsIgnoringCase) {
            append(field.name, field.value)
        }
    }
}
