import COpenSSL

/// The contents of the calling thread's OpenSSL error queue.
struct OpenSSLErrors {
    /// Oldest error first, at most 16, as `error:0A000086:SSL routines::certificate verify failed`.
    private(set) var lines: [String] = []
    /// The alert from the peer, if one caused the failure.
    private(set) var alert: TLSAlert?
    /// True if a server asked for a certificate and the client sent none.
    private(set) var isCertificateMissing = false

    /// Must be called before each call whose result `SSL_get_error` explains.
    static func clear() { ERR_clear_error() }

    /// Empties the queue.
    static func drain() -> OpenSSLErrors {
        var errors = OpenSSLErrors()
        while case let code = ERR_get_error(), code != 0 {
            errors.add(code)
        }
        return errors
    }

    /// True if the last call found no further PEM block, which marks the end of a PEM file; then empties the queue.
    static func clearEndOfPEM() -> Bool {
        let code = ERR_peek_last_error()
        guard ERR_GET_LIB(code) == ERR_LIB_PEM, ERR_GET_REASON(code) == PEM_R_NO_START_LINE else { return false }
        clear()
        return true
    }

    private mutating func add(_ code: UInt) {
        if lines.count < 16 { lines.append(Self.text(of: code)) }
        guard ERR_GET_LIB(code) == ERR_LIB_SSL else { return }
        let reason = ERR_GET_REASON(code)
        if alert == nil, reason > SSL_AD_REASON_OFFSET {
            alert = UInt8(exactly: reason - SSL_AD_REASON_OFFSET).map(TLSAlert.init(number:))
        }
        if reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE { isCertificateMissing = true }
    }

    private static func text(of code: UInt) -> String {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        let length = text.firstIndex(of: 0) ?? text.count
        return String(decoding: text[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
