/// Reads a JSON text front to back, without copies.
///
/// To read an object, call ``enterObject()``, then ``nextKey()`` until it returns `nil`. After each key read its value
/// once, with ``nextValue()``, ``skipValue()``, ``enterObject()`` or ``enterArray()``. To read an array, call
/// ``enterArray()``, then ``nextElement()``, which returns whether another value follows.
///
/// The grammar is checked for everything that is read or skipped. UTF-8 is not checked, nor that escaped surrogates
/// come in pairs. Slices are valid as long as the input bytes. After an error, read no further.
@usableFromInline
package struct JSONCursor {
    /// Deeper nesting is an error, so that hostile input cannot exhaust memory or the stack.
    package static let depthMax = 128

    @usableFromInline let text: JSONBytes
    /// The next unread token of a text with an index; `nil` for any other text.
    ///
    /// A ``JSONIndex`` has checked the grammar and found no escapes, so that reading only follows the tokens.
    @usableFromInline var token: UnsafePointer<UInt32>?
    /// Offset of the next unread byte of a text without an index.
    @usableFromInline var offset = 0
    /// True right after a `{` or `[` of a text without an index, where no comma may follow.
    @usableFromInline var isFirst = false
    /// True once a key with an escape was read, even inside a skipped value: such a key cannot be compared byte by
    /// byte.
    ///
    /// Then read the result of ``JSONText/plain(_:)`` instead. No usual serialiser escapes the letters of names.
    @usableFromInline package internal(set) var hasEscapedKeys = false

    @inlinable @inline(__always)
    package init(_ bytes: UnsafeRawBufferPointer) {
        text = JSONBytes(bytes)
    }

    /// Reads an indexed text, whose tokens start at `token`.
    @inlinable
    init(_ text: JSONBytes, token: UnsafePointer<UInt32>) {
        self.init(text.buffer)
        self.token = token
    }

    /// Reads an object or an array that was found before, with the index of its text if there is one.
    @inlinable @inline(__always)
    package init(_ value: JSONValue) {
        if let token = value.token, let start = value.bytes.baseAddress {
            // Tokens are counted from the start of the whole text.
            let offset = Int(token.pointee)
            self.init(UnsafeRawBufferPointer(start: start - offset, count: offset &+ value.bytes.count))
            self.token = token
        } else {
            self.init(value.bytes)
        }
    }

    /// The whole text.
    package var bytes: UnsafeRawBufferPointer { text.buffer }

    /// Offset of the next unread byte, or that of the next token if the text has an index.
    package var position: Int { token.map { Int($0.pointee) } ?? offset }

    /// The first byte of the next token; 0 at the end.
    package var nextByte: UInt8 { text.byte(text.skipSpace(position)) }

    /// True if an object comes next; after a comma only if ``nextElement()`` has read it.
    package var isAtObject: Bool { nextByte == UInt8(ascii: "{") }

    /// Reads `{`.
    package mutating func enterObject() throws(JSONError) {
        try enter(UInt8(ascii: "{"), "expected an object")
    }

    /// Reads `[`.
    package mutating func enterArray() throws(JSONError) {
        try enter(UInt8(ascii: "["), "expected an array")
    }

    /// Returns the next key of the object, with its escapes as written; `nil` once `}` is read.
    @inlinable @inline(__always)
    package mutating func nextKey() throws(JSONError) -> UnsafeRawBufferPointer? {
        guard let token else { return try scanKey() }
        guard let key = nextMember(token, before: UInt8(ascii: "}")) else { return nil }
        let quote = Int(key[0])
        guard text.byte(quote) == UInt8(ascii: "\"") else { throw JSONError(offset: quote, detail: "expected a key") }
        // Both quotes and the colon are tokens.
        self.token = key + 3
        return text.slice(quote &+ 1, Int(key[1]))
    }

    /// Returns true if another element follows, and false once `]` is read.
    @inlinable @inline(__always)
    package mutating func nextElement() throws(JSONError) -> Bool {
        guard let token else { return try scanElement() }
        return nextMember(token, before: UInt8(ascii: "]")) != nil
    }

    /// Reads one complete value and returns its kind and position.
    @inlinable @inline(__always)
    package mutating func nextValue() throws(JSONError) -> JSONValue {
        guard let token else { return try scanValue() }
        let start = Int(token[0])
        switch text.byte(start) {
        case UInt8(ascii: "\""):
            self.token = token + 2
            return JSONValue(kind: .string, bytes: text.slice(start &+ 1, Int(token[1])), hasEscapes: false)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return scalar(.number, token)
        case UInt8(ascii: "{"): return container(.object, token)
        case UInt8(ascii: "["): return container(.array, token)
        case UInt8(ascii: "t"): return scalar(.true, token)
        case UInt8(ascii: "f"): return scalar(.false, token)
        case UInt8(ascii: "n"): return scalar(.null, token)
        default: throw JSONError(offset: start, detail: "expected a value")
        }
    }

    /// Skips one complete value.
    @inlinable
    package mutating func skipValue() throws(JSONError) {
        _ = try nextValue()
    }

    /// Throws unless only white space is left.
    package mutating func expectEnd() throws(JSONError) {
        let end = text.skipSpace(position)
        guard end >= text.count else { throw JSONError(offset: end, detail: "bytes after the value") }
        offset = end
    }

    /// Reads the opening bracket of a container.
    private mutating func enter(_ bracket: UInt8, _ failure: StaticString) throws(JSONError) {
        let start = text.skipSpace(position)
        guard text.byte(start) == bracket else { throw JSONError(offset: start, detail: "\(failure)") }
        offset = start &+ 1
        token = token.map { $0 + 1 }
        isFirst = true
    }

    // MARK: With an index

    /// The first token of the next member or element; `nil` once the closing bracket is read.
    @inlinable @inline(__always)
    mutating func nextMember(_ token: UnsafePointer<UInt32>, before bracket: UInt8) -> UnsafePointer<UInt32>? {
        let byte = text.byte(Int(token.pointee))
        if byte == bracket {
            self.token = token + 1
            return nil
        }
        // No member begins with a comma.
        let member = byte == UInt8(ascii: ",") ? token + 1 : token
        self.token = member
        return member
    }

    @inlinable @inline(__always)
    mutating func container(_ kind: JSONValue.Kind, _ token: UnsafePointer<UInt32>) -> JSONValue {
        let next = JSONIndex.tokenAfterContainer(token)
        self.token = next
        let bytes = text.slice(Int(token[0]), Int(next[-1]) &+ 1)
        return JSONValue(kind: kind, bytes: bytes, hasEscapes: false, token: token)
    }

    /// A number or a name; it ends before the next token and the white space before that.
    @inlinable @inline(__always)
    mutating func scalar(_ kind: JSONValue.Kind, _ token: UnsafePointer<UInt32>) -> JSONValue {
        var end = Int(token[1])
        while text[end &- 1] <= 0x20 { end &-= 1 }
        self.token = token + 1
        return JSONValue(kind: kind, bytes: text.slice(Int(token[0]), end), hasEscapes: false)
    }

    // MARK: Without an index

    @usableFromInline
    mutating func scanKey() throws(JSONError) -> UnsafeRawBufferPointer? {
        guard let start = try scanMember(before: UInt8(ascii: "}")) else { return nil }
        let quote = text.skipSpace(start)
        guard quote < text.count, text[quote] == UInt8(ascii: "\"") else {
            throw JSONError(offset: quote, detail: "expected a key")
        }
        let end = try text.string(quote &+ 1)
        if end.hasEscapes { hasEscapedKeys = true }
        let colon = text.skipSpace(end.quote &+ 1)
        guard colon < text.count, text[colon] == UInt8(ascii: ":") else {
            throw JSONError(offset: colon, detail: "expected ':' after a key")
        }
        offset = colon &+ 1
        return text.slice(quote &+ 1, end.quote)
    }

    @usableFromInline
    mutating func scanElement() throws(JSONError) -> Bool {
        guard let start = try scanMember(before: UInt8(ascii: "]")) else { return false }
        offset = start
        return true
    }

    @usableFromInline
    mutating func scanValue() throws(JSONError) -> JSONValue {
        let start = text.skipSpace(offset)
        guard start < text.count else {
            throw JSONError(offset: start, detail: "the text ends where a value should be")
        }
        isFirst = false
        switch text[start] {
        case UInt8(ascii: "\""):
            let end = try text.string(start &+ 1)
            offset = end.quote &+ 1
            let content = text.slice(start &+ 1, end.quote)
            return JSONValue(kind: .string, bytes: content, hasEscapes: end.hasEscapes)
        case UInt8(ascii: "{"): return value(.object, from: start, to: try skipContainer(at: start))
        case UInt8(ascii: "["): return value(.array, from: start, to: try skipContainer(at: start))
        case UInt8(ascii: "t"): return value(.true, from: start, to: try text.name("true", start))
        case UInt8(ascii: "f"): return value(.false, from: start, to: try text.name("false", start))
        case UInt8(ascii: "n"): return value(.null, from: start, to: try text.name("null", start))
        default: return value(.number, from: start, to: try text.number(start))
        }
    }

    /// Reads the comma before a member, if there must be one, and returns the offset after it.
    ///
    /// `nil` once the closing bracket is read.
    @inline(__always)
    private mutating func scanMember(before bracket: UInt8) throws(JSONError) -> Int? {
        let start = text.skipSpace(offset)
        let byte = start < text.count ? text[start] : 0
        if byte == bracket {
            offset = start &+ 1
            isFirst = false
            return nil
        }
        if isFirst {
            isFirst = false
            return start
        }
        guard byte == UInt8(ascii: ",") else {
            throw JSONError(offset: start, detail: "expected ',' or the end of the container")
        }
        return start &+ 1
    }

    @inline(__always)
    private mutating func value(_ kind: JSONValue.Kind, from start: Int, to end: Int) -> JSONValue {
        offset = end
        return JSONValue(kind: kind, bytes: text.slice(start, end), hasEscapes: false)
    }

    /// Checks the object or array that starts at `start`, and returns the offset after it.
    private mutating func skipContainer(at start: Int) throws(JSONError) -> Int {
        var skipper = JSONContainerSkipper(text)
        let end = try skipper.skip(at: start)
        if skipper.hasEscapedKeys { hasEscapedKeys = true }
        return end
    }
}
