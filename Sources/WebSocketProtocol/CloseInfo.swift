/// How a WebSocket connection ended (RFC 6455 §7.1.5 and §7.1.6).
package struct CloseInfo: Sendable, Hashable {
    /// The side whose close frame came first.
    package enum Initiator: Sendable, Hashable {
        case local
        case remote
        /// No close frame went either way: the connection was lost.
        case none
    }

    /// The peer's code; if it sent none before the end, ours after a violation.
    ///
    /// 1005 stands for a close frame without a code, 1006 for a connection that ended without the peer's close frame.
    package var code: UInt16
    /// The reason that came with ``code``, often empty.
    package var reason: String
    package var initiator: Initiator
    /// What went wrong, in lower case; `nil` after a proper close handshake.
    package var error: String?

    package init(code: UInt16, reason: String = "", initiator: Initiator, error: String? = nil) {
        self.code = code
        self.reason = reason
        self.initiator = initiator
        self.error = error
    }
}
