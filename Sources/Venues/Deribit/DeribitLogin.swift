import JSONScanning
import TextEncoding

/// How a connection logs in (docs.deribit.com, `public/auth` with `client_signature`).
package enum DeribitLogin {
    /// The text to sign; `milliseconds` count since 1970.
    ///
    /// `data` may be empty.
    package static func textToSign(milliseconds: Int64, nonce: String, data: String = "") -> String {
        "\(milliseconds)\n\(nonce)\n\(data)"
    }

    /// The message that logs in to an account now; it contains the signature in hexadecimal.
    package static func message(_ keys: AccountKeys, id: Int64) -> String {
        let (milliseconds, nonce) = (keys.milliseconds, keys.makeNonce())
        let signature = keys.signature(of: textToSign(milliseconds: milliseconds, nonce: nonce)).hexadecimal
        var parameters = JSONObjectWriter()
        parameters.text("grant_type", "client_signature")
        parameters.text("client_id", keys.key)
        parameters.integer("timestamp", milliseconds)
        parameters.text("signature", signature)
        parameters.text("nonce", nonce)
        parameters.text("data", "")
        return DeribitCall.text("public/auth", parameters.text(), id: id)
    }
}

/// JSON-RPC calls of a client.
enum DeribitCall {
    static let heartbeatID: Int64 = 1
    static let loginID: Int64 = 2
    static let testID: Int64 = 3
    /// Subscriptions have this number and those after it.
    static let firstSubscriptionID: Int64 = 10

    /// A call; `parameters` is a JSON object.
    static func text(_ method: String, _ parameters: String, id: Int64) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(parameters)}"#
    }
}
