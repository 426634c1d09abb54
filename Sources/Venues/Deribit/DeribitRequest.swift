import JSONScanning

/// A request of a client, such as `{"jsonrpc":"2.0","id":1,"method":"public/test","params":{}}`.
struct DeribitRequest: Sendable {
    /// The empty text if it has none.
    var method = ""
    /// JSON of the client's number; `nil` if it gave none.
    var id: String?
    /// The texts in `params.channels`.
    var channels: [String] = []
    /// True if `params.channels` is a list of texts.
    var hasChannels = false
    /// `params.interval`.
    var interval: Int64?
    /// True if `params` has an access token.
    var hasToken = false
    var login = Login()

    /// The members of a login, as sent.
    struct Login: Sendable {
        var grant = ""
        var clientID = ""
        var milliseconds: Int64?
        var nonce = ""
        var data = ""
        var signature = ""
    }

    init() {}

    /// Reads a request.
    ///
    /// - Throws: `JSONError` if the text is no JSON object.
    init(_ payload: UnsafeRawBufferPointer) throws(JSONError) {
        try JSONText.withPlain(payload) { plain throws(JSONError) in
            let members = try DeribitObject(JSONCursor(plain))
            method = members["method"]?.text ?? ""
            if let value = members["id"], value.kind == .number || value.kind == .string {
                id = value.text.map(JSONText.quoted) ?? String(decoding: value.bytes, as: UTF8.self)
            }
            guard let parameters = members["params"], parameters.kind == .object else { return }
            try read(try DeribitObject(parameters))
        }
    }

    private mutating func read(_ parameters: DeribitObject) throws(JSONError) {
        interval = parameters["interval"]?.integer
        hasToken = parameters["access_token"] != nil
        login.grant = parameters["grant_type"]?.text ?? ""
        login.clientID = parameters["client_id"]?.text ?? ""
        login.milliseconds = parameters["timestamp"]?.integer
        login.nonce = parameters["nonce"]?.text ?? ""
        login.data = parameters["data"]?.text ?? ""
        login.signature = parameters["signature"]?.text ?? ""
        guard let list = parameters["channels"], list.kind == .array else { return }
        var count = 0
        try DeribitValue.forEachElement(of: list) { value in
            count += 1
            if let text = value.text { channels.append(text) }
        }
        hasChannels = count > 0 && count == channels.count
    }
}
