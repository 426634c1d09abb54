package import TLSEngine
package import WebSocketProtocol

/// Why a connection could not be made, or cannot be used any more.
package struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stage of a connection, or what a time-out waited for.
    package enum Stage: Hashable, Sendable {
        /// Looking up the name and connecting, to the proxy if there is one.
        case connect
        /// Asking the proxy to connect to the server.
        case proxy
        case tls
        case handshake
        /// Nothing was received.
        case idle
        /// A ping was not answered.
        case pong
        /// The peer accepted none of the bytes to send.
        case send
        /// Our close frame was not answered.
        case close
    }

    /// How a proxy refused or failed.
    package enum ProxyFailure: Hashable, Sendable {
        /// It requires other credentials (407, or a SOCKS method or status).
        case authentication
        /// It does not allow the connection (403, or SOCKS reply 2).
        case notAllowed
        /// It cannot reach the server.
        case unreachable
        /// Any other HTTP status.
        case answered(status: Int)
        /// It does not speak the protocol of its URL.
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
        /// Another network failure: unreachable, reset, out of sockets, …
        case network
        case timedOut(Stage)
        case proxy(ProxyFailure)
        /// One of our certificate, key or CA files cannot be used.
        case tlsConfiguration
        /// The peer's certificate was rejected.
        case certificate
        case tls
        /// The opening handshake failed; `status` is the server's response, if it was not 101.
        case handshake(status: Int?)
        /// The server redirects to another place. Redirects are never followed.
        case redirected(status: Int)
        /// The peer violated the WebSocket protocol or a limit; our close frame carried this code.
        case protocolViolation(closeCode: UInt16)
        /// The connection is closing or closed; see ``TransportError/closeInfo``.
        case closed
        /// We aborted the connection with ``WebSocketConnection/abort()``.
        case aborted
        case addressInUse
        /// No permission to listen on the address, or the host has no such address.
        case cannotListen
        /// The server has reached its limit of connections.
        case tooManyConnections
        /// The waiting task was cancelled.
        case cancelled
    }

    package let code: Code
    /// One line in lower case without a full stop, with the peer and the cause, and never with a secret.
    package let description: String
    package let tlsError: TLSError?
    package let handshakeError: HandshakeError?
    /// How the connection ended, for ``Code-swift.enum/closed``.
    package let closeInfo: CloseInfo?
    /// How long the server asked us to wait, if its response said so.
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
