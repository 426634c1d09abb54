import JSONScanning

/// The top-level members of a message of Coinbase Advanced Trade, in any order.
struct CoinbaseEnvelope {
    private(set) var channel: JSONValue?
    private(set) var timestamp: JSONValue?
    private(set) var number: JSONValue?
    private(set) var events: JSONValue?
    private(set) var type: JSONValue?
    private(set) var message: JSONValue?
    private(set) var reason: JSONValue?

    /// Reads a message without needless escapes; see ``JSONText/plain(_:)``.
    init(_ start: JSONCursor) throws(JSONError) {
        var cursor = start
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("channel") {
                channel = value
            } else if key.equals("timestamp") {
                timestamp = value
            } else if key.equals("sequence_num") {
                number = value
            } else if key.equals("events") {
                events = value
            } else if key.equals("type") {
                type = value
            } else if key.equals("message") {
                message = value
            } else if key.equals("reason") {
                reason = value
            }
        }
        try cursor.expectEnd()
    }
}

/// The members of an element of `events`, in any order.
struct CoinbaseEvent {
    private(set) var type: JSONValue?
    private(set) var product: JSONValue?
    /// The list of trades, tickers, levels or candles.
    private(set) var items: JSONValue?

    init(_ event: JSONValue, _ channel: CoinbaseChannel) throws(JSONError) {
        let list = CoinbaseReply.list(channel)
        var cursor = JSONCursor(event)
        guard event.kind == .object else { throw JSONError(offset: 0, detail: "an event that is no object") }
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("type") {
                type = value
            } else if key.equals("product_id") {
                product = value
            } else if key.equals(list) {
                items = value
            }
        }
    }

    /// True for a snapshot, false for an update.
    ///
    /// - Throws: `JSONError` for any other word.
    func isSnapshot() throws(JSONError) -> Bool {
        if type?.equals("snapshot") ?? false { return true }
        guard type?.equals("update") ?? false else {
            throw JSONError(offset: 0, detail: "neither a snapshot nor an update")
        }
        return false
    }
}
