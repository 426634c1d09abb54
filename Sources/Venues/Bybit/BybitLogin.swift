import JSONScanning
import MarketModel
import TextEncoding

/// How a connection to the private endpoint logs in (v5 "Connect", "Authentication").
///
/// feedrec's venues have no cryptography: the caller signs, with HMAC-SHA256 and the secret of the key.
package struct BybitLogin: Sendable {
    /// The public part of the API key.
    package let key: String
    /// Returns the HMAC-SHA256 of a text in lower-case hexadecimal.
    package let sign: @Sendable (_ text: String) -> String
    /// The wall clock; `nil` to use the time of the connection.
    private var clock: (@Sendable () -> UnixNanoseconds)?

    package init(key: String, sign: @escaping @Sendable (_ text: String) -> String) {
        self.key = key
        self.sign = sign
    }

    /// The login of an account.
    init(_ keys: AccountKeys) {
        self.init(key: keys.key) { keys.signature(of: $0).hexadecimal }
        clock = keys.now
    }

    /// The text to sign; `expires` is in milliseconds since 1970 and must be later than the venue's clock.
    package static func textToSign(expires: Int64) -> String { "GET/realtime\(expires)" }

    /// The message that logs in.
    package static func message(key: String, expires: Int64, signature: String, requestID: String) -> String {
        let arguments = "[\(JSONText.quoted(key)),\(expires),\(JSONText.quoted(signature))]"
        return #"{"req_id":\#(JSONText.quoted(requestID)),"op":"auth","args":\#(arguments)}"#
    }

    /// How long a signature is good for.
    private static let validity = Duration.seconds(10)

    /// The message that logs in at `now`.
    func message(now: UnixNanoseconds) -> String {
        let expires = (clock?() ?? now).advanced(by: Self.validity).rawValue / 1_000_000
        let signature = sign(Self.textToSign(expires: expires))
        return Self.message(key: key, expires: expires, signature: signature, requestID: "auth")
    }
}
