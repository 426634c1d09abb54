import COpenSSL
import TextEncoding

/// The relevant fields of an X.509 certificate, ours or the peer's.
package struct TLSCertificate: Hashable, Sendable {
    /// SHA-256 of the certificate in DER, 64 lower-case hexadecimal digits.
    package let fingerprint: String
    /// SHA-256 of the SubjectPublicKeyInfo in DER (RFC 7469 §2.4), 64 lower-case hexadecimal digits.
    package let publicKeyFingerprint: String
    /// The subject as in RFC 2253: `CN=localhost,O=Example`; cut after 1024 bytes, like the issuer.
    package let subject: String
    package let issuer: String
    /// First second of validity, in seconds since the UNIX epoch; `nil` if the certificate's date is malformed.
    package let notBefore: Int64?
    /// Last second of validity, in seconds since the UNIX epoch; `nil` if the certificate's date is malformed.
    package let notAfter: Int64?

    /// Reads `certificate`, an `X509`, without retaining it.
    init(_ certificate: OpaquePointer) {
        fingerprint = Self.sha256(of: certificate).hexadecimal
        publicKeyFingerprint = Self.publicKeySHA256(of: certificate).hexadecimal
        subject = Self.text(of: X509_get_subject_name(certificate))
        issuer = Self.text(of: X509_get_issuer_name(certificate))
        notBefore = Self.unixSeconds(X509_get0_notBefore(certificate))
        notAfter = Self.unixSeconds(X509_get0_notAfter(certificate))
    }

    /// Returns 32 bytes, or none if OpenSSL fails.
    static func sha256(of certificate: OpaquePointer) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard X509_digest(certificate, EVP_sha256(), &digest, &length) == 1 else { return [] }
        return Array(digest.prefix(Int(length)))
    }

    /// Returns 32 bytes, or none if OpenSSL fails.
    static func publicKeySHA256(of certificate: OpaquePointer) -> [UInt8] {
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded)
        guard count > 0, let encoded else { return [] }
        defer { CRYPTO_free(encoded, "", 0) }
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        guard EVP_Digest(encoded, Int(count), &digest, nil, EVP_sha256(), nil) == 1 else { return [] }
        return digest
    }

    private static func text(of name: OpaquePointer?) -> String {
        guard let name, let bio = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(bio) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        var count = 0
        guard X509_NAME_print_ex(bio, name, 0, feedrec_X509_NAME_flags()) >= 0,
            BIO_read_ex(bio, &bytes, bytes.count, &count) == 1
        else { return "" }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private static func unixSeconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        guard let time, let epoch = ASN1_TIME_set(nil, 0) else { return nil }
        defer { ASN1_STRING_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
        return Int64(days) * 86_400 + Int64(seconds)
    }
}
