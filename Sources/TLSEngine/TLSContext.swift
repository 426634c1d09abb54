import COpenSSL

/// What many TLS connections share: the role, and trusted certificates or our own.
///
/// TLS 1.2 is the lowest version. There is no session resumption and no renegotiation.
///
/// `@unchecked Sendable`: the `SSL_CTX` is never changed after `init`, and OpenSSL counts its references atomically.
package final class TLSContext: @unchecked Sendable {
    /// Whose signatures a client believes.
    package enum Trust: Hashable, Sendable {
        /// The system's store, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
        case system
        /// The certificates in a PEM file and no others; they need not be self-signed roots.
        case caFile(String)
    }

    package enum Role: Sendable {
        case client
        case server
    }

    package let role: Role
    let pointer: OpaquePointer

    private init(role: Role) throws(TLSError) {
        OpenSSLErrors.clear()
        guard let pointer = SSL_CTX_new(role == .client ? TLS_client_method() : TLS_server_method()) else {
            throw TLSError(code: .configuration, stack: OpenSSLErrors.drain(), detail: "cannot set up TLS")
        }
        self.role = role
        self.pointer = pointer
        try Self.check(feedrec_SSL_CTX_set_min_proto_version(pointer, TLS1_2_VERSION), "cannot require TLS 1.2")
        // SSL_MODE_RELEASE_BUFFERS is left out: it costs 7 % when receiving small records.
        feedrec_SSL_CTX_set_mode(pointer, Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        feedrec_SSL_CTX_disable_session_cache(pointer)
        feedrec_SSL_CTX_forbid_renegotiation_and_tickets(pointer)
        SSL_CTX_set_num_tickets(pointer, 0)
    }

    deinit { SSL_CTX_free(pointer) }

    /// A client that verifies the peer's certificate; ``TLSError/Code-swift.enum/configuration`` for an unusable CA file.
    package static func client(trust: Trust) throws(TLSError) -> TLSContext {
        let context = try TLSContext(role: .client)
        SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        switch trust {
        case .system:
            try check(SSL_CTX_set_default_verify_paths(context.pointer), "cannot use the system's trust store")
        case .caFile(let path):
            try check(SSL_CTX_load_verify_file(context.pointer, path), "cannot use the CA file '\(path)'")
            X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.pointer), UInt(X509_V_FLAG_PARTIAL_CHAIN))
        }
        let protocols = [UInt8(ApplicationProtocol.name.count)] + ApplicationProtocol.name
        guard SSL_CTX_set_alpn_protos(context.pointer, protocols, UInt32(protocols.count)) == 0 else {
            throw TLSError(code: .configuration, stack: OpenSSLErrors.drain(), detail: "cannot offer http/1.1")
        }
        return context
    }

    /// A server that asks for no client certificate.
    ///
    /// `certificateFile` holds the certificate and its chain, leaf first, `keyFile` its unencrypted private key, both PEM.
    package static func server(certificateFile: String, keyFile: String) throws(TLSError) -> TLSContext {
        let context = try TLSContext(role: .server)
        // Without this OpenSSL would ask the terminal for the passphrase of an encrypted key.
        SSL_CTX_set_default_passwd_cb(context.pointer) { _, _, _, _ in -1 }
        try check(
            SSL_CTX_use_certificate_chain_file(context.pointer, certificateFile),
            "cannot use the certificate file '\(certificateFile)'"
        )
        try check(
            SSL_CTX_use_PrivateKey_file(context.pointer, keyFile, SSL_FILETYPE_PEM),
            "cannot use the key file '\(keyFile)'"
        )
        try check(
            SSL_CTX_check_private_key(context.pointer),
            "the key in '\(keyFile)' does not belong to the certificate in '\(certificateFile)'"
        )
        SSL_CTX_set_alpn_select_cb(
            context.pointer,
            { _, output, outputLength, offer, offerLength, _ in
                ApplicationProtocol.select(output, outputLength, offer: offer, offerLength)
            },
            nil
        )
        return context
    }

    private static func check(_ result: Int32, _ attempt: String) throws(TLSError) {
        guard result != 1 else { return }
        throw TLSError(code: .configuration, stack: OpenSSLErrors.drain(), detail: attempt)
    }
}

/// ALPN (RFC 7301): the one protocol we speak above TLS.
private enum ApplicationProtocol {
    static let name: [UInt8] = Array("http/1.1".utf8)

    /// Picks `http/1.1` where the client offers it, and goes on without ALPN where it does not.
    static func select(
        _ output: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
        _ outputLength: UnsafeMutablePointer<UInt8>?,
        offer: UnsafePointer<UInt8>?,
        _ offerLength: UInt32
    ) -> Int32 {
        guard let output, let outputLength, let offer else { return SSL_TLSEXT_ERR_NOACK }
        let list = UnsafeBufferPointer(start: offer, count: Int(offerLength))
        var position = 0
        while position < list.count {
            let start = position + 1
            let end = start + Int(list[position])
            guard end <= list.count else { break }
            if list[start..<end].elementsEqual(name) {
                output.pointee = offer + start
                outputLength.pointee = list[position]
                return SSL_TLSEXT_ERR_OK
            }
            position = end
        }
        return SSL_TLSEXT_ERR_NOACK
    }
}
