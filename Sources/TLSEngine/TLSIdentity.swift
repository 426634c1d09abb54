import COpenSSL

/// A certificate with its chain and its private key, of a server or a client.
///
/// `@unchecked Sendable`: nothing is changed after `init`, and OpenSSL counts its references atomically.
package final class TLSIdentity: @unchecked Sendable {
    /// The first certificate of the file.
    package let certificate: TLSCertificate

    private let leaf: OpaquePointer
    private let chain: OpaquePointer
    private let key: OpaquePointer

    /// Reads PEM files.
    ///
    /// `certificateFile` holds the certificate and its chain, leaf first. `keyFile`, which may be the same file, holds
    /// the unencrypted private key.
    ///
    /// - Throws: ``TLSError/Code-swift.enum/configuration`` if they cannot be used, do not belong together, or are too
    ///   weak.
    package init(certificateFile: String, keyFile: String) throws(TLSError) {
        OpenSSLErrors.clear()
        (leaf, chain) = try Self.certificates(in: certificateFile)
        do {
            key = try Self.privateKey(in: keyFile)
        } catch {
            X509_free(leaf)
            feedrec_X509_stack_free(chain)
            throw error
        }
        certificate = TLSCertificate(leaf)
        try check(certificateFile: certificateFile, keyFile: keyFile)
    }

    deinit {
        X509_free(leaf)
        feedrec_X509_stack_free(chain)
        EVP_PKEY_free(key)
    }

    /// Makes the connections of `context`, an `SSL_CTX`, use this identity.
    func use(inContext context: OpaquePointer) throws(TLSError) {
        OpenSSLErrors.clear()
        guard SSL_CTX_use_cert_and_key(context, leaf, key, chain, 1) == 1 else {
            throw .configuration("cannot use the certificate of '\(certificate.subject)'")
        }
    }

    /// Makes one connection, an `SSL`, use this identity.
    func use(inConnection ssl: OpaquePointer) throws(TLSError) {
        OpenSSLErrors.clear()
        guard SSL_use_cert_and_key(ssl, leaf, key, chain, 1) == 1 else {
            throw .configuration("cannot use the certificate of '\(certificate.subject)'")
        }
    }

    /// Detects errors now that would otherwise fail each connection.
    private func check(certificateFile: String, keyFile: String) throws(TLSError) {
        guard X509_check_private_key(leaf, key) == 1 else {
            throw .configuration("the key in '\(keyFile)' does not belong to the certificate in '\(certificateFile)'")
        }
        guard let scratch = SSL_CTX_new(TLS_method()) else { throw .configuration("cannot set up TLS") }
        defer { SSL_CTX_free(scratch) }
        TLSContext.raiseSecurityLevel(of: scratch)
        guard SSL_CTX_use_cert_and_key(scratch, leaf, key, chain, 1) == 1 else {
            throw .configuration("cannot use the certificate file '\(certificateFile)'")
        }
    }
}

// MARK: PEM files

extension TLSIdentity {
    private static func certificates(in path: String) throws(TLSError) -> (leaf: OpaquePointer, chain: OpaquePointer) {
        let attempt = "cannot use the certificate file '\(path)'"
        guard let file = BIO_new_file(path, "r") else { throw .configuration(attempt) }
        defer { BIO_free(file) }
        guard let chain = feedrec_X509_stack_new() else { throw .configuration(attempt) }
        guard let leaf = PEM_read_bio_X509_AUX(file, nil, refusePassphrase, nil) else {
            feedrec_X509_stack_free(chain)
            throw .configuration(attempt)
        }
        while let next = PEM_read_bio_X509(file, nil, refusePassphrase, nil) {
            if feedrec_X509_stack_push(chain, next) < 1 { X509_free(next) }
        }
        guard OpenSSLErrors.clearEndOfPEM() else {
            X509_free(leaf)
            feedrec_X509_stack_free(chain)
            throw .configuration(attempt)
        }
        return (leaf, chain)
    }

    private static func privateKey(in path: String) throws(TLSError) -> OpaquePointer {
        guard let file = BIO_new_file(path, "r") else { throw .configuration("cannot use the key file '\(path)'") }
        defer { BIO_free(file) }
        var isEncrypted = false
        let key = withUnsafeMutablePointer(to: &isEncrypted) {
            PEM_read_bio_PrivateKey(file, nil, refusePassphrase, $0)
        }
        if let key { return key }
        guard isEncrypted else { throw .configuration("cannot use the key file '\(path)'") }
        OpenSSLErrors.clear()
        throw TLSError(code: .configuration, detail: "the key file '\(path)' is encrypted, which is not supported")
    }
}

/// Stops OpenSSL from asking on the terminal; records in `isAsked`, a `Bool`, that a passphrase is needed.
private func refusePassphrase(
    _: UnsafeMutablePointer<CChar>?,
    _: Int32,
    _: Int32,
    isAsked: UnsafeMutableRawPointer?
) -> Int32 {
    isAsked?.assumingMemoryBound(to: Bool.self).pointee = true
    return -1
}
