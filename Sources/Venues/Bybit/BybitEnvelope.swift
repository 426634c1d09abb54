import JSONScanning

/// The outer members of a message, whatever their order; the last of repeated members counts.
struct BybitEnvelope {
    var topic: JSONValue?
    var type: JSONValue?
    /// When the message was pushed.
    var pushTime: JSONValue?
    /// When the matching engine made the change.
    var engineTime: JSONValue?
    /// When a message of an account was made.
    var creationTime: JSONValue?
    var data: JSONValue?
    var operation: JSONValue?
    var success: JSONValue?
    var message: JSONValue?
    var requestID: JSONValue?
    /// Set if the text is not JSON, or no object; the members before the mistake are there.
    private(set) var error: JSONError?

    init(_ start: JSONCursor) {
        do throws(JSONError) {
            var cursor = start
            try cursor.enterObject()
            while let key = try cursor.nextKey() { note(key, try cursor.nextValue()) }
            try cursor.expectEnd()
        } catch {
            self.error = error
        }
    }

    @inline(__always)
    private mutating func note(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        switch key.count {
        case 2:
            if key.equals("ts") { pushTime = value } else if key.equals("op") { operation = value }
        case 3: if key.equals("cts") { engineTime = value }
        case 4: if key.equals("type") { type = value } else if key.equals("data") { data = value }
        case 5: if key.equals("topic") { topic = value }
        default: noteLong(key, value)
        }
    }

    private mutating func noteLong(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        if key.equals("success") {
            success = value
        } else if key.equals("ret_msg") {
            message = value
        } else if key.equals("req_id") {
            requestID = value
        } else if key.equals("creationTime") {
            creationTime = value
        }
    }
}

/// A payload that does not have the form of its topic.
struct BybitPayloadError: Error {
    let reason: String
}

extension JSONCursor {
    /// The members of the object that starts here, by their names; the last of repeated members counts.
    mutating func members() throws(JSONError) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        try enterObject()
        while let key = try nextKey() { members[String(decoding: key, as: UTF8.self)] = try nextValue() }
        return members
    }
}
