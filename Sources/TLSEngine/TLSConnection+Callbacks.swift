import COpenSSL

/// OpenSSL's callbacks to the connection; they run while one of its methods runs.
extension TLSConnection {
    /// Lets `owner(of:)` find the connection, and counts refused renegotiations.
    ///
    /// The pointer is not retained: the `SSL` only calls back from within the connection's methods, and is freed with
    /// it.
    func takeCallbacks() {
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        SSL_set_info_callback(ssl) { ssl, place, alert in
            guard place == SSL_CB_WRITE_ALERT, alert & 0xFF == SSL_AD_NO_RENEGOTIATION, let ssl else { return }
            TLSConnection.owner(of: ssl)?.refusedRenegotiations += 1
        }
    }

    /// The connection that made `ssl`.
    static func owner(of ssl: OpaquePointer) -> TLSConnection? {
        SSL_get_ex_data(ssl, 0).map { Unmanaged<TLSConnection>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Makes the connections of a client's `SSL_CTX` store their sessions in its cache.
    static func reportSessions(of context: OpaquePointer) {
        feedrec_SSL_CTX_report_client_sessions(context)
        SSL_CTX_sess_set_new_cb(context) { ssl, session in
            if let ssl, let session { TLSConnection.owner(of: ssl)?.keep(session) }
            // 0 means that OpenSSL keeps its reference; we have made a copy.
            return 0
        }
    }

    private func keep(_ session: OpaquePointer) {
        guard case .client(_, let cache?) = context.settings, let sessionKey else { return }
        guard let copy = TLSSession(copying: session) else { return }
        cache.add(copy, for: sessionKey)
    }

    /// Drops the sessions after a failed handshake, because one of them may have caused the failure.
    func forgetSessions() {
        guard case .client(_, let cache?) = context.settings, let sessionKey else { return }
        cache.remove(sessionKey)
    }
}
