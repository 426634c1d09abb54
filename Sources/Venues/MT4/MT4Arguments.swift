import JSONScanning

/// Finds a callback's payload in its arguments.
///
/// The interface documents `[object]`, the sample `[platform, payload]`.
enum MT4Arguments {
    /// Returns the fields of the only tick in `arguments`, with its platform; `nil` if there is no object.
    static func tickFields(in arguments: JSONValue) throws(JSONError) -> MT4Fields? {
        var cursor = JSONCursor(arguments)
        try cursor.enterArray()
        guard try cursor.nextElement() else { return nil }
        var platform: JSONValue?
        if !cursor.isAtObject {
            let first = try cursor.nextValue()
            guard first.kind == .string, try cursor.nextElement(), cursor.isAtObject else { return nil }
            platform = first
        }
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

    /// Returns the payload's member `name`, or the payload itself if it has no such member, and the platform that is
    /// named before it.
    ///
    /// `nil` if there is no payload. The value may be of any kind: an array, an object, `null`.
    static func list(
        _ name: StaticString,
        in arguments: JSONValue
    ) throws(JSONError) -> (value: JSONValue, platform: JSONValue?)? {
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
        guard payload.kind == .object else { return (payload, platform) }
        var members = JSONCursor(payload)
        try members.enterObject()
        while let key = try members.nextKey() {
            let value = try members.nextValue()
            if key.equalsIgnoringCase("tradePlatform") { platform = value }
            if key.equalsIgnoringCase(name) { return (value, platform) }
        }
        return (payload, platform)
    }
}
