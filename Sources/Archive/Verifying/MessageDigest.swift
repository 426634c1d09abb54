import COpenSSL

/// SHA-256 over bytes that arrive in pieces (FIPS 180-4), computed by OpenSSL.
package final class MessageDigest {
    private let context: OpaquePointer?
    /// False if OpenSSL has failed, which only happens when memory is exhausted.
    private var isValid: Bool

    package init() {
        context = EVP_MD_CTX_new()
        isValid = context != nil && EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
    }

    deinit { EVP_MD_CTX_free(context) }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        guard isValid, bytes.count > 0 else { return }
        isValid = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
    }

    package func update(_ byte: UInt8) {
        withUnsafeBytes(of: byte) { update($0) }
    }

    /// Returns the digest in lower-case hexadecimal, or an empty text if OpenSSL failed.
    ///
    /// The object cannot be used after this.
    package func finish() -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard isValid, EVP_DigestFinal_ex(context, &digest, &count) == 1 else { return "" }
        isValid = false
        return digest.prefix(Int(count)).reduce(into: "") { text, byte in
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }
}
