import COpenSSL

/// What is known of an established TLS connection.
package struct TLSPeer: Hashable, Sendable {
    /// `TLSv1.2` or `TLSv1.3`.
    package let version: String
    /// OpenSSL's name of the cipher suite, such as `TLS_AES_128_GCM_SHA256`.
    package let cipher: String
    /// The peer's own certificate; `nil` where it showed none.
    package let certificate: TLSCertificate?
    /// Whether an earlier session was resumed, so that no certificates were exchanged this time.
    package let isResumed: Bool
    /// The protocol that ALPN agreed on, `http/1.1`; `nil` where a side does without ALPN.
    package let applicationProtocol: String?

    /// SHA-256 of the peer's certificate in DER, 64 lower-case hexadecimal digits; `nil` where the peer showed none.
    package var certificateFingerprint: String? { certificate?.fingerprint }

    init(ssl: OpaquePointer) {
        version = SSL_get_version(ssl).map { String(cString: $0) } ?? ""
        cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? ""
        certificate = Self.withCertificate(of: ssl, TLSCertificate.init)
        isResumed = SSL_session_reused(ssl) == 1
        applicationProtocol = ApplicationProtocol.agreed(ssl)
    }

    /// Calls `body` with the peer's `X509`, if it has shown one.
    static func withCertificate<Result>(of ssl: OpaquePointer, _ body: (OpaquePointer) -> Result) -> Result? {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
        defer { X509_free(certificate) }
        return body(certificate)
    }
}
