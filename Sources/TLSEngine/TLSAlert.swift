import COpenSSL

/// The peer's own reason for ending the connection (RFC 8446 §6).
package struct TLSAlert: Hashable, Sendable, CustomStringConvertible {
    /// The number in IANA's registry "TLS Alerts".
    package let number: UInt8

    package init(number: UInt8) { self.number = number }

    /// OpenSSL's name for it, such as `handshake failure`.
    package var description: String {
        let name = SSL_alert_desc_string_long(Int32(number)).map { String(cString: $0) } ?? "unknown"
        return name == "unknown" ? Self.newerNames[number] ?? "alert \(number)" : name
    }

    /// True if the peer rejected our certificate, or requires one that we did not send.
    package var isAboutCertificate: Bool {
        switch Int32(number) {
        case SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED: true
        case SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA: true
        case SSL_AD_ACCESS_DENIED, SSL_AD_CERTIFICATE_REQUIRED: true
        default: false
        }
    }

    /// True if the same attempt may succeed later: damaged records, or an internal error of the peer.
    package var isTransient: Bool {
        switch Int32(number) {
        case SSL_AD_BAD_RECORD_MAC, SSL_AD_DECRYPTION_FAILED, SSL_AD_RECORD_OVERFLOW, SSL_AD_DECRYPT_ERROR: true
        case SSL_AD_INTERNAL_ERROR, SSL_AD_USER_CANCELLED: true
        default: false
        }
    }

    /// The alerts that OpenSSL 3.0 does not name.
    private static let newerNames: [UInt8: String] = [
        109: "missing extension", 116: "certificate required", 120: "no application protocol",
    ]
}
