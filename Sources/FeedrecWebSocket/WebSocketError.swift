/// Why a connection could not be made, or cannot be used any more.
public struct WebSocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public let code: Code
    /// One line in lower case without a full stop, with the peer and the cause, and never with a secret.
    public let description: String
    /// Whether the same attempt may succeed later without a change on our side.
    public let isRetryable: Bool
    /// What took too long, for ``Code-swift.struct/timedOut``.
    public let stage: Stage?
    /// The HTTP status with which a server or proxy refused the handshake.
    public let httpStatus: Int?
    /// The code we closed with for ``Code-swift.struct/protocolViolation``, the final code for
    /// ``Code-swift.struct/closed``.
    ///
    /// RFC 6455 §7.4; `nil` if no close handshake has ended yet.
    public let closeCode: UInt16?
    /// OpenSSL's error stack, the root cause first; empty if the error is not from TLS.
    public let tlsErrors: [String]

    init(
        code: Code,
        description: String,
        isRetryable: Bool = false,
        stage: Stage? = nil,
        httpStatus: Int? = nil,
        closeCode: UInt16? = nil,
        tlsErrors: [String] = []
    ) {
        self.code = code
        self.description = description
        self.isRetryable = isRetryable
        self.stage = stage
        self.httpStatus = httpStatus
        self.closeCode = closeCode
        self.tlsErrors = tlsErrors
    }

    /// The kind of error, for programs.
    ///
    /// More may be added, so a `switch` needs a `default`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The URL is not a valid `ws://` or `wss://` URL (RFC 6455 §3).
        public static let invalidURL = Code("invalidURL")
        /// A header, subprotocol or limit among the options cannot be used.
        public static let invalidOption = Code("invalidOption")
        /// The proxy URL in the environment is invalid.
        public static let invalidProxy = Code("invalidProxy")
        /// The name has no address.
        public static let unknownHost = Code("unknownHost")
        /// Nothing listens on the port.
        public static let connectionRefused = Code("connectionRefused")
        /// Another network failure: unreachable, reset, ended without a close handshake.
        public static let network = Code("network")
        /// Something took too long; ``WebSocketError/stage`` says what.
        public static let timedOut = Code("timedOut")
        /// The proxy did not connect to the server.
        public static let proxy = Code("proxy")
        /// One of our certificate, key or CA files cannot be used.
        public static let tlsConfiguration = Code("tlsConfiguration")
        /// The peer's certificate was rejected.
        public static let certificate = Code("certificate")
        /// Another failure of TLS.
        public static let tls = Code("tls")
        /// The opening handshake failed (RFC 6455 §4); ``WebSocketError/httpStatus`` is set if the server answered.
        public static let handshake = Code("handshake")
        /// The server redirects to another place; redirects are never followed.
        public static let redirected = Code("redirected")
        /// The peer violated the WebSocket protocol or a limit; our close frame carried ``WebSocketError/closeCode``.
        public static let protocolViolation = Code("protocolViolation")
        /// The connection is closing or closed.
        public static let closed = Code("closed")
        /// We aborted the connection with ``WebSocket/abort()``.
        public static let aborted = Code("aborted")
        /// Another program listens on this port.
        public static let addressInUse = Code("addressInUse")
        /// No permission to listen on the address, or the host has no such address.
        public static let cannotListen = Code("cannotListen")
        /// The waiting task was cancelled.
        public static let cancelled = Code("cancelled")
        /// An error that has no code of its own yet.
        public static let other = Code("other")

        /// The name of the member, for logs.
        public let description: String

        private init(_ name: String) {
            description = name
        }
    }

    /// What a time-out waited for.
    ///
    /// More may be added, so a `switch` needs a `default`.
    public struct Stage: Hashable, Sendable, CustomStringConvertible {
        /// Looking up the name and connecting, to the proxy if there is one.
        public static let connect = Stage("connect")
        /// Asking the proxy to connect to the server.
        public static let proxy = Stage("proxy")
        /// The TLS handshake.
        public static let tls = Stage("tls")
        /// The opening handshake.
        public static let handshake = Stage("handshake")
        /// Waiting for any input.
        public static let idle = Stage("idle")
        /// Waiting for the answer to a ping.
        public static let pong = Stage("pong")
        /// Waiting for the peer to accept the bytes to send.
        public static let send = Stage("send")
        /// Waiting for the answer to our close frame.
        public static let close = Stage("close")

        /// The name of the member, for logs.
        public let description: String

        private init(_ name: String) {
            description = name
        }
    }
}
