import JSONScanning

extension JSONText {
    /// Calls `body` with each string of the array in the member `name` of an object.
    ///
    /// - Throws: `JSONError` if the JSON is malformed.
    static func forEachText(
        in name: StaticString,
        of object: UnsafeRawBufferPointer,
        _ body: (String) -> Void
    ) throws(JSONError) {
        var cursor = JSONCursor(object)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            guard key.equals(name), value.kind == .array else { continue }
            var list = JSONCursor(value)
            try list.enterArray()
            while try list.nextElement() {
                if let text = try list.nextValue().text { body(text) }
            }
        }
    }
}
