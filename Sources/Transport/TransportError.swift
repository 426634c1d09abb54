package import TLSEngine
package import WebSocketProtocol

/// Why a connection could not be made, or is of no use any more.
package struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is done, and what a time-out may run out on.
    package enum Stage: Hashable, Sendable {
        /// Looking up the name and connecting, to the proxy where there is one.
        case connect
        /// Asking the proxy for the way to the server.
        case proxy
        case tls
        case handshake
        /// Nothing was received.
        case idle
        /// A ping was not answered.
        case pong
        /// The peer took nothing of what was to be sent.
        case send
        /// Our close frame was not answered.
        case close
    }

    /// What a proxy said, or failed to say.
    package enum ProxyFailure: Hashable, Sendable {
        /// It wants other credentials (407, or a SOCKS method or status).
        case authentication
        /// It does not let us go there (403, or SOCKS reply 2).
        case notAllowed
        /// It cannot reach the server.
        case unreachable
        /// Any other HTTP status.
        case answered(status: Int)
        /// It does not speak the protocol that its URL says.
        case malformed
        /// It closed the connection.
        case ended
    }

    package enum Code: Hashable, Sendable {
        case invalidURL
        /// A proxy's URL cannot be read.
        case invalidProxy
        case unknownHost
        case connectionRefused
        /// The network failed in another way: unreachable, reset, out of sockets, …
        case network
        case timedOut(Stage)
        case proxy(ProxyFailure)
        /// A certificate, key or CA file of ours cannot be used.
        case tlsConfiguration
        /// The peer's certificate was not accepted.
        case certificate
        case tls
        /// The opening handshake failed; the status if the server answered with one that is not 101.
        case handshake(status: Int?)
        /// The server wants us to go somewhere else, which is never done by itself.
        case redirected(status: Int)
        /// The peer broke the WebSocket protocol or a limit; our close code told it which.
        case protocolViolation(closeCode: UInt16)
        /// The connection is closed, or closing, as ``TransportError/closeInfo`` says.
        case closed
        /// We gave the connection up by ``WebSocketConnection/abort()``.
        case aborted
        case addressInUse
        /// No permission to listen there, or no such address on this host.
        case cannotListen
        /// The server has as many connections as it may have.
        case tooManyConnections
        /// The task that waited was cancelled.
        case cancelled
    }

    package let code: Code
    /// One line in lower case without a full stop, naming the peer and the cause; never a secret.
    package let description: String
    package let tlsError: TLSError?
    package let handshakeError: HandshakeError?
    /// How the connection ended, for ``Code-swift.enum/closed``.
    package let closeInfo: CloseInfo?
    /// How long the server asked to be left alone, if its answer said so.
    package let retryAfter: RetryAfter?

    package init(
        code: Code,
        description: String,
        tlsError: TLSError? = nil,
        handshakeError: HandshakeError? = nil,
        closeInfo: CloseInfo? = nil,
        retryAfter: RetryAfter? = nil
    ) {
        self.code = code
        self.description = description
        self.tlsError = tlsError
        self.handshakeError = handshakeError
        self.closeInfo = closeInfo
        self.retryAfter = retryAfter
    }

    static func invalidURL(_ detail: String) -> TransportError {
        TransportError(code: .invalidURL, description: "bad URL: \(detail)")
    }

    static func invalidProxy(_ detail: String) -> TransportError {
        TransportError(code: .invalidProxy, description: "bad proxy URL: \(detail)")
    }

    static let cancelled = TransportError(code: .cancelled, description: "cancelled")
    static let aborted = TransportError(code: .aborted, description: "aborted")

    static func closed(_ info: CloseInfo?) -> TransportError {
        var text = "the connection is closed"
        if let info {
            text += " (code \(info.code)"
            if !info.reason.isEmpty { text += ", '\(info.reason)'" }
            if let error = info.error { text += ", \(error)" }
            text += ")"
        }
        return TransportError(code: .closed, description: text, closeInfo: info)
    }
}
