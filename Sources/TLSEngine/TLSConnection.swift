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

    /// More requests for renegotiation than this are an attack.
    private static let renegotiationsMax = 8

    let ssl: OpaquePointer
    /// Both belong to ``ssl``, which frees them.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// Keeps the `SSL_CTX` and its callbacks' data alive.
    let context: TLSContext
    /// Where a client's sessions are kept.
    let sessionKey: TLSSessionCache.Key?
    /// What the verification of a pin has found, which OpenSSL's own result cannot tell.
    var pinMismatch: String?
    /// Requests for renegotiation that OpenSSL has refused with a warning.
    var refusedRenegotiations = 0
    /// Records that we have sent under the current key.
    var recordsUnderKey = 0
    private(set) var failure: TLSError?
    private var isInputEnded = false
    /// True once the handshake is over.
    package private(set) var isEstablished = false

    /// The client's side; `host` is what the certificate must be made out to: a DNS name, or an IPv4 or IPv6 address.
    ///
    /// `port` only keeps apart the sessions of the context's ``TLSSessionCache``.
    package convenience init(client context: TLSContext, host: String, port: Int = 443) throws(TLSError) {
        guard case .client(_, let cache) = context.settings else { preconditionFailure("a client needs its context") }
        let key = TLSSessionCache.Key(contextNumber: context.number, host: host.lowercased(), port: port)
        try self.init(context: context, sessionKey: key)
        try expect(host: host)
        SSL_set_connect_state(ssl)
        cache?.take(for: key)?.offer(in: ssl)
    }

    /// The server's side, with the certificate that is current now.
    package convenience init(server context: TLSContext) throws(TLSError) {
        guard case .server(let configuration) = context.settings else {
            preconditionFailure("a server needs its context")
        }
        try self.init(context: context, sessionKey: nil)
        try configuration.identity.current.use(inConnection: ssl)
        SSL_set_accept_state(ssl)
    }

    private init(context: TLSContext, sessionKey: TLSSessionCache.Key?) throws(TLSError) {
        OpenSSLErrors.clear()
        guard let ssl = SSL_new(context.pointer) else { throw .configuration("cannot set up TLS") }
        guard let incoming = BIO_new(BIO_s_mem()) else {
            SSL_free(ssl)
            throw .configuration("cannot set up TLS")
        }
        guard let outgoing = BIO_new(BIO_s_mem()) else {
            BIO_free(incoming)
            SSL_free(ssl)
            throw .configuration("cannot set up TLS")
        }
        feedrec_BIO_make_retrying(incoming)
        feedrec_BIO_make_retrying(outgoing)
        SSL_set_bio(ssl, incoming, outgoing)
        self.context = context
        self.sessionKey = sessionKey
        self.ssl = ssl
        self.incoming = incoming
        self.outgoing = outgoing
        takeCallbacks()
    }

    deinit { SSL_free(ssl) }

    // MARK: Bytes from the peer

    /// Takes bytes that came from the peer; call ``handshake()`` or ``read(into:)`` next, until it is incomplete.
    package func receive(ciphertext: UnsafeRawBufferPointer) {
        guard failure == nil, !isInputEnded, !ciphertext.isEmpty else { return }
        // Behind close_notify nothing is read any more, so nothing may pile up.
        guard !hasPeerClosed else { return }
        var written = 0
        OpenSSLErrors.clear()
        if BIO_write_ex(incoming, ciphertext.baseAddress, ciphertext.count, &written) != 1
            || written != ciphertext.count
        {
            failure = TLSError(code: .connection, stack: OpenSSLErrors.drain().lines, detail: "cannot buffer TLS bytes")
        }
    }

    /// Takes the end of the peer's bytes (FIN or reset); call ``handshake()`` or ``read(into:)`` next.
    ///
    /// Those then do not answer incomplete any more: without close_notify they fail as ``TLSError/Cause/truncated``.
    package func receiveEnd() { isInputEnded = true }

    /// Goes on with the handshake; a client calls it first without having received anything.
    package func handshake() -> Progress {
        if let failure { return .failed(failure) }
        if isEstablished { return .complete }
        OpenSSLErrors.clear()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            if let error = objection() { return .failed(reject(error)) }
            isEstablished = true
            return .complete
        }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return isInputEnded ? .failed(truncate()) : .incomplete
        case SSL_ERROR_ZERO_RETURN: return .failed(truncate())
        default: return .failed(fail(.handshake))
        }
    }

    /// Plaintext cannot be more than this, plus what is left of a record that came in parts (16 KiB at most).
    package var pendingIncomingBytes: Int { BIO_ctrl_pending(incoming) + Int(SSL_pending(ssl)) }

    /// Decrypts into `buffer`, which must not be empty; incomplete before the handshake is over.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        if let failure { return .failed(failure) }
        guard isEstablished else { return isInputEnded ? .failed(truncate()) : .incomplete }
        // Asking OpenSSL in vain costs as much as decrypting a small record.
        if !isInputEnded, pendingIncomingBytes == 0, !hasPeerClosed { return .incomplete }
        var count = 0
        OpenSSLErrors.clear()
        let result = SSL_read_ex(ssl, buffer.baseAddress, buffer.count, &count)
        if refusedRenegotiations > Self.renegotiationsMax { return .failed(refuseRenegotiation()) }
        if result == 1 { return .bytes(count) }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return isInputEnded ? .failed(truncate()) : .incomplete
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
        countRecords(of: plaintext.count)
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

    /// Whether close_notify has come, and been read.
    private var hasPeerClosed: Bool { SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0 }

    /// Remembers `error` as what the connection ended with; later calls answer the same.
    @discardableResult
    func end(_ error: TLSError) -> TLSError {
        failure = error
        return error
    }
}
