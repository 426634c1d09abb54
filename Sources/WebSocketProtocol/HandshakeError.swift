/// Why an opening handshake failed; the connection cannot be used any further.
package struct HandshakeError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The bytes are not an HTTP/1 head.
        case malformedHead
        /// The head is longer than ``WebSocketLimits/headerBytesMax``.
        case headTooLarge
        /// The connection ended before the handshake did.
        case connectionEnded
        /// The server answered, but not with 101.
        case unexpectedStatus
        /// `Upgrade` or `Connection` is missing or says something else.
        case notAnUpgrade
        /// The server's `Sec-WebSocket-Accept` is missing, doubled or not the answer to our key.
        case wrongAccept
        /// The server chose a subprotocol, an extension or parameters of it that were not offered.
        case notOffered
        /// A request that is no WebSocket handshake: method, version of HTTP, `Host`, or a body.
        case badRequest
        /// The client's `Sec-WebSocket-Key` is missing, doubled or not 16 bytes of base64.
        case badKey
        /// The client's `Sec-WebSocket-Version` is not 13.
        case unsupportedVersion
    }

    package let code: Code
    /// One line in lower case without a full stop.
    package let description: String
    /// The HTTP status: at the client the one the server answered with, at the server the one to answer with.
    package let status: Int?
    /// At the client: the head of an answer that refuses, for `Retry-After` and the like.
    package let responseHead: HTTPResponseHead?
    /// At the client: the first bytes of the body that came with a refusal, unprintable characters replaced.
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
