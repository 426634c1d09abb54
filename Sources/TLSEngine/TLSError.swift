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

    /// What the code alone does not tell apart.
    package enum Cause: Hashable, Sendable {
        /// Nothing more is known than the texts say.
        case unspecified
        /// The peer refused with an alert.
        case alert(TLSAlert)
        /// The peer's bytes ended without close_notify: what came before may not be all that it sent.
        case truncated
        /// The certificate is valid, but none of the pinned ones.
        case pinMismatch
        /// The client showed no certificate although the server requires one.
        case certificateMissing
        /// The peer chose an application protocol (ALPN) that we did not offer.
        case applicationProtocol
        /// The peer asked for renegotiation too often.
        case renegotiation
    }

    package let code: Code
    package let cause: Cause
    /// OpenSSL's text for the failed X.509 verification, or ours for a pin that does not match.
    ///
    /// For example `self-signed certificate` or `hostname mismatch`.
    package let verifyText: String?
    /// OpenSSL's error stack, the root cause first, as `error:0A000086:SSL routines::certificate verify failed`.
    package let stack: [String]
    /// What was attempted, where the cause alone would not tell.
    package let detail: String?

    package init(
        code: Code,
        cause: Cause = .unspecified,
        verifyText: String? = nil,
        stack: [String] = [],
        detail: String? = nil
    ) {
        self.code = code
        self.cause = cause
        self.verifyText = verifyText
        self.stack = stack
        self.detail = detail
    }

    /// Whether a new connection may succeed without a change of configuration on either side.
    ///
    /// Certificate problems count as lasting: somebody has to act, though it may be the peer who does.
    package var isRetryable: Bool {
        switch (code, cause) {
        case (_, .truncated): true
        case (_, .alert(let alert)): alert.isTransient
        case (.connection, .unspecified): true
        default: false
        }
    }

    /// The cause in a few words, without what was attempted.
    package var reason: String {
        if let verifyText { return verifyText }
        if case .alert(let alert) = cause { return "the peer refused with the alert '\(alert)'" }
        return stack.first.map(Self.reason(ofStackLine:)) ?? detail ?? "unknown TLS failure"
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

extension TLSError {
    /// Something of ours that cannot be used, with what OpenSSL's error queue says about it.
    static func configuration(_ attempt: String) -> TLSError {
        TLSError(code: .configuration, stack: OpenSSLErrors.drain().lines, detail: attempt)
    }
}
