import COpenSSL

/// Why a TLS connection cannot go on, or could not be set up; it ends the connection.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// A certificate, key or trust file cannot be used.
        case configuration
        /// The peer's certificate was not accepted; ``TLSError/verifyText`` says why.
        case certificate
        /// No agreement with the peer, or the peer refused us.
        case handshake
        /// The peer broke the protocol after the handshake, or sent an alert.
        case connection
    }

    package let code: Code
    /// OpenSSL's text for the failed X.509 verification.
    ///
    /// For example `self-signed certificate` or `hostname mismatch`.
    package let verifyText: String?
    /// OpenSSL's error stack, the root cause first, as `error:0A000086:SSL routines::certificate verify failed`.
    package let stack: [String]
    /// What was attempted, where the cause alone would not tell.
    package let detail: String?

    package init(code: Code, verifyText: String? = nil, stack: [String] = [], detail: String? = nil) {
        self.code = code
        self.verifyText = verifyText
        self.stack = stack
        self.detail = detail
    }

    /// The cause in a few words, without what was attempted.
    package var reason: String {
        verifyText ?? stack.first.map(Self.reason(ofStackLine:)) ?? "unknown TLS failure"
    }

    package var description: String {
        if let detail { return stack.isEmpty && verifyText == nil ? detail : "\(detail): \(reason)" }
        return code == .certificate ? "certificate problem: \(reason)" : "TLS failure: \(reason)"
    }

    /// The text behind `error:code:library:function:`.
    private static func reason(ofStackLine line: String) -> String {
        let parts = line.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
        return parts.count == 5 ? String(parts[4]) : line
    }
}

/// The calling thread's OpenSSL error queue.
enum OpenSSLErrors {
    /// Must come before each call whose result `SSL_get_error` explains.
    static func clear() { ERR_clear_error() }

    /// Empties the queue, oldest error first; at most 16 lines.
    static func drain() -> [String] {
        var lines: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            var text = [CChar](repeating: 0, count: 256)
            ERR_error_string_n(code, &text, text.count)
            let length = text.firstIndex(of: 0) ?? text.count
            if lines.count < 16 {
                lines.append(String(decoding: text[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self))
            }
        }
        return lines
    }
}
