/// What is known of a WebSocket connection from its making.
package struct ConnectionInfo: Hashable, Sendable {
    /// `address:port` of our end, an IPv6 address in brackets; `nil` where the system does not tell.
    package var localAddress: String?
    /// `address:port` of the peer's end.
    package var remoteAddress: String?
    /// `TLSv1.2` or `TLSv1.3`; `nil` without TLS.
    package var tlsVersion: String?
    package var cipher: String?
    /// SHA-256 of the peer's certificate, 64 hexadecimal digits; `nil` where it showed none.
    package var certificateFingerprint: String?
    package var subprotocol: String?
    /// Looking up the name and connecting; `nil` at a server.
    package var connectDuration: Duration?
    /// From the connection to the end of the TLS handshake; `nil` without TLS and at a server.
    package var tlsDuration: Duration?
    /// From the request to its answer; `nil` at a server.
    package var handshakeDuration: Duration?

    package init() {}
}
