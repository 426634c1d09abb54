extension Venue {
    /// Returns a text from outside, such as a close reason or a handshake answer, in a form that may be shown.
    ///
    /// Each of the `known` secrets becomes `***`. After a word that announces a secret, the rest is replaced too.
    package func withoutSecrets(_ text: String, known: [String]) -> String {
        var text = text
        for secret in known where !secret.isEmpty {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
        }
        guard self == .mt4 else { return text }
        let bytes = Array(text.utf8)
        guard let end = bytes.withUnsafeBytes(MT4SecretNames.endOfFirstMarker), end < bytes.count else { return text }
        let isAnnounced = [" ", "=", ":", "\"", "'"].contains { text.utf8.dropFirst(end).starts(with: $0.utf8) }
        return isAnnounced ? String(decoding: bytes[..<end], as: UTF8.self) + " ***" : text
    }
}
