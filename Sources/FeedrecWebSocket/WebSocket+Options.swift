extension WebSocket {
    /// Options of a client connection; the defaults suit most uses.
    public struct Options: Sendable {
        /// Paths of PEM files: a certificate with its chain, leaf first, and its unencrypted private key.
        public struct CertificateFiles: Hashable, Sendable {
            /// The certificate, followed by its chain.
            public var certificate: String
            /// Its private key; may be the same file.
            public var key: String

            /// Names the files; they are read when connecting or listening.
            public init(certificate: String, key: String) {
                self.certificate = certificate
                self.key = key
            }
        }

        /// Headers to send with the handshake, in order, for example `Authorization`; headers of the handshake itself
        /// are ignored.
        ///
        /// A name that is not a token (RFC 9110 §5.6.2) is an error; control characters in values become spaces.
        public var headers: [(name: String, value: String)] = []
        /// Subprotocols to offer, in order of preference (RFC 6455 §1.9); ``WebSocket/Info/subprotocol`` is the
        /// server's choice.
        public var subprotocols: [String] = []
        /// Whether to offer permessage-deflate (RFC 7692), which takes about 310 KiB per connection once used.
        public var isCompressionOffered = false

        /// PEM file of the authorities to trust instead of the system's.
        public var caFile: String?
        /// Sent to servers that ask for a client certificate.
        public var clientCertificate: CertificateFiles?
        /// If not empty, the server's certificate must match one of these pins, and also be trusted.
        ///
        /// A pin is `certificate:` for the whole certificate or `public-key:` for its key (RFC 7469 §2.4), followed by
        /// the SHA-256 in 64 hexadecimal digits, with or without colons, or in Base64. A pinned key stays valid when
        /// the certificate is renewed.
        public var certificatePins: [String] = []
        /// Keeps TLS sessions that later connections resume; `nil` for none.
        public var sessions: Sessions?
        /// Whether to use `HTTPS_PROXY` (for `wss`), `HTTP_PROXY` (for `ws`), `ALL_PROXY` and `NO_PROXY`.
        ///
        /// Supports HTTP CONNECT, also with an `https://` proxy, and SOCKS5, with credentials. This machine's own
        /// addresses are always reached directly. An invalid value is
        /// ``WebSocketError/Code-swift.struct/invalidProxy``.
        public var usesProxyFromEnvironment = true

        /// PEM file of the authorities to trust for an `https://` proxy instead of the system's.
        public var proxyCAFile: String?

        /// Time for the name look-up and the connection, over all addresses together (RFC 8305).
        public var connectTimeout: Duration = .seconds(10)
        /// Time for a proxy to open the tunnel to the server.
        public var proxyTimeout: Duration = .seconds(10)
        /// Time for the TLS handshake.
        public var tlsTimeout: Duration = .seconds(10)
        /// Time for the response to the WebSocket handshake.
        public var handshakeTimeout: Duration = .seconds(10)
        /// Time for the peer to answer our close frame.
        public var closeTimeout: Duration = .seconds(5)
        /// The connection is aborted if nothing is received for this long; a ping is sent after half of it.
        public var idleTimeout: Duration?
        /// Interval at which pings are sent, regardless of other traffic; `nil` sends only those of ``idleTimeout``.
        public var pingInterval: Duration?
        /// The connection is aborted if one of our pings is not answered within this time.
        public var pongTimeout: Duration? = .seconds(20)
        /// The connection is aborted if bytes wait to be sent and the peer accepts none for this long.
        public var sendTimeout: Duration? = .seconds(30)

        /// Limits on the memory that a peer can make us use.
        public var limits = Limits()

        /// The defaults.
        public init() {}
    }

    /// Limits on the memory for a connection; each at least 1.
    public struct Limits: Hashable, Sendable {
        /// Payload bytes of one decompressed message; a longer one is answered with close code 1009.
        public var messageBytesMax = 16 << 20
        /// Payload bytes of one frame on the wire; a longer one is answered with close code 1009.
        public var frameBytesMax = 16 << 20
        /// Frames of one message; more are answered with close code 1009.
        public var fragmentsMax = 128 << 10
        /// Bytes of the peer's handshake; a longer one fails.
        public var headerBytesMax = 16 << 10
        /// Bytes of unreceived messages; when it is reached, the socket is not read and the peer has to wait.
        ///
        /// It may be exceeded by one read (256 KiB) and by one long message; on a compressed connection by what 4 KiB
        /// inflate to (4.1 MiB).
        public var receiveQueueBytesMax = 4 << 20
        /// Longer messages are received in parts of this many bytes; `nil` delivers only whole messages.
        ///
        /// Then a long message need not fit into memory, and ``WebSocket/receiveParts()`` must be used.
        /// ``messageBytesMax`` and ``frameBytesMax`` still apply: raise them for such messages.
        public var partBytesMax: Int?
        /// Bytes that may be on their way to the socket before senders wait; one long message may exceed it.
        public var sendQueueBytesMax = 1 << 20

        /// The defaults.
        public init() {}
    }
}
