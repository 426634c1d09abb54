extension WebSocket {
    /// How a client connects, and what it puts up with; the defaults suit most.
    public struct Options: Sendable {
        /// Paths of a certificate with its chain, leaf first, and of its private key, not encrypted; both PEM.
        public struct CertificateFiles: Hashable, Sendable {
            /// The certificate, with those that signed it behind it.
            public var certificate: String
            /// Its private key; may be the same file.
            public var key: String

            /// Names the files; they are read when connecting or listening.
            public init(certificate: String, key: String) {
                self.certificate = certificate
                self.key = key
            }
        }

        /// Sent with the handshake, in order, for example `Authorization`; those that the handshake sets are left out.
        ///
        /// A name that is no token (RFC 9110 §5.6.2) is an error; control characters in values become spaces.
        public var headers: [(name: String, value: String)] = []
        /// Offered to the server, in order of preference (RFC 6455 §1.9); ``WebSocket/Info/subprotocol`` is its choice.
        public var subprotocols: [String] = []
        /// Whether permessage-deflate (RFC 7692) is offered, which takes about 310 KiB a connection once used.
        public var isCompressionOffered = false

        /// PEM file of the authorities to trust instead of the system's.
        public var caFile: String?
        /// Shown to servers that ask for a client certificate.
        public var clientCertificate: CertificateFiles?
        /// Where there are any, the server's certificate must match one of them, besides being trusted.
        ///
        /// `certificate:` for the whole certificate or `public-key:` for its key (RFC 7469 §2.4), and the SHA-256 in 64
        /// hexadecimal digits, with or without colons, or in base64. A pinned key outlives the certificate's renewal.
        public var certificatePins: [String] = []
        /// Where TLS sessions are kept that later connections resume; `nil` for none.
        public var sessions: Sessions?
        /// Whether `HTTPS_PROXY` (for `wss`), `HTTP_PROXY` (for `ws`), `ALL_PROXY` and `NO_PROXY` are heeded.
        ///
        /// HTTP CONNECT (also to an `https://` proxy) and SOCKS5, with credentials. This machine's own addresses are always connected to
        /// directly. A value that cannot be read is ``WebSocketError/Code-swift.struct/invalidProxy``.
        public var usesProxyFromEnvironment = true

        /// PEM file of the authorities to trust for an `https://` proxy instead of the system's.
        public var proxyCAFile: String?

        /// For looking up the name and connecting, all addresses together (RFC 8305).
        public var connectTimeout: Duration = .seconds(10)
        /// For a proxy to open the way to the server.
        public var proxyTimeout: Duration = .seconds(10)
        /// For the TLS handshake.
        public var tlsTimeout: Duration = .seconds(10)
        /// For the answer to the WebSocket handshake.
        public var handshakeTimeout: Duration = .seconds(10)
        /// For the peer to answer our close frame.
        public var closeTimeout: Duration = .seconds(5)
        /// The connection is aborted when nothing has come for this long; after half of it a ping goes out.
        public var idleTimeout: Duration?
        /// Pings go out at this interval, whatever comes or goes otherwise; `nil` for none but those of ``idleTimeout``.
        public var pingInterval: Duration?
        /// The connection is aborted when a ping of ours has waited this long for its pong.
        public var pongTimeout: Duration? = .seconds(20)
        /// The connection is aborted when the peer takes nothing for this long of what waits to be sent.
        public var sendTimeout: Duration? = .seconds(30)

        /// What a peer may make us hold in memory.
        public var limits = Limits()

        /// The defaults.
        public init() {}
    }

    /// What a peer may make us hold in memory, and what we may make ourselves; each at least 1.
    public struct Limits: Hashable, Sendable {
        /// Payload bytes of one message, decompressed; more is answered with close code 1009.
        public var messageBytesMax = 16 << 20
        /// Payload bytes of one frame as on the wire; more is answered with close code 1009.
        public var frameBytesMax = 16 << 20
        /// Frames of one message; more is answered with close code 1009.
        public var fragmentsMax = 128 << 10
        /// Bytes of the peer's handshake; more fails it.
        public var headerBytesMax = 16 << 10
        /// Bytes of messages that wait to be received before the socket is not read any more, and the peer has to wait.
        ///
        /// May be exceeded by what one turn reads (256 KiB) and by one long message; on a compressed connection by what
        /// 4 KiB inflate to (4.1 MiB) instead.
        public var receiveQueueBytesMax = 4 << 20
        /// Messages longer than this are received in parts of this length; `nil` for whole messages only.
        ///
        /// They need no memory of their own length then, and ``WebSocket/receiveParts()`` has to be used. ``messageBytesMax`` and ``frameBytesMax`` hold all the same: raise them for such messages.
        public var partBytesMax: Int?
        /// Bytes under way to the socket before senders wait; exceeded by one long message.
        public var sendQueueBytesMax = 1 << 20

        /// The defaults.
        public init() {}
    }
}
