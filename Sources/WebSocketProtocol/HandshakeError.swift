/// Why an opening handshake failed; the connection cannot be used any more.
package struct HandshakeError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The bytes are not an HTTP/1 head.
        case malformedHead
        /// The head is longer than ``WebSocketLimits/headerBytesMax``.
        case headTooLarge
        /// The connection ended before the handshake was complete.
        case connectionEnded
        /// The server did not answer with 101.
        case unexpectedStatus
        /// `Upgrade` or `Connection` is missing or has another value.
        case notAnUpgrade
        /// The server's `Sec-WebSocket-Accept` is missing, duplicate or does not match our key.
        case wrongAccept
        /// The server chose a subprotocol, an extension or parameters of it that were not offered.
        case notOffered
        /// The request is not a valid WebSocket handshake: method, HTTP version, `Host`, or a body.
        case badRequest
        /// The client's `Sec-WebSocket-Key` is missing, duplicate or not 16 bytes of Base64.
        case badKey
        /// The client's `Sec-WebSocket-Version` is not 13.
        case unsupportedVersion
    }

    package let code: Code
    /// One line in lower case without a full stop.
    package let description: String
    /// The HTTP status: at the client the server's answer, at the server the answer to send.
    package let status: Int?
    /// At the client: the head of a refusal, for `Retry-After` and similar headers.
    package let responseHead: HTTPResponseHead?
    /// At the client: the first bytes of a refusal's body, with unprintable characters replaced.
    package let bodyExcerpt: String?

    package init(
        code: Code,
        description: String,
        status: Int? = nil,
        responseHead: HTTPResponseHead? = nil,
        bodyExcerpt: String? = nil
    ) {
        self.code = code
        self.description = description
        self.status = status
        self.responseHead = responseHead
        self.bodyExcerpt = bodyExcerpt
    }
}
