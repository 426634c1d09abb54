import JSONScanning

/// The top-level members of a message of Kraken's WebSocket API v2, in any order.
struct KrakenEnvelope {
    private(set) var channel: JSONValue?
    private(set) var type: JSONValue?
    private(set) var data: JSONValue?
    private(set) var method: JSONValue?
    private(set) var result: JSONValue?
    private(set) var success: JSONValue?
    private(set) var error: JSONValue?
    private(set) var symbol: JSONValue?
    private(set) var requestID: JSONValue?

    /// Reads a message without needless escapes; see ``JSONText/plain(_:)``.
    init(_ start: JSONCursor) throws(JSONError) {
        var cursor = start
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("channel") {
                channel = value
            } else if key.equals("type") {
                type = value
            } else if key.equals("data") {
                data = value
            } else if key.equals("method") {
                method = value
            } else if key.equals("result") {
                result = value
            } else if key.equals("success") {
                success = value
            } else if key.equals("error") {
                error = value
            } else if key.equals("symbol") {
                symbol = value
            } else if key.equals("req_id") {
                requestID = value
            }
        }
        try cursor.expectEnd()
    }
}

extension JSONValue {
    /// Calls `body` with each element of an array and its index.
    ///
    /// - Throws: `JSONError` if this is no array, and the errors of `body`.
    func forEachElement(_ body: (Int, JSONValue) throws(JSONError) -> Void) throws(JSONError) {
        var cursor = JSONCursor(self)
        guard kind == .array else { throw JSONError(offset: 0, detail: "expected an array") }
        try cursor.enterArray()
        var index = 0
        while try cursor.nextElement() {
            try body(index, try cursor.nextValue())
            index += 1
        }
    }

    /// Calls `body` with each key and value of an object.
    ///
    /// - Throws: `JSONError` if this is no object, and the errors of `body`.
    func forEachMember(
        _ body: (UnsafeRawBufferPointer, JSONValue) throws(JSONError) -> Void
    ) throws(JSONError) {
        var cursor = JSONCursor(self)
        guard kind == .object else { throw JSONError(offset: 0, detail: "expected an object") }
        try cursor.enterObject()
        while let key = try cursor.nextKey() { try body(key, try cursor.nextValue()) }
    }
}
