import COpenSSL

/// New keys for an established connection (RFC 8446 §4.6.3).
extension TLSConnection {
    /// AES-GCM allows 2^24.5 records per key (RFC 8446 §5.5); OpenSSL does not enforce that.
    private static let recordsPerKeyMax = 1 << 23
    private static let recordBytesMax = 1 << 14

    /// Changes our encryption keys, and on request the peer's; TLS 1.2 keeps its keys.
    ///
    /// ``write(_:)`` calls this when it is due. Key updates by the peer are always followed.
    package func updateKeys(askingPeer: Bool = false) -> Progress {
        if let failure { return .failed(failure) }
        guard isEstablished else { return .incomplete }
        recordsUnderKey = 0
        guard SSL_version(ssl) >= TLS1_3_VERSION else { return .complete }
        OpenSSLErrors.clear()
        let isAccepted = SSL_key_update(ssl, askingPeer ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) == 1
        guard isAccepted, SSL_do_handshake(ssl) == 1 else { return .failed(fail(.connection)) }
        return .complete
    }

    /// Counts the records for this many bytes of plaintext, before they are sent.
    func countRecords(of plaintextBytes: Int) {
        recordsUnderKey += plaintextBytes / Self.recordBytesMax + 1
        if recordsUnderKey > Self.recordsPerKeyMax { _ = updateKeys() }
    }
}
