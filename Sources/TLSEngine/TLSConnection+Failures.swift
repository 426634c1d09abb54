import COpenSSL

/// Determines why a connection failed.
extension TLSConnection {
    /// Makes the error from OpenSSL's error queue and the verification result, and ends the connection with it.
    func fail(_ code: TLSError.Code) -> TLSError {
        let errors = OpenSSLErrors.drain()
        if code == .handshake { forgetSessions() }
        if let rejection = rejection(during: code, errors) { return end(rejection) }
        let cause: TLSError.Cause = errors.alert.map { .alert($0) } ?? .unspecified
        return end(TLSError(code: code, cause: cause, stack: errors.lines))
    }

    /// The error for a peer whose bytes ended too early.
    func truncate() -> TLSError {
        let handshakeText = "the peer closed the connection during the TLS handshake"
        let text = isEstablished ? "the peer ended the connection without close_notify" : handshakeText
        return end(TLSError(code: isEstablished ? .connection : .handshake, cause: .truncated, detail: text))
    }

    /// What is wrong with a handshake that OpenSSL accepts.
    func objection() -> TLSError? {
        guard context.role == .client else { return nil }
        // Checked again, because a resumed session is not verified.
        if let text = pinObjection {
            return TLSError(code: .certificate, cause: .pinMismatch, verifyText: text)
        }
        let agreed = ApplicationProtocol.agreed(ssl)
        guard !ApplicationProtocol.isAcceptable(agreed) else { return nil }
        return TLSError(
            code: .handshake,
            cause: .applicationProtocol,
            detail: "the server chose the protocol '\(agreed ?? "")' instead of 'http/1.1'"
        )
    }

    private var pinObjection: String? {
        guard case .client(let configuration, _) = context.settings, !configuration.pins.isEmpty else { return nil }
        return TLSPeer.withCertificate(of: ssl, pinMismatch(with:)) ?? "pin mismatch: the server has no certificate"
    }

    /// Ends a connection whose handshake is complete for OpenSSL, with an orderly close.
    func reject(_ error: TLSError) -> TLSError {
        OpenSSLErrors.clear()
        SSL_shutdown(ssl)
        OpenSSLErrors.clear()
        forgetSessions()
        return end(error)
    }

    func refuseRenegotiation() -> TLSError {
        end(
            TLSError(
                code: .connection,
                cause: .renegotiation,
                detail: "the peer asked for renegotiation \(refusedRenegotiations) times"
            )
        )
    }

    /// The error for a rejected peer certificate.
    private func rejection(during code: TLSError.Code, _ errors: OpenSSLErrors) -> TLSError? {
        guard code == .handshake else { return nil }
        if let pinMismatch {
            return TLSError(code: .certificate, cause: .pinMismatch, verifyText: pinMismatch, stack: errors.lines)
        }
        if errors.isCertificateMissing {
            return TLSError(code: .certificate, cause: .certificateMissing, stack: errors.lines)
        }
        let result = SSL_get_verify_result(ssl)
        guard result != Int(X509_V_OK) else { return nil }
        let text = X509_verify_cert_error_string(result).map { String(cString: $0) }
        return TLSError(code: .certificate, verifyText: text, stack: errors.lines)
    }
}
