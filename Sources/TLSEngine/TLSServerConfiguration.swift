import COpenSSL

/// A server's TLS settings.
package struct TLSServerConfiguration: Sendable {
    /// Whether clients must authenticate with a certificate.
    package enum ClientCertificates: Hashable, Sendable {
        case notAsked
        /// Clients may send a certificate; it is refused unless the PEM file's authorities signed it.
        case requested(caFile: String)
        /// Clients must send a certificate that the PEM file's authorities signed.
        case required(caFile: String)
    }

    package var identity: TLSServerIdentity
    package var clientCertificates: ClientCertificates
    package var minimumVersion: TLSVersion
    package var maximumVersion: TLSVersion
    /// Tickets per handshake, with which a client can resume its session within two hours; 0 for no resumption.
    ///
    /// Their keys live as long as the ``TLSContext``. TLS 1.2 sends at most one ticket.
    package var ticketsPerHandshake: Int

    package init(
        identity: TLSServerIdentity,
        clientCertificates: ClientCertificates = .notAsked,
        minimumVersion: TLSVersion = .v1_2,
        maximumVersion: TLSVersion = .v1_3,
        ticketsPerHandshake: Int = 2
    ) {
        self.identity = identity
        self.clientCertificates = clientCertificates
        self.minimumVersion = minimumVersion
        self.maximumVersion = maximumVersion
        self.ticketsPerHandshake = ticketsPerHandshake
    }

    func apply(to context: OpaquePointer) throws(TLSError) {
        switch clientCertificates {
        case .notAsked: break
        case .requested(let path): try ask(SSL_VERIFY_PEER, caFile: path, in: context)
        case .required(let path): try ask(SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, caFile: path, in: context)
        }
        ApplicationProtocol.choose(in: context)
        SSL_CTX_set_num_tickets(context, min(max(ticketsPerHandshake, 0), 16))
        if ticketsPerHandshake <= 0 { feedrec_SSL_CTX_forbid_tickets(context) }
        // Required to resume sessions of clients with certificates; the ticket keys distinguish servers.
        let name = Array("feedrec".utf8)
        try TLSContext.check(
            SSL_CTX_set_session_id_context(context, name, UInt32(name.count)),
            "cannot set up TLS sessions"
        )
    }

    private func ask(_ mode: Int32, caFile path: String, in context: OpaquePointer) throws(TLSError) {
        try TLSContext.trust(caFile: path, in: context)
        guard let names = SSL_load_client_CA_file(path) else {
            throw .configuration("cannot use the CA file '\(path)'")
        }
        SSL_CTX_set_client_CA_list(context, names)
        SSL_CTX_set_verify(context, mode, nil)
    }
}
