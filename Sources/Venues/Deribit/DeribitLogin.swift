import JSONScanning
import MarketModel
import TextEncoding

/// How a connection logs in (docs.deribit.com, `public/auth` with `client_signature`).
///
/// feedrec's venues have no cryptography: the caller signs, with HMAC-SHA256 and the secret of the key.
package struct DeribitLogin: Sendable {
    /// The public part of the API key.
    package let clientID: String
    /// A word that is used only once.
    package let nonce: String
    /// Returns the HMAC-SHA256 of a text in lower-case hexadecimal.
    package let sign: @Sendable (_ text: String) -> String
    /// The wall clock; `nil` to use the time of the connection.
    private var clock: (@Sendable () -> UnixNanoseconds)?

    /// The login of an account.
    init(_ keys: AccountKeys) {
        self.init(clientID: keys.key, nonce: keys.makeNonce()) { keys.signature(of: $0).hexadecimal }
        clock = keys.now
    }

    package init(clientID: String, nonce: String, sign: @escaping @Sendable (_ text: String) -> String) {
        self.clientID = clientID
        self.nonce = nonce
        self.sign = sign
    }

    /// The text to sign; `milliseconds` count since 1970.
    ///
    /// `data` may be empty.
    package static func textToSign(milliseconds: Int64, nonce: String, data: String = "") -> String {
        "\(milliseconds)\n\(nonce)\n\(data)"
    }

    /// The message that logs in; `signature` is that of ``textToSign(milliseconds:nonce:data:)``.
    package static func message(
        clientID: String,
        milliseconds: Int64,
        nonce: String,
        data: String = "",
        signature: String,
        id: Int64
    ) -> String {
        var parameters = JSONObjectWriter()
        parameters.text("grant_type", "client_signature")
        parameters.text("client_id", clientID)
        parameters.integer("timestamp", milliseconds)
        parameters.text("signature", signature)
        parameters.text("nonce", nonce)
        parameters.text("data", data)
        return DeribitCall.text("public/auth", parameters.text(), id: id)
    }

    /// The message that logs in at `now`.
    func message(now: UnixNanoseconds, id: Int64) -> String {
        let milliseconds = (clock?() ?? now).rawValue / 1_000_000
        let signature = sign(Self.textToSign(milliseconds: milliseconds, nonce: nonce))
        return Self.message(
            clientID: clientID,
            milliseconds: milliseconds,
            nonce: nonce,
            signature: signature,
            id: id
        )
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
