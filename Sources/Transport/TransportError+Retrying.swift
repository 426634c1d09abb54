import TLSEngine
import WebSocketProtocol

extension TransportError {
    /// Whether the same attempt may well succeed later, without anyone changing anything here.
    package var isRetryable: Bool {
        switch code {
        // Names, networks and servers come back, and a peer that spoke nonsense may have been restarted.
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

    /// Whether the server answered, and its answer was no.
    package var isRefusal: Bool {
        switch code {
        case .handshake(status: let status?): status != 101
        case .redirected: true
        default: false
        }
    }

    /// Whether the server did not accept our token.
    package var isAccessRefusal: Bool { code == .handshake(status: 401) || code == .handshake(status: 403) }

    /// Whether an HTTP status speaks of a state that passes (RFC 9110 §15.5.9, §15.6; RFC 6585 §4; RFC 8470 §5.2).
    static func isPassing(status: Int) -> Bool {
        switch status {
        case 501, 505, 511: false
        case 408, 425, 429, 500...: true
        default: false
        }
    }

    /// Whether a peer that closed with this code may take us again (RFC 6455 §7.4.1).
    ///
    /// The codes that say no are those which blame what we sent, or who we are; of an application's own codes nothing
    /// is known.
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
