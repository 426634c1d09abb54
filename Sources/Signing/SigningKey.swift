import COpenSSL

/// The secret half of an API key, which signs texts for a venue.
///
/// Errors and descriptions never contain the secret.
package struct SigningKey: Sendable {
    /// How the key signs.
    package enum Algorithm: Sendable, Hashable {
        /// HMAC with SHA-256 (RFC 2104): 32 bytes.
        case hmac
        /// Ed25519 (RFC 8032): 64 bytes.
        case ed25519
    }

    private enum Material: Sendable {
        case secret([UInt8])
        case privateKey(PrivateKey)
    }

    private let material: Material

    /// Makes a key from a secret: the text of an HMAC key, or a private Ed25519 key in PEM.
    ///
    /// - Throws: ``SigningError`` for PEM that is not an unencrypted Ed25519 key, and for an empty secret.
    package init(secret: String) throws(SigningError) {
        guard Self.isPEM(secret) else {
            guard !secret.isEmpty else { throw SigningError("the secret is empty") }
            material = .secret(Array(secret.utf8))
            return
        }
        material = .privateKey(try PrivateKey(pem: secret))
    }

    package var algorithm: Algorithm {
        switch material {
        case .secret: .hmac
        case .privateKey: .ed25519
        }
    }

    /// True for a text that contains a key in PEM, whatever its kind.
    package static func isPEM(_ text: String) -> Bool { text.contains("-----BEGIN ") }

    /// Returns the signature of `text`; empty if OpenSSL has no memory for it.
    package func signature(of text: String) -> [UInt8] {
        let message = Array(text.utf8)
        switch material {
        case .secret(let secret): return Self.hmac(message, secret: secret)
        case .privateKey(let key): return key.sign(message)
        }
    }

    private static func hmac(_ message: [UInt8], secret: [UInt8]) -> [UInt8] {
        // Longer keys than `Int32.max` bytes do not fit into a command's environment or a key file.
        guard let secretBytes = Int32(exactly: secret.count) else { return [] }
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        var length: UInt32 = 0
        let result = HMAC(EVP_sha256(), secret, secretBytes, message, message.count, &digest, &length)
        return result == nil ? [] : digest
    }
}

/// Without these, a description or a dump would show the secret.
extension SigningKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "a key for \(algorithm)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A text that cannot be used as a key; the description does not quote it.
package struct SigningError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// A private Ed25519 key of OpenSSL.
///
/// `@unchecked Sendable`: OpenSSL only reads the key, which never changes.
private final class PrivateKey: @unchecked Sendable {
    private let key: OpaquePointer

    init(pem: String) throws(SigningError) {
        defer { ERR_clear_error() }
        let text = Array(pem.utf8)
        guard let count = Int32(exactly: text.count), let source = BIO_new_mem_buf(text, count) else {
            throw SigningError("the private key is too long")
        }
        defer { BIO_free(source) }
        guard let key = PEM_read_bio_PrivateKey(source, nil, refusePassphrase, nil) else {
            throw SigningError("the secret is not an unencrypted private key in PEM")
        }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 else {
            EVP_PKEY_free(key)
            throw SigningError("the private key is not an Ed25519 key")
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    func sign(_ message: [UInt8]) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { return [] }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var length = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &signature, &length, message, message.count) == 1, length == signature.count
        else { return [] }
        return signature
    }
}

/// Stops OpenSSL from asking for a passphrase on the terminal.
private func refusePassphrase(
    _: UnsafeMutablePointer<CChar>?,
    _: Int32,
    _: Int32,
    _: UnsafeMutableRawPointer?
) -> Int32 { -1 }
