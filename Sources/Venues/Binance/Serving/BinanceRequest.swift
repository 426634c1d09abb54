import JSONScanning

/// One call of a client: `{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}`.
struct BinanceRequest {
    enum Method: CaseIterable {
        case subscribe, unsubscribe, listSubscriptions, setProperty, getProperty

        var name: StaticString {
            switch self {
            case .subscribe: "SUBSCRIBE"
            case .unsubscribe: "UNSUBSCRIBE"
            case .listSubscriptions: "LIST_SUBSCRIPTIONS"
            case .setProperty: "SET_PROPERTY"
            case .getProperty: "GET_PROPERTY"
            }
        }
    }

    var method: Method
    /// The elements of `params`.
    var parameters: [JSONValue]
    /// The JSON text of `id` exactly as sent; `null` if it is missing.
    var id: [UInt8]
}

/// A refusal, with the codes of web-socket-streams.md, "Error Messages".
struct BinanceRequestError: Error {
    let code: Int
    let message: String
    /// The JSON text of the request's `id`; `nil` if it could not be read.
    var id: [UInt8]?
}

extension BinanceRequest {
    /// Reads a client's message from its ``JSONText/plain(_:)``; `message` is the text as sent, with the exact id.
    ///
    /// The parameters refer to `bytes` and are valid only as long as `bytes` is.
    init(_ bytes: UnsafeRawBufferPointer, message: UnsafeRawBufferPointer) throws(BinanceRequestError) {
        var method: JSONValue?
        var parameters: [JSONValue] = []
        var hasArray = true
        var id: JSONValue?
        do throws(JSONError) {
            var cursor = JSONCursor(bytes)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                if key.equals("method") { method = value }
                if key.equals("id") { id = value }
                guard key.equals("params") else { continue }
                hasArray = value.kind == .array || value.isNull
                parameters = value.kind == .array ? try Self.elements(of: value) : []
            }
            try cursor.expectEnd()
            id = try Self.id(in: message) ?? id
        } catch {
            throw BinanceRequestError(code: 3, message: "Invalid JSON: \(error.detail) at byte \(error.offset)")
        }
        self.id = try Self.idText(id)
        self.method = try Self.method(method, id: self.id)
        self.parameters = parameters
        guard hasArray else {
            throw BinanceRequestError(code: 2, message: "Invalid request: params must be an array", id: self.id)
        }
    }

    /// Finds the value of `id` as sent.
    ///
    /// Its key may contain escapes.
    private static func id(in message: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue? {
        var cursor = JSONCursor(message)
        var id: JSONValue?
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if JSONText.unescaped(key).withUnsafeBytes({ $0.equals("id") }) { id = value }
        }
        return id
    }

    private static func elements(of array: JSONValue) throws(JSONError) -> [JSONValue] {
        var cursor = JSONCursor(array)
        var elements: [JSONValue] = []
        try cursor.enterArray()
        while try cursor.nextElement() { elements.append(try cursor.nextValue()) }
        return elements
    }

    /// Returns an id in one of the three forms that web-socket-streams.md allows, or `null` if it is missing.
    private static func idText(_ id: JSONValue?) throws(BinanceRequestError) -> [UInt8] {
        switch id?.kind {
        case nil, .null: return Array("null".utf8)
        case .number where id?.integer != nil: return id.map { Array($0.bytes) } ?? []
        case .string where (id?.text?.count ?? 37) <= 36: return [0x22] + (id.map { Array($0.bytes) } ?? []) + [0x22]
        default:
            let expected = "a 64-bit integer, a string of at most 36 characters or null"
            throw BinanceRequestError(code: 2, message: "Invalid request: request ID must be \(expected)")
        }
    }

    private static func method(_ value: JSONValue?, id: [UInt8]) throws(BinanceRequestError) -> Method {
        guard let value else {
            throw BinanceRequestError(code: 2, message: "Invalid request: missing field `method`", id: id)
        }
        if value.kind == .string, let method = Method.allCases.first(where: { value.bytes.equals($0.name) }) {
            return method
        }
        let known = Method.allCases.map { "`\($0.name)`" }.joined(separator: ", ")
        let sent = value.text ?? String(decoding: value.bytes, as: UTF8.self)
        let message = "Invalid request: unknown variant `\(sent.prefix(64))`, expected one of \(known)"
        throw BinanceRequestError(code: 2, message: message, id: id)
    }
}
