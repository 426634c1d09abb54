import JSONScanning

/// The outer members of a JSON-RPC message, and those of `params`, whatever their order.
///
/// The last of repeated members counts.
struct DeribitEnvelope {
    var method: JSONValue?
    var id: JSONValue?
    var result: JSONValue?
    var error: JSONValue?
    /// In `params`.
    var channel: JSONValue?
    /// In `params`.
    var data: JSONValue?
    /// In `params`: `heartbeat` or `test_request`.
    var type: JSONValue?
    /// Set if the text is not JSON, or no object; the members before the mistake are there.
    private(set) var failure: JSONError?

    init(_ start: JSONCursor) {
        do throws(JSONError) {
            var cursor = start
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if key.equals("params") { try readParameters(&cursor) } else { note(key, try cursor.nextValue()) }
            }
            try cursor.expectEnd()
        } catch {
            failure = error
        }
    }

    private mutating func readParameters(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("channel") {
                channel = value
            } else if key.equals("data") {
                data = value
            } else if key.equals("type") {
                type = value
            }
        }
    }

    private mutating func note(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        if key.equals("method") {
            method = value
        } else if key.equals("id") {
            id = value
        } else if key.equals("result") {
            result = value
        } else if key.equals("error") {
            error = value
        }
    }
}
