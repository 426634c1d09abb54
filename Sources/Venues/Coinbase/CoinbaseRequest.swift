import JSONScanning

/// A client's request: `{"type":"subscribe","product_ids":["BTC-USD"],"channel":"level2"}`.
struct CoinbaseRequest {
    private(set) var type = ""
    private(set) var channelName = ""
    private(set) var symbols: [String] = []

    /// `nil` for heartbeats, and for a channel that is not known.
    var channel: CoinbaseChannel? {
        CoinbaseChannel.allCases.first { "\($0.name)" == channelName }
    }

    /// Reads a message without needless escapes; see ``JSONText/plain(_:)``.
    init(_ payload: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(payload)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("type") {
                type = value.text ?? ""
            } else if key.equals("channel") {
                channelName = value.text ?? ""
            } else if key.equals("product_ids") {
                var list = JSONCursor(value)
                try list.enterArray()
                while try list.nextElement() { symbols.append(try list.nextValue().text ?? "") }
            }
        }
        try cursor.expectEnd()
    }
}
