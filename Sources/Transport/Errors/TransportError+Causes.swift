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
    /// The error of an attempt to connect to `url`, or to the proxy in use.
    static func connecting(
        to url: WebSocketURL,
        through proxy: Proxy? = nil,
        timeout: Duration,
        cause: any Error
    ) -> TransportError {
        let peer = proxy.map { "the proxy \($0)" } ?? url.authority
        switch cause {
        case let error as TransportError: return error
        case ChannelError.connectTimeout: return timedOut(.connect, url: url, through: proxy, after: timeout)
        case let error as NIOConnectionError:
            guard let failure = error.connectionErrors.last else { return unknownHost(url, proxy) }
            return connecting(to: url, through: proxy, timeout: timeout, cause: failure.error)
        case is SocketAddressError, is UnknownHost:
            return unknownHost(url, proxy)
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            return TransportError(code: .connectionRefused, description: "connection refused by \(peer)")
        default:
            return TransportError(code: .network, description: "cannot connect to \(peer): \(ErrorText.of(cause))")
        }
    }

    private static func unknownHost(_ url: WebSocketURL, _ proxy: Proxy?) -> TransportError {
        let host = proxy.map { "'\($0.host)' of the proxy \($0)" } ?? "'\(url.host)'"
        return TransportError(code: .unknownHost, description: "unknown host \(host)")
    }

    /// The time-out of a stage before the connection is open.
    static func timedOut(
        _ stage: Stage,
        url: WebSocketURL,
        through proxy: Proxy? = nil,
        after timeout: Duration
    ) -> TransportError {
        let peer = proxy.map { "the proxy \($0)" } ?? url.authority
        let attempt =
            switch stage {
            case .connect: "connecting to \(peer)"
            case .proxy: "reaching \(url.authority) through \(peer)"
            case .tls: "the TLS handshake with \(url.authority)"
            default: "the WebSocket handshake with \(url.authority)"
            }
        return TransportError(
            code: .timedOut(stage),
            description: "\(attempt) took longer than \(timeout.shortText)"
        )
    }

    static func proxy(_ refusal: ProxyRefusal, _ proxy: Proxy) -> TransportError {
        TransportError(code: .proxy(refusal.failure), description: "the proxy \(proxy) \(refusal.text)")
    }

    /// A TLS failure with the server of `url`, or of our own certificate files.
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

    /// A TLS failure with the proxy, or of our own certificate files.
    static func tls(_ error: TLSError, _ proxy: Proxy) -> TransportError {
        switch error.code {
        case .configuration:
            TransportError(code: .tlsConfiguration, description: error.description, tlsError: error)
        case .certificate:
            TransportError(
                code: .certificate,
                description: "certificate problem of the proxy \(proxy): \(error.reason)",
                tlsError: error
            )
        case .handshake, .connection:
            TransportError(
                code: .tls,
                description: "TLS with the proxy \(proxy) failed: \(error.reason)",
                tlsError: error
            )
        }
    }

    static func handshake(_ error: HandshakeError, url: WebSocketURL) -> TransportError {
        let retryAfter = (error.responseHead?.headers).flatMap { RetryAfter($0) }
        if let status = error.status, [301, 302, 303, 307, 308].contains(status) {
            return TransportError(
                code: .redirected(status: status),
                description: "\(url.authority) answered \(status) and redirects to "
                    + "\(redactedLocation(error.responseHead)); redirects are not followed",
                handshakeError: error,
                retryAfter: retryAfter
            )
        }
        return TransportError(
            code: .handshake(status: error.status),
            description: "WebSocket handshake with \(url.authority) failed: \(error.description)",
            handshakeError: error,
            retryAfter: retryAfter
        )
    }

    /// The `Location` in quotes, without user info, query and fragment, which may contain secrets.
    private static func redactedLocation(_ head: HTTPResponseHead?) -> String {
        guard let location = head?.headers["Location"], !location.isEmpty else { return "an unnamed location" }
        var text = location.prefix { $0 != "?" && $0 != "#" }
        if let start = text.firstRange(of: "//")?.upperBound {
            let authority = text[start...].prefix { $0 != "/" }
            if let at = authority.lastIndex(of: "@") { text.removeSubrange(start...at) }
        }
        return "'\(text.prefix(200))'"
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

/// Texts for errors of the system, of NIO and of TLS.
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

    /// The duration for NIO's timers, at most 290 years.
    var timeAmount: TimeAmount {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return .nanoseconds(overflow ? .max : scaled.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue)
    }
}
