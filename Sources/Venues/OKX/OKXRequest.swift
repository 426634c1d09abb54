import JSONScanning

/// A client's message: `{"op":"subscribe","args":[{"channel":"trades","instId":"BTC-USDT"}]}`.
struct OKXRequest {
    /// The members of a login.
    struct Login {
        var key = ""
        var passphrase = ""
        var timestamp = ""
        var signature = ""

        var isComplete: Bool { !key.isEmpty && !passphrase.isEmpty && !timestamp.isEmpty && !signature.isEmpty }
    }

    private(set) var operation = ""
    /// As sent; `nil` if there is none.
    private(set) var id: String?
    /// The subscriptions, in order; `nil` for one without a channel.
    private(set) var arguments: [OKXArgument?] = []
    private(set) var login = Login()

    /// Reads a request in any order of keys, escaped or not.
    ///
    /// - Throws: `JSONError` if it is not an object, or if `args` is not an array of objects.
    init(_ payload: UnsafeRawBufferPointer) throws(JSONError) {
        self = try JSONText.withPlain(payload) { plain throws(JSONError) in try OKXRequest(plain: plain) }
    }

    private init(plain payload: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(payload)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("args") {
                try readArguments(&cursor)
                continue
            }
            let value = try cursor.nextValue()
            if key.equals("op") { operation = value.text ?? "" }
            if key.equals("id") {
                id = value.kind == .number ? String(decoding: value.bytes, as: UTF8.self) : value.text
            }
        }
        try cursor.expectEnd()
    }

    private mutating func readArguments(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.enterArray()
        while try cursor.nextElement() {
            let value = try cursor.nextValue()
            guard value.kind == .object else { throw JSONError(offset: cursor.position, detail: "expected an object") }
            var inner = JSONCursor(value)
            arguments.append(try OKXRawArgument(&inner).argument)
            let fields = try OKXObject(value)
            login.key = fields.text("apiKey") ?? login.key
            login.passphrase = fields.text("passphrase") ?? login.passphrase
            login.timestamp = fields.text("timestamp") ?? login.timestamp
            login.signature = fields.text("sign") ?? login.signature
        }
    }
}
