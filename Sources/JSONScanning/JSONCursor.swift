/// Reads a JSON text front to back, without copies.
///
/// A cursor of a ``JSONIndex`` knows where the tokens are and is about twice as fast; any other finds them by itself.
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
    /// The next unread token; `nil` if the text was not indexed.
    private var token: UnsafePointer<UInt32>?
    /// False if no string of an indexed text can contain an escape.
    @usableFromInline let mayHaveEscapes: Bool
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
        mayHaveEscapes = true
    }

    /// Reads an indexed text, whose tokens start at `token`.
    init(_ text: JSONBytes, token: UnsafePointer<UInt32>, mayHaveEscapes: Bool) {
        self.text = text
        self.token = token
        self.mayHaveEscapes = mayHaveEscapes
        position = Int(token.pointee)
    }

    /// Reads an object or an array that was found before, with the index of its text if there is one.
    @inline(__always)
    package init(_ value: JSONValue) {
        if let token = value.token, let start = value.bytes.baseAddress {
            // Tokens are counted from the start of the whole text.
            let offset = Int(token.pointee)
            let text = UnsafeRawBufferPointer(start: start - offset, count: offset &+ value.bytes.count)
            self.init(JSONBytes(text), token: token, mayHaveEscapes: value.hasEscapes)
        } else {
            self.init(value.bytes)
        }
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
        if let token { return try nextKey(token) }
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
        if let token { return try nextMember(token, before: UInt8(ascii: "]")) != nil }
        guard let start = try nextMember(before: UInt8(ascii: "]")) else { return false }
        position = start
        return true
    }

    /// Reads one complete value and returns its kind and position.
    package mutating func nextValue() throws(JSONError) -> JSONValue {
        if let token { return try nextValue(token) }
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
        if let token {
            guard token.pointee >= text.count else {
                throw JSONError(offset: Int(token.pointee), detail: "bytes after the value")
            }
            return position = text.count
        }
        position = text.skipSpace(position)
        guard position == text.count else { throw JSONError(offset: position, detail: "bytes after the value") }
    }

    // MARK: Inside

    /// Reads the opening bracket of a container.
    private mutating func enter(_ bracket: UInt8, _ failure: StaticString) throws(JSONError) {
        let start = token.map { Int($0.pointee) } ?? text.skipSpace(position)
        guard start < text.count, text[start] == bracket else { throw JSONError(offset: start, detail: "\(failure)") }
        position = start &+ 1
        token = token.map { $0 + 1 }
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
        var skipper = JSONContainerSkipper(text, mayHaveEscapes: true)
        let end = try skipper.skip(at: start)
        if skipper.hasEscapedKeys { hasEscapedKeys = true }
        return end
    }

    // MARK: Inside an indexed text

    @inline(__always)
    private mutating func nextKey(_ token: UnsafePointer<UInt32>) throws(JSONError) -> UnsafeRawBufferPointer? {
        guard let token = try nextMember(token, before: UInt8(ascii: "}")) else { return nil }
        let quote = Int(token[0])
        guard text.byte(quote) == UInt8(ascii: "\"") else { throw JSONError(offset: quote, detail: "expected a key") }
        // Both quotes are tokens, and nothing between them is one.
        let colon = Int(token[2])
        guard text.byte(colon) == UInt8(ascii: ":") else {
            throw JSONError(offset: colon, detail: "expected ':' after a key")
        }
        if mayHaveEscapes, try text.string(quote &+ 1).hasEscapes { hasEscapedKeys = true }
        self.token = token + 3
        position = colon &+ 1
        return text.slice(quote &+ 1, Int(token[1]))
    }

    @inline(__always)
    private mutating func nextValue(_ token: UnsafePointer<UInt32>) throws(JSONError) -> JSONValue {
        let start = Int(token[0])
        isFirst = false
        switch text.byte(start) {
        case UInt8(ascii: "\""):
            let hasEscapes = mayHaveEscapes ? try text.string(start &+ 1).hasEscapes : false
            let quote = Int(token[1])
            self.token = token + 2
            position = quote &+ 1
            return JSONValue(kind: .string, bytes: text.slice(start &+ 1, quote), hasEscapes: hasEscapes)
        case UInt8(ascii: "{"): return try container(.object, token)
        case UInt8(ascii: "["): return try container(.array, token)
        case UInt8(ascii: "t"): return try scalar(.true, token, end: try text.name("true", start))
        case UInt8(ascii: "f"): return try scalar(.false, token, end: try text.name("false", start))
        case UInt8(ascii: "n"): return try scalar(.null, token, end: try text.name("null", start))
        default:
            guard start < text.count else {
                throw JSONError(offset: start, detail: "the text ends where a value should be")
            }
            return try scalar(.number, token, end: try text.number(start))
        }
    }

    /// Reads the comma before a member, if there must be one, and returns the token after it.
    ///
    /// `nil` once the closing bracket is read.
    @inline(__always)
    private mutating func nextMember(
        _ token: UnsafePointer<UInt32>,
        before bracket: UInt8
    ) throws(JSONError) -> UnsafePointer<UInt32>? {
        let start = Int(token[0])
        let byte = text.byte(start)
        if byte == bracket {
            self.token = token + 1
            position = start &+ 1
            isFirst = false
            return nil
        }
        if isFirst {
            isFirst = false
            return token
        }
        guard byte == UInt8(ascii: ",") else {
            throw JSONError(offset: start, detail: "expected ',' or the end of the container")
        }
        self.token = token + 1
        position = start &+ 1
        return token + 1
    }

    /// A number or a name; only white space may be between its end and the next token.
    @inline(__always)
    private mutating func scalar(
        _ kind: JSONValue.Kind,
        _ token: UnsafePointer<UInt32>,
        end: Int
    ) throws(JSONError) -> JSONValue {
        try text.expectGap(from: end, to: Int(token[1]))
        self.token = token + 1
        return value(kind, from: Int(token[0]), to: end)
    }

    private mutating func container(
        _ kind: JSONValue.Kind,
        _ token: UnsafePointer<UInt32>
    ) throws(JSONError) -> JSONValue {
        var skipper = JSONContainerSkipper(text, mayHaveEscapes: mayHaveEscapes)
        let next = try skipper.skip(token)
        if skipper.hasEscapedKeys { hasEscapedKeys = true }
        self.token = next
        let start = Int(token[0])
        position = Int(next[-1]) &+ 1
        let bytes = text.slice(start, position)
        return JSONValue(kind: kind, bytes: bytes, hasEscapes: mayHaveEscapes, token: token)
    }
}
