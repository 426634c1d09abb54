/// Why a TLS connection failed, or could not be set up; it ends the connection.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// A certificate, key or trust file cannot be used.
        case configuration
        /// The peer's certificate was rejected; ``TLSError/verifyText`` says why.
        case certificate
        /// No agreement with the peer, or the peer refused us.
        case handshake
        /// The peer violated the protocol after the handshake, or sent an alert.
        case connection
    }

    /// Details that the code does not distinguish.
    package enum Cause: Hashable, Sendable {
        /// Only the texts are known.
        case unspecified
        /// The peer sent this alert.
        case alert(TLSAlert)
        /// The peer's bytes ended without close_notify, so some may be missing.
        case truncated
        /// The certificate is valid, but does not match a pin.
        case pinMismatch
        /// The client sent no certificate although the server requires one.
        case certificateMissing
        /// The peer chose an application protocol (ALPN) that we did not offer.
        case applicationProtocol
        /// The peer asked for renegotiation too often.
        case renegotiation
    }

    package let code: Code
    package let cause: Cause
    /// OpenSSL's text for the failed X.509 verification, or ours for a pin mismatch.
    ///
    /// For example `self-signed certificate` or `hostname mismatch`.
    package let verifyText: String?
    /// OpenSSL's error stack, the root cause first, as `error:0A000086:SSL routines::certificate verify failed`.
    package let stack: [String]
    /// What was attempted, if the cause alone does not say it.
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
    /// Certificate errors count as permanent: they need action, on our side or the peer's.
    package var isRetryable: Bool {
        switch (code, cause) {
        case (_, .truncated): true
        case (_, .alert(let alert)): alert.isTransient
        case (.connection, .unspecified): true
        default: false
        }
    }

    /// The cause in a few words, without the attempted operation.
    package var reason: String {
        if let verifyText { return verifyText }
        if case .alert(let alert) = cause { return "the peer refused with the alert '\(alert)'" }
        return stack.first.map(Self.reason(ofStackLine:)) ?? detail ?? "unknown TLS failure"
    }

    package var description: String {
        if let detail { return stack.isEmpty && verifyText == nil ? detail : "\(detail): \(reason)" }
        return code == .certificate ? "certificate problem: \(reason)" : "TLS failure: \(reason)"
    }

    /// The text after `error:code:library:function:`.
    private static func reason(ofStackLine line: String) -> String {
        let parts = line.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
        return parts.count == 5 ? String(parts[4]) : line
    }
}

extension TLSError {
    /// An error of our own configuration, with OpenSSL's error queue.
    static func configuration(_ attempt: String) -> TLSError {
        TLSError(code: .configuration, stack: OpenSSLErrors.drain().lines, detail: attempt)
    }
}
