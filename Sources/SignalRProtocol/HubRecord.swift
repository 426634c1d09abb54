package import JSONScanning

/// The members of one hub record, in place (HubProtocol.md, "JSON Encoding").
///
/// One pass over the bytes checks the grammar and finds the members; nothing is copied. Unknown members are skipped,
/// including `headers` and the tokens in it. Slices are valid as long as the input bytes.
package struct HubRecord {
    /// The record without its separator.
    package let bytes: UnsafeRawBufferPointer
    /// The `type` as written; `nil` in handshakes, and if it is not an integer.
    package private(set) var typeNumber: Int64?
    package private(set) var target: JSONValue?
    /// Range of the invocation id's JSON text, including quotes; `nil` if it is absent or null.
    package private(set) var invocationIDRange: Range<Int>?
    /// The array of arguments.
    package private(set) var argumentList: JSONValue?
    /// A stream's item, which may be `null`.
    package private(set) var itemValue: JSONValue?
    package private(set) var result: JSONValue?
    package private(set) var error: JSONValue?
    /// Whether a Close record allows a reconnect.
    package private(set) var allowReconnect = false
    /// True if a member's name contains escapes; then parse the result of ``JSONText/plain(_:)`` instead.
    package private(set) var hasEscapedKeys = false

    /// Parses `bytes`, which must be one JSON object and nothing else.
    package init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        try self.init(JSONCursor(bytes))
    }

    /// Parses the text of a cursor, which must be one JSON object and nothing else.
    package init(_ start: JSONCursor) throws(JSONError) {
        bytes = start.bytes
        var cursor = start
        try cursor.enterObject()
        while let key = try cursor.nextKey() { note(key, try cursor.nextValue()) }
        try cursor.expectEnd()
        hasEscapedKeys = cursor.hasEscapedKeys
    }

    /// The type of the record; `nil` for handshakes and for unknown numbers.
    package var type: HubRecordType? {
        typeNumber.flatMap(UInt8.init(exactly:)).flatMap(HubRecordType.init)
    }

    /// The JSON text of the invocation's id.
    package var invocationID: UnsafeRawBufferPointer? { invocationIDRange.map(slice) }
    /// The array of arguments, including brackets.
    package var arguments: UnsafeRawBufferPointer? { argumentList?.bytes }
    /// The JSON text of a stream's item.
    package var item: UnsafeRawBufferPointer? { itemValue.map { slice(range(of: $0)) } }

    /// The bytes of the record in `range`.
    package func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }

    /// Stores a member; names are case-sensitive, and the last of repeated ones counts.
    private mutating func note(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        switch key.count {
        case 4:
            if key.equals("type") { typeNumber = value.kind == .number ? value.integer : nil }
            if key.equals("item") { itemValue = value }
        case 5 where key.equals("error"):
            error = value.isNull ? nil : value
        case 6:
            if key.equals("target") { target = value.kind == .string ? value : nil }
            if key.equals("result") { result = value }
        case 9 where key.equals("arguments"):
            argumentList = value.kind == .array ? value : nil
        case 12 where key.equals("invocationId"):
            let isID = value.kind == .string || value.kind == .number
            invocationIDRange = isID ? range(of: value) : nil
        case 14 where key.equals("allowReconnect"):
            allowReconnect = value.boolean ?? false
        default: break
        }
    }

    /// Where the text of a member is, with the quotes of a string.
    private func range(of value: JSONValue) -> Range<Int> {
        let quote = value.kind == .string ? 1 : 0
        let start = bytes.offset(of: value.bytes)
        return start - quote..<start + value.bytes.count + quote
    }
}

/// The number in `type` (HubProtocol.md).
package enum HubRecordType: UInt8, Sendable, Hashable {
    case invocation = 1
    case streamItem = 2
    case completion = 3
    case streamInvocation = 4
    case cancelInvocation = 5
    case ping = 6
    case close = 7
    /// Only for stateful reconnect, which is never offered; ignored.
    case ack = 8
    /// Only for stateful reconnect, which is never offered; ignored.
    case sequence = 9
}
