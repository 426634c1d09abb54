import JSONScanning
import TextEncoding

/// How a client logs in to read an account (docs-v5 "WebSocket Login").
///
/// The signature is made elsewhere: the base64 text of HMAC-SHA256 with the account's secret key.
package enum OKXLogin {
    /// The message that logs in to an account now.
    static func message(_ keys: AccountKeys) -> String {
        let seconds = keys.milliseconds / 1000
        let signature = Base64.encode(keys.signature(of: textToSign(seconds: seconds)))
        return message(key: keys.key, passphrase: keys.passphrase, seconds: seconds, signature: signature)
    }

    /// The text to sign; `seconds` since 1970, at most 30 seconds from the venue's clock.
    package static func textToSign(seconds: Int64) -> String { "\(seconds)GET/users/self/verify" }

    /// The message that logs in; `signature` is the base64 text of the signature of ``textToSign(seconds:)``.
    package static func message(key: String, passphrase: String, seconds: Int64, signature: String) -> String {
        let fields = [("apiKey", key), ("passphrase", passphrase), ("timestamp", "\(seconds)"), ("sign", signature)]
        let members = fields.map { "\"\($0.0)\":\(JSONText.quoted($0.1))" }.joined(separator: ",")
        return #"{"op":"login","args":[{\#(members)}]}"#
    }
}
