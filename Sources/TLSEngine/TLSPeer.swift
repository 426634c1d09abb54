import COpenSSL

/// What is known of an established TLS connection.
package struct TLSPeer: Hashable, Sendable {
    /// `TLSv1.2` or `TLSv1.3`.
    package let version: String
    /// OpenSSL's name of the cipher suite, such as `TLS_AES_128_GCM_SHA256`.
    package let cipher: String
    /// SHA-256 of the peer's certificate in DER, 64 lower-case hexadecimal digits; `nil` where the peer showed none.
    package let certificateFingerprint: String?

    init(ssl: OpaquePointer) {
        version = SSL_get_version(ssl).map { String(cString: $0) } ?? ""
        cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? ""
        certificateFingerprint = Self.fingerprint(of: ssl)
    }

    private static func fingerprint(of ssl: OpaquePointer) -> String? {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
        defer { X509_free(certificate) }
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard X509_digest(certificate, EVP_sha256(), &digest, &length) == 1 else { return nil }
        let digits = Array("0123456789abcdef".utf8)
        let text = digest.prefix(Int(length)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
