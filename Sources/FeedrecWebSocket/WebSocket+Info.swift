import MarketModel
import Transport
import WebSocketProtocol

extension WebSocket {
    /// Facts about a connection, known once it is established.
    public struct Info: Hashable, Sendable {
        /// `address:port` of our end, with an IPv6 address in brackets; `nil` if the system does not report it.
        public let localAddress: String?
        /// `address:port` of the peer's end, or of the proxy if there is one.
        public let remoteAddress: String?
        /// The proxy in use, without credentials: `http://host:port`; `nil` without a proxy and at a server.
        public let proxy: String?
        /// `TLSv1.2` or `TLSv1.3`; `nil` without TLS.
        public let tlsVersion: String?
        /// OpenSSL's name for the cipher, for example `TLS_AES_256_GCM_SHA384`; `nil` without TLS.
        public let cipher: String?
        /// Whether an earlier TLS session was resumed, see ``WebSocket/Sessions``; `nil` without TLS.
        public let isTLSResumed: Bool?
        /// SHA-256 of the peer's certificate, 64 hexadecimal digits; `nil` if it sent none.
        public let certificateFingerprint: String?
        /// When the peer's certificate expires, in nanoseconds since the UNIX epoch; `nil` if it sent none.
        public let certificateExpiryNanoseconds: Int64?
        /// The agreed subprotocol (RFC 6455 §1.9); `nil` if there is none.
        public let subprotocol: String?
        /// As the server confirmed them (RFC 6455 §9.1), in order: `permessage-deflate; client_no_context_takeover`.
        public let extensions: [String]
        /// Time to look up the name and to connect, to the proxy if there is one; `nil` at a server.
        public let connectDuration: Duration?
        /// Time to open the tunnel through the proxy; `nil` without one.
        public let proxyDuration: Duration?
        /// Time of the TLS handshake; `nil` without TLS and at a server.
        public let tlsDuration: Duration?
        /// Time from the request of the opening handshake to its response; `nil` at a server.
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

    /// Counters of a connection since its handshake.
    public struct Statistics: Hashable, Sendable {
        /// Complete data messages from the peer, whether or not they have been received by a consumer.
        public let messagesReceived: UInt64
        /// Complete data messages sent.
        public let messagesSent: UInt64
        /// Bytes received, including frame headers and control frames, before TLS.
        public let bytesReceived: UInt64
        /// Bytes sent, including frame headers and control frames, before TLS.
        public let bytesSent: UInt64
        /// Pings from the peer.
        public let pingsReceived: UInt64
        /// Our pings, including those for liveness.
        public let pingsSent: UInt64
        /// Pongs from the peer.
        public let pongsReceived: UInt64
        /// Our pongs, each the answer to a ping.
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
