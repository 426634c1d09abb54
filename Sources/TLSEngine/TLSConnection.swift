import COpenSSL

/// One TLS connection without a socket: bytes from the peer go in, bytes for the peer come out.
///
/// After every call there may be ciphertext to send: ask ``pendingCiphertextBytes`` and take it with ``drain(into:)``, also
/// after a failure, since it may hold the alert that tells the peer why. Not `Sendable`: one event loop or task owns it.
package final class TLSConnection {
    /// How far an operation came.
    package enum Progress: Hashable, Sendable {
        /// It needs more bytes from the peer.
        case incomplete
        case complete
        /// Nothing more can be read or written.
        case failed(TLSError)
    }

    /// What ``TLSConnection/read(into:)`` found.
    package enum ReadResult: Hashable, Sendable {
        /// So many bytes of plaintext, at least one; there may be more.
        case bytes(Int)
        /// Nothing until more bytes come from the peer.
        case incomplete
        /// The peer has said that it sends no more (close_notify, RFC 8446 §6.1).
        case ended
        case failed(TLSError)
    }

    private let ssl: OpaquePointer
    /// Both belong to ``ssl``, which frees them.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// Keeps the `SSL_CTX` and its callbacks' data alive.
    private let context: TLSContext
    private var failure: TLSError?
    /// True once the handshake is over.
    package private(set) var isEstablished = false

    /// The client's side; `host` is what the certificate must be made out to: a DNS name, or an IPv4 or IPv6 address.
    package convenience init(client context: TLSContext, host: String) throws(TLSError) {
        precondition(context.role == .client, "a client needs a client's context")
        try self.init(context: context)
        try expect(host: host)
        SSL_set_connect_state(ssl)
    }

    /// The server's side.
    package convenience init(server context: TLSContext) throws(TLSError) {
        precondition(context.role == .server, "a server needs a server's context")
        try self.init(context: context)
        SSL_set_accept_state(ssl)
    }

    private init(context: TLSContext) throws(TLSError) {
        OpenSSLErrors.clear()
        guard let ssl = SSL_new(context.pointer) else { throw Self.setUpError() }
        guard let incoming = BIO_new(BIO_s_mem()) else {
            SSL_free(ssl)
            throw Self.setUpError()
        }
        guard let outgoing = BIO_new(BIO_s_mem()) else {
            BIO_free(incoming)
            SSL_free(ssl)
            throw Self.setUpError()
        }
        feedrec_BIO_make_retrying(incoming)
        feedrec_BIO_make_retrying(outgoing)
        SSL_set_bio(ssl, incoming, outgoing)
        self.context = context
        self.ssl = ssl
        self.incoming = incoming
        self.outgoing = outgoing
    }

    deinit { SSL_free(ssl) }

    /// Makes the handshake verify `host` and, for a name, ask for its certificate (SNI, RFC 6066 §3).
    private func expect(host: String) throws(TLSError) {
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
            throw TLSError(
                code: .configuration,
                stack: OpenSSLErrors.drain(),
                detail: "'\(host)' is not a host name that TLS can verify"
            )
        }
    }

    // MARK: Bytes from the peer

    /// Takes bytes that came from the peer; call ``handshake()`` or ``read(into:)`` next, until it is incomplete.
    package func receive(ciphertext: UnsafeRawBufferPointer) {
        guard failure == nil, !ciphertext.isEmpty else { return }
        var written = 0
        OpenSSLErrors.clear()
        if BIO_write_ex(incoming, ciphertext.baseAddress, ciphertext.count, &written) != 1
            || written != ciphertext.count
        {
            failure = TLSError(code: .connection, stack: OpenSSLErrors.drain(), detail: "cannot buffer TLS bytes")
        }
    }

    /// Goes on with the handshake; a client calls it first without having received anything.
    package func handshake() -> Progress {
        if let failure { return .failed(failure) }
        if isEstablished { return .complete }
        OpenSSLErrors.clear()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            isEstablished = true
            return .complete
        }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .incomplete
        default: return .failed(fail(.handshake))
        }
    }

    /// Plaintext cannot be more than this, plus what is left of a record that came in parts (16 KiB at most).
    package var pendingIncomingBytes: Int { BIO_ctrl_pending(incoming) + Int(SSL_pending(ssl)) }

    /// Decrypts into `buffer`, which must not be empty; incomplete before the handshake is over.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        if let failure { return .failed(failure) }
        guard isEstablished else { return .incomplete }
        var count = 0
        OpenSSLErrors.clear()
        let result = SSL_read_ex(ssl, buffer.baseAddress, buffer.count, &count)
        if result == 1 { return .bytes(count) }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .incomplete
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: return .failed(fail(.connection))
        }
    }

    // MARK: Bytes for the peer

    /// Encrypts all of `plaintext`; incomplete, with nothing taken, before the handshake is over.
    package func write(_ plaintext: UnsafeRawBufferPointer) -> Progress {
        if let failure { return .failed(failure) }
        guard isEstablished else { return .incomplete }
        guard !plaintext.isEmpty else { return .complete }
        var written = 0
        OpenSSLErrors.clear()
        // A memory BIO takes everything, and there is no renegotiation to wait for: all or an error.
        if SSL_write_ex(ssl, plaintext.baseAddress, plaintext.count, &written) == 1 { return .complete }
        return .failed(fail(.connection))
    }

    /// Says that we send no more (close_notify); reading goes on.
    package func closeNotify() {
        guard failure == nil, isEstablished, SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0 else { return }
        OpenSSLErrors.clear()
        SSL_shutdown(ssl)
        OpenSSLErrors.clear()
    }

    /// Ciphertext waiting to be sent.
    package var pendingCiphertextBytes: Int { BIO_ctrl_pending(outgoing) }

    /// Moves ciphertext into `buffer` and returns how many bytes; 0 where there is none.
    package func drain(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var count = 0
        guard !buffer.isEmpty, BIO_read_ex(outgoing, buffer.baseAddress, buffer.count, &count) == 1 else { return 0 }
        return count
    }

    // MARK: State

    /// Version, cipher and certificate; `nil` before the handshake is over.
    package var peer: TLSPeer? { isEstablished ? TLSPeer(ssl: ssl) : nil }

    /// Remembers why the connection is over, from OpenSSL's error queue and the verification's result.
    private func fail(_ code: TLSError.Code) -> TLSError {
        let stack = OpenSSLErrors.drain()
        let verifyResult = SSL_get_verify_result(ssl)
        let isRejected = context.role == .client && code == .handshake && verifyResult != Int(X509_V_OK)
        let text = isRejected ? X509_verify_cert_error_string(verifyResult).map { String(cString: $0) } : nil
        let error = TLSError(code: isRejected ? .certificate : code, verifyText: text, stack: stack)
        failure = error
        return error
    }

    private static func setUpError() -> TLSError {
        TLSError(code: .configuration, stack: OpenSSLErrors.drain(), detail: "cannot set up TLS")
    }
}
