import NIOCore
import NIOPosix
import TLSEngine
import WebSocketProtocol

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension TransportError {
    /// The error of an attempt to connect to `url`.
    static func connecting(to url: WebSocketURL, timeout: Duration, cause: any Error) -> TransportError {
        switch cause {
        case let error as TransportError: return error
        case ChannelError.connectTimeout: return timedOut(.connect, url: url, after: timeout)
        case let error as NIOConnectionError:
            guard let failure = error.connectionErrors.last else {
                return TransportError(code: .unknownHost, description: "unknown host '\(url.host)'")
            }
            return connecting(to: url, timeout: timeout, cause: failure.error)
        case is SocketAddressError:
            return TransportError(code: .unknownHost, description: "unknown host '\(url.host)'")
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            return TransportError(code: .connectionRefused, description: "connection refused by \(url.authority)")
        default:
            return TransportError(
                code: .network,
                description: "cannot connect to \(url.authority): \(ErrorText.of(cause))"
            )
        }
    }

    static func timedOut(_ stage: Stage, url: WebSocketURL, after timeout: Duration) -> TransportError {
        let attempt =
            switch stage {
            case .connect: "connecting to \(url.authority)"
            case .tls: "the TLS handshake with \(url.authority)"
            case .handshake: "the WebSocket handshake with \(url.authority)"
            }
        return TransportError(
            code: .timedOut(stage),
            description: "\(attempt) took longer than \(timeout.shortText)"
        )
    }

    /// A failure of TLS with `url`, or of our files for it.
    static func tls(_ error: TLSError, url: WebSocketURL) -> TransportError {
        switch error.code {
        case .configuration:
            TransportError(code: .tlsConfiguration, description: error.description, tlsError: error)
        case .certificate:
            TransportError(
                code: .certificate,
                description: "certificate problem of '\(url.host)': \(error.reason)",
                tlsError: error
            )
        case .handshake, .connection:
            TransportError(
                code: .tls,
                description: "TLS with \(url.authority) failed: \(error.reason)",
                tlsError: error
            )
        }
    }

    static func handshake(_ error: HandshakeError, url: WebSocketURL) -> TransportError {
        TransportError(
            code: .handshake(status: error.status),
            description: "WebSocket handshake with \(url.authority) failed: \(error.description)",
            handshakeError: error
        )
    }

    /// The error of an attempt to listen on `address` (`host:port`).
    static func listening(on address: String, cause: any Error) -> TransportError {
        switch cause {
        case let error as TransportError: return error
        case is SocketAddressError:
            return TransportError(code: .cannotListen, description: "cannot listen on \(address): unknown host")
        case let error as IOError where error.errnoCode == EADDRINUSE:
            return TransportError(
                code: .addressInUse,
                description: "cannot listen on \(address): address already in use"
            )
        default:
            return TransportError(
                code: .cannotListen,
                description: "cannot listen on \(address): \(ErrorText.of(cause))"
            )
        }
    }
}

/// Words for errors of the system, of NIO and of TLS.
enum ErrorText {
    static func of(_ error: any Error) -> String {
        switch error {
        case let error as IOError: lowercasingFirst(String(cString: strerror(error.errnoCode)))
        case let error as TLSError: error.description
        case let error as TransportError: error.description
        default: String(describing: error)
        }
    }

    private static func lowercasingFirst(_ text: String) -> String {
        text.prefix(1).lowercased() + text.dropFirst()
    }
}

extension Duration {
    /// `10 s`, `2.5 s` or `250 ms`.
    var shortText: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        let tenths = milliseconds % 1000 / 100
        return tenths == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds / 1000).\(tenths) s"
    }

    /// For NIO's timers; 290 years at most.
    var timeAmount: TimeAmount {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return .nanoseconds(overflow ? .max : scaled.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue)
    }
}
