package import MarketModel
import TLSEngine

/// What is known of a WebSocket connection from its making.
package struct ConnectionInfo: Hashable, Sendable {
    /// `address:port` of our end, an IPv6 address in brackets; `nil` where the system does not tell.
    package var localAddress: String?
    /// `address:port` of the peer's end; the proxy's, where there is one.
    package var remoteAddress: String?
    /// The proxy on the way, without credentials: `http://host:port`; `nil` without one and at a server.
    package var proxy: String?
    /// `TLSv1.2` or `TLSv1.3`; `nil` without TLS.
    package var tlsVersion: String?
    package var cipher: String?
    /// SHA-256 of the peer's certificate, 64 hexadecimal digits; `nil` where it showed none.
    package var certificateFingerprint: String?
    /// When the peer's certificate ends to be valid; `nil` where it showed none.
    package var certificateExpiry: UnixNanoseconds?
    /// Whether an earlier TLS session was resumed; `nil` without TLS.
    package var isTLSResumed: Bool?
    package var subprotocol: String?
    /// As the server confirmed them, in order: `permessage-deflate; client_no_context_takeover`.
    package var extensions: [String] = []
    /// Looking up the name and connecting, to the proxy where there is one; `nil` at a server.
    package var connectDuration: Duration?
    /// Opening the way through the proxy; `nil` without one.
    package var proxyDuration: Duration?
    /// From the connection to the end of the TLS handshake; `nil` without TLS and at a server.
    package var tlsDuration: Duration?
    /// From the request to its answer; `nil` at a server.
    package var handshakeDuration: Duration?

    package init() {}

    /// Adds what the TLS handshake brought.
    mutating func take(_ peer: TLSPeer) {
        tlsVersion = peer.version
        cipher = peer.cipher
        isTLSResumed = peer.isResumed
        certificateFingerprint = peer.certificateFingerprint
        let (milliseconds, overflow) = (peer.certificate?.notAfter ?? .max).multipliedReportingOverflow(by: 1000)
        certificateExpiry = overflow ? nil : UnixNanoseconds(milliseconds: milliseconds)
    }
}
