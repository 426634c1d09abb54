/// Why a connection could not be made, or is of no use any more.
public struct WebSocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public let code: Code
    /// One line in lower case without a full stop, naming the peer and the cause; never a secret.
    public let description: String
    /// Whether the same attempt may well succeed later, without anyone changing anything here.
    public let isRetryable: Bool
    /// What took too long, for ``Code-swift.struct/timedOut``.
    public let stage: Stage?
    /// The status that a server or proxy answered the handshake with, where it was a refusal.
    public let httpStatus: Int?
    /// For ``Code-swift.struct/protocolViolation`` the code we closed with, for ``Code-swift.struct/closed`` how it ended.
    ///
    /// RFC 6455 §7.4; `nil` where no close handshake has ended yet.
    public let closeCode: UInt16?
    /// OpenSSL's error stack, the root cause first; empty where TLS is not to blame.
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

    /// What went wrong, for a program to act on.
    ///
    /// More may be added: a `switch` needs a `default`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The URL is no `ws://` or `wss://` URL (RFC 6455 §3).
        public static let invalidURL = Code("invalidURL")
        /// A header, subprotocol or limit among the options cannot be used.
        public static let invalidOption = Code("invalidOption")
        /// The proxy that the environment names cannot be read.
        public static let invalidProxy = Code("invalidProxy")
        /// The name has no address.
        public static let unknownHost = Code("unknownHost")
        /// Nothing listens there.
        public static let connectionRefused = Code("connectionRefused")
        /// The network failed in another way: unreachable, reset, ended without a close handshake.
        public static let network = Code("network")
        /// Something took too long; ``WebSocketError/stage`` says what.
        public static let timedOut = Code("timedOut")
        /// The proxy did not open the way to the server.
        public static let proxy = Code("proxy")
        /// A certificate, key or CA file of ours cannot be used.
        public static let tlsConfiguration = Code("tlsConfiguration")
        /// The peer's certificate was not accepted.
        public static let certificate = Code("certificate")
        /// TLS failed in another way.
        public static let tls = Code("tls")
        /// The opening handshake failed (RFC 6455 §4); ``WebSocketError/httpStatus`` where the server answered.
        public static let handshake = Code("handshake")
        /// The server wants us to go somewhere else, which is never done by itself.
        public static let redirected = Code("redirected")
        /// The peer broke the WebSocket protocol or a limit; ``WebSocketError/closeCode`` told it so.
        public static let protocolViolation = Code("protocolViolation")
        /// The connection is closed, or closing.
        public static let closed = Code("closed")
        /// We gave the connection up by ``WebSocket/abort()``.
        public static let aborted = Code("aborted")
        /// Another program listens on that port.
        public static let addressInUse = Code("addressInUse")
        /// No permission to listen there, or no such address on this host.
        public static let cannotListen = Code("cannotListen")
        /// The task that waited was cancelled.
        public static let cancelled = Code("cancelled")
        /// Anything that has no code of its own yet.
        public static let other = Code("other")

        /// The name of the member, for logs.
        public let description: String

        private init(_ name: String) {
            description = name
        }
    }

    /// What a time-out ran out on.
    ///
    /// More may be added: a `switch` needs a `default`.
    public struct Stage: Hashable, Sendable, CustomStringConvertible {
        /// Looking up the name and connecting, to the proxy where there is one.
        public static let connect = Stage("connect")
        /// Asking the proxy for the way to the server.
        public static let proxy = Stage("proxy")
        /// The TLS handshake.
        public static let tls = Stage("tls")
        /// The opening handshake.
        public static let handshake = Stage("handshake")
        /// Waiting for anything to come.
        public static let idle = Stage("idle")
        /// Waiting for the answer to a ping.
        public static let pong = Stage("pong")
        /// Waiting for the peer to take what was to be sent.
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
