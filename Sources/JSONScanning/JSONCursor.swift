/// Reads a JSON text front to back in one pass, without copies.
///
/// To read an object, call ``enterObject()``, then ``nextKey()`` until it returns `nil`. After each key read its value
/// once, with ``nextValue()``, ``skipValue()``, ``enterObject()`` or ``enterArray()``. To read an array, call
/// ``enterArray()``, then ``nextElement()``, which returns whether another value follows.
///
/// The grammar is checked for everything that is read or skipped. UTF-8 is not checked, nor that escaped surrogates
/// come in pairs. Slices are valid as long as the input bytes. After an error, read no further.
package struct JSONCursor {
    /// Deeper nesting is an error, so that hostile input cannot exhaust memory or the stack.
    package static let depthMax = 128

    private let text: JSONBytes
    /// Offset of the next unread byte.
    package private(set) var position = 0
    /// True once a key with an escape was read, even inside a skipped value: such a key cannot be compared byte by
    /// byte.
    ///
    /// Then read the result of ``JSONText/plain(_:)`` instead. No usual serialiser escapes the letters of names.
    package private(set) var hasEscapedKeys = false
    /// True right after a `{` or `[`, where no comma may follow.
    private var isFirst = false

    package init(_ bytes: UnsafeRawBufferPointer) {
        text = JSONBytes(bytes)
    }

    /// The whole text.
    package var bytes: UnsafeRawBufferPointer { text.buffer }

    /// Reads `{`.
    package mutating func enterObject() throws(JSONError) {
        try enter(UInt8(ascii: "{"), "expected an object")
    }

    /// Reads `[`.
    package mutating func enterArray() throws(JSONError) {
        try enter(UInt8(ascii: "["), "expected an array")
    }

    /// Returns the next key of the object, with its escapes as written; `nil` once `}` is read.
    package mutating func nextKey() throws(JSONError) -> UnsafeRawBufferPointer? {
        guard let start = try nextMember(before: UInt8(ascii: "}")) else { return nil }
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
        position = colon &+ 1
        return text.slice(quote &+ 1, end.quote)
    }

    /// Returns true if another element follows, and false once `]` is read.
    package mutating func nextElement() throws(JSONError) -> Bool {
        guard let start = try nextMember(before: UInt8(ascii: "]")) else { return false }
        position = start
        return true
    }

    /// Reads one complete value and returns its kind and position.
    package mutating func nextValue() throws(JSONError) -> JSONValue {
        let start = text.skipSpace(position)
        guard start < text.count else {
            throw JSONError(offset: start, detail: "the text ends where a value should be")
        }
        isFirst = false
        switch text[start] {
        case UInt8(ascii: "\""):
            let end = try text.string(start &+ 1)
            position = end.quote &+ 1
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

    /// Skips one complete value.
    package mutating func skipValue() throws(JSONError) {
        _ = try nextValue()
    }

    /// Throws unless only white space is left.
    package mutating func expectEnd() throws(JSONError) {
        position = text.skipSpace(position)
        guard position == text.count else { throw JSONError(offset: position, detail: "bytes after the value") }
    }

    // MARK: Inside

    /// Reads the opening bracket of a container.
    private mutating func enter(_ bracket: UInt8, _ failure: String) throws(JSONError) {
        let start = text.skipSpace(position)
        guard start < text.count, text[start] == bracket else { throw JSONError(offset: start, detail: failure) }
        position = start &+ 1
        isFirst = true
    }

    /// Reads the comma before a member, if there must be one, and returns the offset after it.
    ///
    /// `nil` once the closing bracket is read.
    @inline(__always)
    private mutating func nextMember(before bracket: UInt8) throws(JSONError) -> Int? {
        let start = text.skipSpace(position)
        let byte = start < text.count ? text[start] : 0
        if byte == bracket {
            position = start &+ 1
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
        position = end
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
