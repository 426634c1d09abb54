import MarketModel
import Transport
import WebSocketProtocol

extension WebSocket {
    /// What is known of a connection from its making.
    public struct Info: Hashable, Sendable {
        /// `address:port` of our end, an IPv6 address in brackets; `nil` where the system does not tell.
        public let localAddress: String?
        /// `address:port` of the peer's end; the proxy's, where there is one.
        public let remoteAddress: String?
        /// The proxy on the way, without credentials: `http://host:port`; `nil` without one and at a server.
        public let proxy: String?
        /// `TLSv1.2` or `TLSv1.3`; `nil` without TLS.
        public let tlsVersion: String?
        /// OpenSSL's name of the cipher, for example `TLS_AES_256_GCM_SHA384`; `nil` without TLS.
        public let cipher: String?
        /// Whether an earlier TLS session was resumed, see ``WebSocket/Sessions``; `nil` without TLS.
        public let isTLSResumed: Bool?
        /// SHA-256 of the peer's certificate, 64 hexadecimal digits; `nil` where it showed none.
        public let certificateFingerprint: String?
        /// When the peer's certificate ends to be valid, nanoseconds since the UNIX epoch; `nil` where it showed none.
        public let certificateExpiryNanoseconds: Int64?
        /// What both sides agreed to speak (RFC 6455 §1.9); `nil` for nothing in particular.
        public let subprotocol: String?
        /// As the server confirmed them (RFC 6455 §9.1), in order: `permessage-deflate; client_no_context_takeover`.
        public let extensions: [String]
        /// Looking up the name and connecting, to the proxy where there is one; `nil` at a server.
        public let connectDuration: Duration?
        /// Opening the way through the proxy; `nil` without one.
        public let proxyDuration: Duration?
        /// The TLS handshake; `nil` without TLS and at a server.
        public let tlsDuration: Duration?
        /// From the request of the opening handshake to its answer; `nil` at a server.
        public let handshakeDuration: Duration?

        init(_ info: ConnectionInfo) {
            localAddress = info.localAddress
            remoteAddress = info.remoteAddress
            proxy = info.proxy
            tlsVersion = info.tlsVersion
            cipher = info.cipher
            isTLSResumed = info.isTLSResumed
            certificateFingerprint = info.certificateFingerprint
            certificateExpiryNanoseconds = info.certificateExpiry?.rawValue
            subprotocol = info.subprotocol
            extensions = info.extensions
            connectDuration = info.connectDuration
            proxyDuration = info.proxyDuration
            tlsDuration = info.tlsDuration
            handshakeDuration = info.handshakeDuration
        }
    }

    /// What has passed over a connection since its handshake.
    public struct Statistics: Hashable, Sendable {
        /// Whole data messages that came in, whether or not anyone has received them.
        public let messagesReceived: UInt64
        /// Whole data messages that went out.
        public let messagesSent: UInt64
        /// Bytes that came in, frame headers and control frames included, before TLS.
        public let bytesReceived: UInt64
        /// Bytes that went out, frame headers and control frames included, before TLS.
        public let bytesSent: UInt64
        /// Pings of the peer's.
        public let pingsReceived: UInt64
        /// Pings of ours, those for liveness included.
        public let pingsSent: UInt64
        /// Pongs of the peer's.
        public let pongsReceived: UInt64
        /// Pongs of ours, each the answer to a ping.
        public let pongsSent: UInt64

        init(_ statistics: WebSocketStatistics) {
            messagesReceived = statistics.messagesReceived
            messagesSent = statistics.messagesSent
            bytesReceived = statistics.bytesReceived
            bytesSent = statistics.bytesSent
            pingsReceived = statistics.pingsReceived
            pingsSent = statistics.pingsSent
            pongsReceived = statistics.pongsReceived
            pongsSent = statistics.pongsSent
        }
    }
}
