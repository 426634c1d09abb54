import COpenSSL

/// One TLS connection without a socket: takes bytes from the peer, returns bytes for the peer.
///
/// After every call there may be ciphertext to send: check ``pendingCiphertextBytes`` and take it with
/// ``drain(into:)``. Do so after a failure too, because it may include the alert for the peer. Not `Sendable`: one
/// event loop or task owns it.
package final class TLSConnection {
    /// The result of an operation.
    package enum Progress: Hashable, Sendable {
        /// It needs more bytes from the peer.
        case incomplete
        case complete
        /// Nothing more can be read or written.
        case failed(TLSError)
    }

    /// The result of ``TLSConnection/read(into:)``.
    package enum ReadResult: Hashable, Sendable {
        /// This number of plaintext bytes, at least one; there may be more.
        case bytes(Int)
        /// No plaintext until more bytes come from the peer.
        case incomplete
        /// The peer sends no more (close_notify, RFC 8446 §6.1).
        case ended
        case failed(TLSError)
    }

    /// Requests for renegotiation that are tolerated; more are treated as an attack.
    private static let renegotiationsMax = 8

    let ssl: OpaquePointer
    /// `ssl` owns both and frees them.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// Keeps the `SSL_CTX` and its callbacks' data alive.
    let context: TLSContext
    /// The cache key of a client's sessions.
    let sessionKey: TLSSessionCache.Key?
    /// The text of a failed pin check, which OpenSSL's own result cannot carry.
    var pinMismatch: String?
    /// Requests for renegotiation that OpenSSL has refused with a warning.
    var refusedRenegotiations = 0
    /// Records that we have sent with the current key.
    var recordsUnderKey = 0
    private(set) var failure: TLSError?
    private var isInputEnded = false
    /// True once the handshake is complete.
    package private(set) var isEstablished = false

    /// Makes the client's side; the certificate must be valid for `host`, a DNS name or an IPv4 or IPv6 address.
    ///
    /// `port` is only part of the key in the context's ``TLSSessionCache``.
    package convenience init(client context: TLSContext, host: String, port: Int = 443) throws(TLSError) {
        guard case .client(_, let cache) = context.settings else { preconditionFailure("a client needs its context") }
        let key = TLSSessionCache.Key(contextNumber: context.number, host: host.lowercased(), port: port)
        try self.init(context: context, sessionKey: key)
        try expect(host: host)
        SSL_set_connect_state(ssl)
        cache?.take(for: key)?.offer(in: ssl)
    }

    /// Makes the server's side, with the current certificate.
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

    /// Takes bytes from the peer; then call ``handshake()`` or ``read(into:)`` until it is incomplete.
    package func receive(ciphertext: UnsafeRawBufferPointer) {
        guard failure == nil, !isInputEnded, !ciphertext.isEmpty else { return }
        // Nothing is read after close_notify, so nothing may accumulate.
        guard !hasPeerClosed else { return }
        var written = 0
        OpenSSLErrors.clear()
        if BIO_write_ex(incoming, ciphertext.baseAddress, ciphertext.count, &written) != 1
            || written != ciphertext.count
        {
            failure = TLSError(code: .connection, stack: OpenSSLErrors.drain().lines, detail: "cannot buffer TLS bytes")
        }
    }

    /// Takes the end of the peer's bytes (FIN or reset); then call ``handshake()`` or ``read(into:)``.
    ///
    /// From then on these do not return `incomplete`: without close_notify they fail as ``TLSError/Cause/truncated``.
    package func receiveEnd() { isInputEnded = true }

    /// Continues the handshake; a client calls it first, before it has received anything.
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

    /// Upper bound of the available plaintext, apart from the rest of a partial record (16 KiB at most).
    package var pendingIncomingBytes: Int { BIO_ctrl_pending(incoming) + Int(SSL_pending(ssl)) }

    /// Decrypts into `buffer`, which must not be empty; incomplete until the handshake is complete.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        if let failure { return .failed(failure) }
        guard isEstablished else { return isInputEnded ? .failed(truncate()) : .incomplete }
        // A futile call of OpenSSL costs as much as decrypting a small record.
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

    /// Encrypts all of `plaintext`; incomplete, with nothing taken, until the handshake is complete.
    package func write(_ plaintext: UnsafeRawBufferPointer) -> Progress {
        if let failure { return .failed(failure) }
        guard isEstablished else { return .incomplete }
        guard !plaintext.isEmpty else { return .complete }
        countRecords(of: plaintext.count)
        var written = 0
        OpenSSLErrors.clear()
        // A memory BIO accepts everything, and there is no renegotiation to wait for: the result is all or an error.
        if SSL_write_ex(ssl, plaintext.baseAddress, plaintext.count, &written) == 1 { return .complete }
        return .failed(fail(.connection))
    }

    /// Sends close_notify: we send no more, but reading goes on.
    package func closeNotify() {
        guard failure == nil, isEstablished, SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0 else { return }
        OpenSSLErrors.clear()
        SSL_shutdown(ssl)
        OpenSSLErrors.clear()
    }

    /// Bytes of ciphertext to send.
    package var pendingCiphertextBytes: Int { BIO_ctrl_pending(outgoing) }

    /// Moves ciphertext into `buffer` and returns the number of bytes; 0 if there is none.
    package func drain(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var count = 0
        guard !buffer.isEmpty, BIO_read_ex(outgoing, buffer.baseAddress, buffer.count, &count) == 1 else { return 0 }
        return count
    }

    // MARK: State

    /// Version, cipher and certificate; `nil` until the handshake is complete.
    package var peer: TLSPeer? { isEstablished ? TLSPeer(ssl: ssl) : nil }

    /// Whether close_notify has arrived and been read.
    private var hasPeerClosed: Bool { SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0 }

    /// Records `error` as the end of the connection; later calls return it again.
    @discardableResult
    func end(_ error: TLSError) -> TLSError {
        failure = error
        return error
    }
}
