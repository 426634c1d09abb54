import JSONScanning

/// A client's request: `{"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD"]},"req_id":1}`.
struct KrakenRequest {
    private(set) var method = ""
    private(set) var channel: KrakenChannel?
    private(set) var channelName = ""
    private(set) var symbols: [String] = []
    private(set) var hasSnapshot = true
    private(set) var depth: Int?
    private(set) var interval: Int?
    /// The JSON text of the request's number; empty if it has none.
    private(set) var requestID = ""

    /// Reads a message without needless escapes; see ``JSONText/plain(_:)``.
    init(_ payload: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(payload)
        let message = try cursor.nextValue()
        try cursor.expectEnd()
        var parameters: JSONValue?
        var request = (method: "", id: "")
        try message.forEachMember { key, value in
            if key.equals("method") {
                request.method = value.text ?? ""
            } else if key.equals("params") {
                parameters = value
            } else if key.equals("req_id"), value.integer != nil, value.kind == .number {
                request.id = String(decoding: value.bytes, as: UTF8.self)
            }
        }
        (method, requestID) = request
        if let parameters, parameters.kind == .object { try read(parameters) }
    }

    private mutating func read(_ parameters: JSONValue) throws(JSONError) {
        var cursor = JSONCursor(parameters)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("channel"), value.kind == .string {
                channel = KrakenChannel(name: value.bytes)
                channelName = value.text ?? ""
            } else if key.equals("symbol"), value.kind == .array {
                var list = JSONCursor(value)
                try list.enterArray()
                while try list.nextElement() { symbols.append(try list.nextValue().text ?? "") }
            } else if key.equals("snapshot") {
                hasSnapshot = value.boolean ?? true
            } else if key.equals("depth") {
                depth = value.integer.flatMap { Int(exactly: $0) } ?? -1
            } else if key.equals("interval") {
                interval = value.integer.flatMap { Int(exactly: $0) }
            }
        }
    }
}
