import JSONScanning
import TextEncoding

/// How a connection to the private endpoint logs in (v5 "Connect", "Authentication").
package enum BybitLogin {
    /// How long a signature is good for, in milliseconds.
    private static let validityMilliseconds: Int64 = 10_000

    /// The text to sign; `expires` is in milliseconds since 1970 and must be later than the venue's clock.
    package static func textToSign(expires: Int64) -> String { "GET/realtime\(expires)" }

    /// The message that logs in to an account now; it contains the signature in hexadecimal.
    package static func message(_ keys: AccountKeys) -> String {
        let expires = keys.milliseconds + validityMilliseconds
        let signature = keys.signature(of: textToSign(expires: expires)).hexadecimal
        let arguments = "[\(JSONText.quoted(keys.key)),\(expires),\(JSONText.quoted(signature))]"
        return #"{"req_id":"auth","op":"auth","args":\#(arguments)}"#
    }
}
