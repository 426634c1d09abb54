import COpenSSL

/// Facts about an established TLS connection.
package struct TLSPeer: Hashable, Sendable {
    /// `TLSv1.2` or `TLSv1.3`.
    package let version: String
    /// OpenSSL's name for the cipher suite, such as `TLS_AES_128_GCM_SHA256`.
    package let cipher: String
    /// The peer's own certificate; `nil` if it sent none.
    package let certificate: TLSCertificate?
    /// Whether an earlier session was resumed; then no certificates were exchanged.
    package let isResumed: Bool
    /// The protocol agreed by ALPN, `http/1.1`; `nil` if one of the sides does not use ALPN.
    package let applicationProtocol: String?

    /// SHA-256 of the peer's certificate in DER, 64 lower-case hexadecimal digits; `nil` if the peer sent none.
    package var certificateFingerprint: String? { certificate?.fingerprint }

    init(ssl: OpaquePointer) {
        version = SSL_get_version(ssl).map { String(cString: $0) } ?? ""
        cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? ""
        certificate = Self.withCertificate(of: ssl, TLSCertificate.init)
        isResumed = SSL_session_reused(ssl) == 1
        applicationProtocol = ApplicationProtocol.agreed(ssl)
    }

    /// Calls `body` with the peer's `X509`, if it sent one.
    static func withCertificate<Result>(of ssl: OpaquePointer, _ body: (OpaquePointer) -> Result) -> Result? {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
        defer { X509_free(certificate) }
        return body(certificate)
    }
}
