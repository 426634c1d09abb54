import JSONScanning

/// A request of a client, such as `{"req_id":"1","op":"subscribe","args":["publicTrade.BTCUSDT"]}`.
struct BybitRequest: Sendable {
    /// The empty text if it has none.
    var operation = ""
    /// JSON of the client's ID; `nil` if it gave none.
    var id: String?
    /// The texts among the arguments, and the number of all.
    var arguments: [String] = []
    var argumentCount = 0
    /// The members of a login: the key, the time in milliseconds and the signature; `nil` for other arguments.
    var login: (key: String, expires: Int64, signature: String)?

    /// What stands for a text that is no request.
    static let none = BybitRequest()

    private init() {}

    /// Reads a request.
    ///
    /// - Throws: `JSONError` if the text is no JSON object.
    init(_ payload: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(payload)
        let members = try cursor.members()
        try cursor.expectEnd()
        operation = members["op"]?.text ?? ""
        if let value = members["req_id"], !value.isNull {
            id = value.text.map(JSONText.quoted) ?? String(decoding: value.bytes, as: UTF8.self)
        }
        guard let list = members["args"], list.kind == .array else { return }
        var elements = JSONCursor(list)
        try elements.enterArray()
        var number: Int64?
        while try elements.nextElement() {
            argumentCount += 1
            let value = try elements.nextValue()
            if let text = value.text { arguments.append(text) }
            if argumentCount == 2 { number = value.integer ?? value.text.flatMap { Int64($0) } }
        }
        if argumentCount == 3, let number, let key = arguments.first, let signature = arguments.last {
            login = (key, number, signature)
        }
    }
}
