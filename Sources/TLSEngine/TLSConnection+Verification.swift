import COpenSSL

/// What a client requires of the server's certificate besides its signatures and dates.
extension TLSConnection {
    /// Makes the handshake verify `host` and, if it is a name, request its certificate (SNI, RFC 6066 §3).
    ///
    /// A final dot and an IPv6 zone are removed, because certificates do not contain them.
    func expect(host: String) throws(TLSError) {
        var name = host.last == "." ? String(host.dropLast()) : host
        guard !name.isEmpty, !name.utf8.contains(0) else {
            throw TLSError(code: .configuration, detail: "'\(host)' is not a host name")
        }
        if let zone = name.firstIndex(of: "%") { name = String(name[..<zone]) }
        OpenSSLErrors.clear()
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1 { return }
        OpenSSLErrors.clear()
        SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard SSL_set1_host(ssl, name) == 1, feedrec_SSL_set_server_name(ssl, name) == 1 else {
            throw .configuration("'\(host)' is not a host name that TLS can verify")
        }
    }

    /// Why no pin matches `certificate`, an `X509`; `nil` if one does.
    func pinMismatch(with certificate: OpaquePointer) -> String? {
        guard case .client(let configuration, _) = context.settings else { return nil }
        if configuration.pins.contains(where: { $0.matches(certificate) }) { return nil }
        let actual = TLSCertificate(certificate)
        let expected = configuration.pins.map(\.description).joined(separator: " or ")
        return "pin mismatch: the server has certificate:\(actual.fingerprint)"
            + " with public-key:\(actual.publicKeyFingerprint), expected \(expected)"
    }

    /// For `SSL_CTX_set_verify`: checks the pins while an alert can still be sent to the peer.
    ///
    /// Called for each certificate of the chain, the server's own (depth 0) last.
    static let verifyPins: @convention(c) (Int32, OpaquePointer?) -> Int32 = { isAccepted, store in
        guard isAccepted != 0, let store, X509_STORE_CTX_get_error_depth(store) == 0 else { return isAccepted }
        let index = SSL_get_ex_data_X509_STORE_CTX_idx()
        guard let ssl = X509_STORE_CTX_get_ex_data(store, index).map(OpaquePointer.init),
            let connection = TLSConnection.owner(of: ssl),
            let certificate = X509_STORE_CTX_get_current_cert(store)
        else { return 0 }
        guard let mismatch = connection.pinMismatch(with: certificate) else { return isAccepted }
        connection.pinMismatch = mismatch
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
        return 0
    }
}
