import JSONScanning

/// Finds a callback's payload among its arguments: the interface says `[object]`, the sample `[platform, payload]`.
enum MT4Arguments {
    /// The fields of the only tick in `arguments`; `nil` where there is no object to read.
    static func tickFields(in arguments: UnsafeRawBufferPointer) throws(JSONError) -> MT4Fields? {
        var cursor = JSONCursor(arguments)
        try cursor.enterArray()
        guard try cursor.nextElement() else { return nil }
        if cursor.nextByte == UInt8(ascii: "\"") {
            try cursor.skipValue()
            guard try cursor.nextElement() else { return nil }
        }
        guard cursor.nextByte == UInt8(ascii: "{") else { return nil }
        return try MT4Fields(&cursor)
    }

    /// The arguments themselves, one value each.
    static func values(in arguments: UnsafeRawBufferPointer) throws(JSONError) -> [JSONValue] {
        var cursor = JSONCursor(arguments)
        var values: [JSONValue] = []
        try cursor.enterArray()
        while try cursor.nextElement() { values.append(try cursor.nextValue()) }
        return values
    }

    /// The payload's object, behind the platform where that stands alone.
    static func object(in arguments: UnsafeRawBufferPointer) throws(JSONError) -> MT4Object? {
        try MT4Object(try values(in: arguments).first { $0.kind == .object })
    }

    /// Where the payload's list called `name` lies in `arguments`, or the payload itself where it has no such member.
    ///
    /// `nil` where there is no payload. What is found may be anything: an array, an object, `null`.
    static func list(
        _ name: StaticString,
        in arguments: UnsafeRawBufferPointer
    ) throws(JSONError) -> Range<Int>? {
        var cursor = JSONCursor(arguments)
        try cursor.enterArray()
        guard try cursor.nextElement() else { return nil }
        var payload = try cursor.nextValue()
        if payload.kind == .string {
            guard try cursor.nextElement() else { return nil }
            payload = try cursor.nextValue()
        }
        let start = cursor.position - payload.bytes.count
        guard payload.kind == .object else { return start..<cursor.position }
        var members = JSONCursor(payload.bytes)
        try members.enterObject()
        while let key = try members.nextKey() {
            let value = try members.nextValue()
            guard key.equalsIgnoringCase(name) else { continue }
            return start + members.position - value.bytes.count..<start + members.position
        }
        return start..<start + payload.bytes.count
    }
}

extension JSONCursor {
    /// The first byte of what comes next, commas and white space aside; 0 at the end.
    var nextByte: UInt8 {
        var index = position
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
        return index < bytes.count ? bytes[index] : 0
    }
}
