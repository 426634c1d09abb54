import JSONScanning

/// The members of a message of OKX that decide what it is, in place.
///
/// Data has `arg` and `data`, everything else has `event`.
struct OKXEnvelope {
    private(set) var event: JSONValue?
    private(set) var argument: OKXRawArgument?
    /// The text of `arg`; the same for all messages of a subscription.
    private(set) var argumentBytes = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var channel = OKXChannel.other
    private(set) var action: JSONValue?
    private(set) var data: JSONValue?
    private(set) var code: JSONValue?
    private(set) var message: JSONValue?
    private(set) var id: JSONValue?
    /// The channel that a message about connections is about.
    private(set) var channelName: JSONValue?
    /// True if keys are escaped, so that they must be read from ``JSONText/plain(_:)``.
    private(set) var hasEscapedKeys = false
    /// Why the text cannot be read to its end; `nil` if it can.
    private(set) var failure: JSONError?

    /// Reads as much of a message as is JSON.
    init(_ start: JSONCursor) {
        var cursor = start
        do throws(JSONError) {
            try read(&cursor)
        } catch {
            failure = error
        }
        hasEscapedKeys = cursor.hasEscapedKeys
    }

    private mutating func read(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("arg") {
                let start = cursor.position
                let argument = try OKXRawArgument(&cursor)
                self.argument = argument
                argumentBytes = UnsafeRawBufferPointer(rebasing: cursor.bytes[start..<cursor.position])
                channel = argument.channel.map { $0.withText { OKXChannel(name: $0) } } ?? .other
                continue
            }
            let value = try cursor.nextValue()
            if key.equals("data") {
                data = value
            } else if key.equals("action") {
                action = value
            } else if key.equals("event") {
                event = value
            } else if key.equals("code") {
                code = value
            } else if key.equals("msg") {
                message = value
            } else if key.equals("id") {
                id = value
            } else if key.equals("channel") {
                channelName = value
            }
        }
        try cursor.expectEnd()
    }

    /// True if it carries market or account data.
    var isData: Bool { event == nil && argument?.channel != nil && data?.kind == .array }
}
