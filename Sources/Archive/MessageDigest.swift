import COpenSSL

/// SHA-256 over bytes that come in pieces (FIPS 180-4), by OpenSSL.
package final class MessageDigest {
    private let context: OpaquePointer?
    /// False once OpenSSL has failed, which it does for want of memory only.
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

    /// The digest in lower-case hexadecimal; empty where OpenSSL failed.
    ///
    /// The object is spent.
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
