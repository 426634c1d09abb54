package import TLSEngine
package import WebSocketProtocol

/// Why a connection could not be made, or is of no use any more.
package struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a time-out ran out on.
    package enum Stage: Hashable, Sendable {
        /// Looking up the name and connecting.
        case connect
        case tls
        case handshake
    }

    package enum Code: Hashable, Sendable {
        case invalidURL
        case unknownHost
        case connectionRefused
        /// The network failed in another way: unreachable, reset, out of sockets, …
        case network
        case timedOut(Stage)
        /// A certificate, key or CA file of ours cannot be used.
        case tlsConfiguration
        /// The peer's certificate was not accepted.
        case certificate
        case tls
        /// The opening handshake failed; the status if the server answered with one that is not 101.
        case handshake(status: Int?)
        /// The connection is closed, or closing.
        case closed
        case addressInUse
        /// No permission to listen there, or no such address on this host.
        case cannotListen
        /// The task that waited was cancelled.
        case cancelled
    }

    package let code: Code
    /// One line in lower case without a full stop, naming the peer and the cause; never a secret.
    package let description: String
    package let tlsError: TLSError?
    package let handshakeError: HandshakeError?

    package init(
        code: Code,
        description: String,
        tlsError: TLSError? = nil,
        handshakeError: HandshakeError? = nil
    ) {
        self.code = code
        self.description = description
        self.tlsError = tlsError
        self.handshakeError = handshakeError
    }

    /// Whether the same attempt may well succeed later, without anyone changing anything here.
    package var isRetryable: Bool {
        switch code {
        case .unknownHost, .connectionRefused, .network, .timedOut, .tls, .closed: true
        case .handshake(let status?): status >= 500 || status == 408 || status == 425 || status == 429
        case .handshake(nil): handshakeError?.code == .connectionEnded
        case .invalidURL, .tlsConfiguration, .certificate, .addressInUse, .cannotListen, .cancelled: false
        }
    }

    static func invalidURL(_ detail: String) -> TransportError {
        TransportError(code: .invalidURL, description: "bad URL: \(detail)")
    }

    static let cancelled = TransportError(code: .cancelled, description: "cancelled")

    static func closed(_ info: CloseInfo?) -> TransportError {
        var text = "the connection is closed"
        if let info {
            text += " (code \(info.code)"
            if !info.reason.isEmpty { text += ", '\(info.reason)'" }
            if let error = info.error { text += ", \(error)" }
            text += ")"
        }
        return TransportError(code: .closed, description: text)
    }
}
