import JSONScanning
import TextEncoding

/// How a client logs in to read an account (docs-v5 "WebSocket Login").
package enum OKXLogin {
    /// The text to sign; `seconds` since 1970, at most 30 seconds from the venue's clock.
    package static func textToSign(seconds: Int64) -> String { "\(seconds)GET/users/self/verify" }

    /// The message that logs in to an account now; it contains the signature in base64.
    package static func message(_ keys: AccountKeys) -> String {
        let seconds = keys.milliseconds / 1000
        let signature = Base64.encode(keys.signature(of: textToSign(seconds: seconds)))
        let fields = [
            ("apiKey", keys.key), ("passphrase", keys.passphrase), ("timestamp", "\(seconds)"), ("sign", signature),
        ]
        let members = fields.map { "\"\($0.0)\":\(JSONText.quoted($0.1))" }.joined(separator: ",")
        return #"{"op":"login","args":[{\#(members)}]}"#
    }
}
