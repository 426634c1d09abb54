import TLSEngine
import WebSocketProtocol

extension TransportError {
    /// Whether the same attempt may succeed later without a change on our side.
    package var isRetryable: Bool {
        switch code {
        // Names, networks and servers recover. A peer that violated the protocol may have been restarted.
        case .unknownHost, .connectionRefused, .network, .timedOut, .protocolViolation, .tooManyConnections: true
        case .tls: tlsError?.isRetryable ?? true
        case .proxy(let failure): failure.isRetryable
        case .handshake(let status?): Self.isPassing(status: status)
        case .handshake(nil): handshakeError?.code == .connectionEnded
        case .closed: closeInfo.map { Self.isPassing(closeCode: $0.code) } ?? true
        case .invalidURL, .invalidProxy, .tlsConfiguration, .certificate, .redirected, .aborted, .addressInUse,
            .cannotListen, .cancelled:
            false
        }
    }

    /// Whether the server answered and refused.
    package var isRefusal: Bool {
        switch code {
        case .handshake(status: let status?): status != 101
        case .redirected: true
        default: false
        }
    }

    /// Whether the server rejected our token.
    package var isAccessRefusal: Bool { code == .handshake(status: 401) || code == .handshake(status: 403) }

    /// Whether an HTTP status describes a temporary state (RFC 9110 §15.5.9, §15.6; RFC 6585 §4; RFC 8470 §5.2).
    static func isPassing(status: Int) -> Bool {
        switch status {
        case 501, 505, 511: false
        case 408, 425, 429, 500...: true
        default: false
        }
    }

    /// Whether a peer that closed with this code may accept us later (RFC 6455 §7.4.1).
    ///
    /// Codes that blame our data or our identity are final. The meaning of application-defined codes is unknown, so
    /// they count as temporary.
    private static func isPassing(closeCode: UInt16) -> Bool {
        switch closeCode {
        case 1002, 1003, 1007, 1008, 1009, 1010: false
        default: true
        }
    }
}

extension TransportError.ProxyFailure {
    fileprivate var isRetryable: Bool {
        switch self {
        case .unreachable, .ended: true
        case .answered(let status): TransportError.isPassing(status: status)
        case .authentication, .notAllowed, .malformed: false
        }
    }
}
