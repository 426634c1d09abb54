package import MarketModel
import TLSEngine

/// Facts about a WebSocket connection, known once it is established.
package struct ConnectionInfo: Hashable, Sendable {
    /// `address:port` of our end, with an IPv6 address in brackets; `nil` if the system does not report it.
    package var localAddress: String?
    /// `address:port` of the peer's end, or of the proxy if there is one.
    package var remoteAddress: String?
    /// The proxy in use, without credentials: `http://host:port`; `nil` without a proxy and at a server.
    package var proxy: String?
    /// `TLSv1.2` or `TLSv1.3`; `nil` without TLS.
    package var tlsVersion: String?
    package var cipher: String?
    /// SHA-256 of the peer's certificate, 64 hexadecimal digits; `nil` if it sent none.
    package var certificateFingerprint: String?
    /// When the peer's certificate expires; `nil` if it sent none.
    package var certificateExpiry: UnixNanoseconds?
    /// Whether an earlier TLS session was resumed; `nil` without TLS.
    package var isTLSResumed: Bool?
    package var subprotocol: String?
    /// As the server confirmed them, in order: `permessage-deflate; client_no_context_takeover`.
    package var extensions: [String] = []
    /// Time to look up the name and to connect, to the proxy if there is one; `nil` at a server.
    package var connectDuration: Duration?
    /// Time to open the tunnel through the proxy; `nil` without one.
    package var proxyDuration: Duration?
    /// Time from the connection to the end of the TLS handshake; `nil` without TLS and at a server.
    package var tlsDuration: Duration?
    /// Time from the request to the response; `nil` at a server.
    package var handshakeDuration: Duration?

    package init() {}

    /// Adds the facts from the TLS handshake.
    mutating func take(_ peer: TLSPeer) {
        tlsVersion = peer.version
        cipher = peer.cipher
        isTLSResumed = peer.isResumed
        certificateFingerprint = peer.certificateFingerprint
        let (milliseconds, overflow) = (peer.certificate?.notAfter ?? .max).multipliedReportingOverflow(by: 1000)
        certificateExpiry = overflow ? nil : UnixNanoseconds(milliseconds: milliseconds)
    }
}
