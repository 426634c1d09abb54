/// How a WebSocket connection ended (RFC 6455 §7.1.5 and §7.1.6).
package struct CloseInfo: Sendable, Hashable {
    /// The side that sent the first close frame.
    package enum Initiator: Sendable, Hashable {
        case local
        case remote
        /// Neither side sent a close frame: the connection was lost.
        case none
    }

    /// The peer's code; after a violation, our own code unless the peer had sent one.
    ///
    /// 1005 means a close frame without a code, 1006 a connection that ended without the peer's close frame.
    package var code: UInt16
    /// The reason that belongs to ``code``, often empty.
    package var reason: String
    package var initiator: Initiator
    /// What went wrong, in lower case; `nil` after a regular close handshake.
    package var error: String?

    package init(code: UInt16, reason: String = "", initiator: Initiator, error: String? = nil) {
        self.code = code
        self.reason = reason
        self.initiator = initiator
        self.error = error
    }
}
