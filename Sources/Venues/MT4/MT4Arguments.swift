import JSONScanning

/// Finds a callback's payload in its arguments.
///
/// The interface documents `[object]`, the sample `[platform, payload]`.
enum MT4Arguments {
    /// Returns the fields of the only tick in `arguments`, with its platform; `nil` if there is no object.
    static func tickFields(in arguments: UnsafeRawBufferPointer) throws(JSONError) -> MT4Fields? {
        var cursor = JSONCursor(arguments)
        try cursor.enterArray()
        guard try cursor.nextElement() else { return nil }
        var platform: JSONValue?
        if cursor.nextByte == UInt8(ascii: "\"") {
            platform = try cursor.nextValue()
            guard try cursor.nextElement() else { return nil }
        }
        guard cursor.nextByte == UInt8(ascii: "{") else { return nil }
        var fields = try MT4Fields(&cursor)
        fields.platform = fields.platform ?? platform
        return fields
    }

    /// Returns the arguments as values.
    static func values(in arguments: UnsafeRawBufferPointer) throws(JSONError) -> [JSONValue] {
        var cursor = JSONCursor(arguments)
        var values: [JSONValue] = []
        try cursor.enterArray()
        while try cursor.nextElement() { values.append(try cursor.nextValue()) }
        return values
    }

    /// Returns the payload's object, which may follow the platform.
    static func object(in arguments: UnsafeRawBufferPointer) throws(JSONError) -> MT4Object? {
        try MT4Object(try values(in: arguments).first { $0.kind == .object })
    }

    /// Returns the range of the payload's member `name` in `arguments`, or of the payload itself if it has no such
    /// member, and the platform that is named before it.
    ///
    /// `nil` if there is no payload. The range may hold any value: an array, an object, `null`.
    static func list(
        _ name: StaticString,
        in arguments: UnsafeRawBufferPointer
    ) throws(JSONError) -> (range: Range<Int>, platform: JSONValue?)? {
        var cursor = JSONCursor(arguments)
        try cursor.enterArray()
        guard try cursor.nextElement() else { return nil }
        var payload = try cursor.nextValue()
        var platform: JSONValue?
        if payload.kind == .string {
            platform = payload
            guard try cursor.nextElement() else { return nil }
            payload = try cursor.nextValue()
        }
        let start = cursor.position - payload.bytes.count
        guard payload.kind == .object else { return (start..<cursor.position, platform) }
        var members = JSONCursor(payload)
        try members.enterObject()
        while let key = try members.nextKey() {
            let value = try members.nextValue()
            if key.equalsIgnoringCase("tradePlatform") { platform = value }
            guard key.equalsIgnoringCase(name) else { continue }
            return (start + members.position - value.bytes.count..<start + members.position, platform)
        }
        return (start..<start + payload.bytes.count, platform)
    }
}

extension JSONCursor {
    /// The next byte, after commas and white space; 0 at the end.
    var nextByte: UInt8 {
        var index = position
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
        return index < bytes.count ? bytes[index] : 0
    }
}
