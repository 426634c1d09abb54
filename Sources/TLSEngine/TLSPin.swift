import COpenSSL
import TextEncoding

/// A certificate or public key that the peer must have, in addition to being trusted.
///
/// A pinned key stays valid when a certificate is renewed; a pinned certificate does not.
package struct TLSPin: Hashable, Sendable, CustomStringConvertible {
    package enum Subject: String, Hashable, Sendable {
        /// The whole certificate in DER.
        case certificate
        /// Its SubjectPublicKeyInfo in DER (RFC 7469 §2.4).
        case publicKey = "public-key"
    }

    package let subject: Subject
    /// SHA-256 of the subject, 32 bytes.
    package let sha256: [UInt8]

    /// Makes a pin from 32 bytes; throws ``TLSError/Code-swift.enum/configuration`` for any other count.
    package init(_ subject: Subject, sha256: [UInt8]) throws(TLSError) {
        guard sha256.count == Int(SHA256_DIGEST_LENGTH) else {
            throw TLSError(code: .configuration, detail: "a pin has 32 bytes, not \(sha256.count)")
        }
        self.subject = subject
        self.sha256 = sha256
    }

    /// Parses `certificate:` or `public-key:`, followed by 64 hexadecimal digits (with or without colons) or 44
    /// characters of Base64.
    ///
    /// Also accepts curl's `sha256//` and Base64 for a public key, and bare hexadecimal digits, as printed by `openssl
    /// x509 -fingerprint`, for a certificate.
    package init(parsing text: String) throws(TLSError) {
        let (subject, digits) = Self.split(text)
        guard let bytes = Self.hexadecimalBytes(digits) ?? Self.base64Bytes(digits) else {
            throw TLSError(
                code: .configuration,
                detail: "'\(text)' is not a pin: expected 'certificate:' or 'public-key:' and SHA-256 in hex or Base64"
            )
        }
        try self.init(subject, sha256: bytes)
    }

    package var description: String { "\(subject.rawValue):\(sha256.hexadecimal)" }

    /// Whether `certificate`, an `X509`, is the pinned one or has the pinned key.
    func matches(_ certificate: OpaquePointer) -> Bool {
        switch subject {
        case .certificate: TLSCertificate.sha256(of: certificate) == sha256
        case .publicKey: TLSCertificate.publicKeySHA256(of: certificate) == sha256
        }
    }

    // MARK: Parsing

    private static func split(_ text: String) -> (Subject, Substring) {
        let prefixes: [(String, Subject)] = [
            ("certificate:", .certificate), ("public-key:", .publicKey), ("sha256//", .publicKey),
        ]
        for (prefix, subject) in prefixes where text.hasPrefix(prefix) {
            return (subject, text.dropFirst(prefix.count))
        }
        return (.certificate, text[...])
    }

    private static func hexadecimalBytes(_ text: Substring) -> [UInt8]? {
        let digits = text.utf8.filter { $0 != UInt8(ascii: ":") }
        return digits.count == 64 ? [UInt8](hexadecimal: digits) : nil
    }

    /// 43 characters and one `=` encode 32 bytes.
    private static func base64Bytes(_ text: Substring) -> [UInt8]? {
        guard let bytes = Base64.decode(String(text)), bytes.count == 32 else { return nil }
        return bytes
    }
}
