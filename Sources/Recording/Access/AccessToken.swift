import JSONScanning
package import MarketModel
import TextEncoding

/// A token that was obtained for a connection, with its lifetime.
package struct AccessToken: Sendable, Hashable {
    /// A token is renewed this long before its expiry, or after nine tenths of its lifetime if that is later.
    static let marginMax = Duration.seconds(300)
    /// Longer texts, in bytes, are rejected as tokens.
    private static let bytesMax = 16 << 10

    /// The token itself, a secret.
    package let text: String
    /// When the token expires; `nil` if unknown.
    package let expiry: UnixNanoseconds?
    /// When to renew the token; `nil` if its expiry is unknown.
    package let renewAt: UnixNanoseconds?

    /// Creates a token that was obtained at `time` and lives for `lifetime`, or for less if it is a JWT with an earlier
    /// expiry.
    package init(_ text: String, obtainedAt time: UnixNanoseconds, lifetime: Duration? = nil) {
        self.text = text
        let ends = [lifetime.map { time.advanced(by: $0) }, Self.jwtExpiry(of: text)]
        expiry = ends.compactMap { $0 }.min()
        renewAt = expiry.map { expiry in
            let margin = min(max(expiry.since(time), .zero) / 10, Self.marginMax)
            return expiry.advanced(by: .zero - margin)
        }
    }

    /// True for a text that can be put in a header: visible ASCII without a space.
    package static func isPossible(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= bytesMax && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }

    /// The claim `exp` of a JSON Web Token (RFC 7519 §4.1.4); `nil` for any other text.
    private static func jwtExpiry(of text: String) -> UnixNanoseconds? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[1].isEmpty else { return nil }
        let standard = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        guard let claims = Base64.decode(standard + padding) else { return nil }
        let seconds = claims.withUnsafeBytes { claims in try? number("exp", in: claims) }
        return seconds.flatMap { UnixNanoseconds(milliseconds: $0 * 1000) }
    }

    /// A number in an object, without its fraction; `nil` if it is missing or not a plausible time.
    private static func number(_ name: StaticString, in object: UnsafeRawBufferPointer) throws(JSONError) -> Int64? {
        var (cursor, number) = (JSONCursor(object), Int64?.none)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            guard key.equals(name), value.kind == .number else { continue }
            let whole = String(decoding: value.bytes, as: UTF8.self).prefix { $0 != "." }
            number = Int64(whole).flatMap { (0..<1 << 33).contains($0) ? $0 : nil }
        }
        return number
    }
}
