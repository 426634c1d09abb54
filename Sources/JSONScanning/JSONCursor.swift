import TextEncoding

/// Bytes that are not valid JSON, or not the expected JSON (RFC 8259).
package struct JSONError: Error, Hashable, CustomStringConvertible {
    /// Position in the text where the reader stopped, in bytes.
    package let offset: Int
    package let detail: String

    package init(offset: Int, detail: String) {
        self.offset = offset
        self.detail = detail
    }

    package var description: String { "bad JSON at byte \(offset): \(detail)" }
}

/// Reads a JSON text front to back in one pass, without copies.
///
/// To read an object, call ``enterObject()``, then ``nextKey()`` until it returns `nil`. After each key read its value
/// once, with ``nextValue()``, ``skipValue()``, ``enterObject()`` or ``enterArray()``. To read an array, call
/// ``enterArray()``, then ``nextElement()``, which returns whether another value follows.
///
/// The grammar is checked for everything that is read or skipped. UTF-8 is not checked, nor that escaped surrogates
/// come in pairs. Slices are valid as long as the input bytes.
package struct JSONCursor {
    /// Deeper nesting is an error, so that hostile input cannot exhaust the stack.
    package static let depthMax = 128

    package let bytes: UnsafeRawBufferPointer
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
        self.bytes = bytes
    }

    /// Reads `{`.
    package mutating func enterObject() throws(JSONError) {
        try expect(UInt8(ascii: "{"), "an object")
        isFirst = true
    }

    /// Reads `[`.
    package mutating func enterArray() throws(JSONError) {
        try expect(UInt8(ascii: "["), "an array")
        isFirst = true
    }

    /// Returns the next key of the object, with its escapes as written; `nil` once `}` is read.
    package mutating func nextKey() throws(JSONError) -> UnsafeRawBufferPointer? {
        skipWhitespace()
        if peek() == UInt8(ascii: "}") {
            position += 1
            isFirst = false
            return nil
        }
        try separate()
        skipWhitespace()
        guard peek() == UInt8(ascii: "\"") else { throw failure("expected a key") }
        let (key, hasEscapes) = try scanString()
        if hasEscapes { hasEscapedKeys = true }
        skipWhitespace()
        guard peek() == UInt8(ascii: ":") else { throw failure("expected ':' after a key") }
        position += 1
        return key
    }

    /// Returns true if another element follows, and false once `]` is read.
    package mutating func nextElement() throws(JSONError) -> Bool {
        skipWhitespace()
        if peek() == UInt8(ascii: "]") {
            position += 1
            isFirst = false
            return false
        }
        try separate()
        return true
    }

    /// Reads one complete value and returns its kind and position.
    package mutating func nextValue() throws(JSONError) -> JSONValue {
        skipWhitespace()
        guard let first = peek() else { throw failure("the text ends where a value should be") }
        isFirst = false
        let start = position
        switch first {
        case UInt8(ascii: "\""):
            let string = try scanString()
            return JSONValue(kind: .string, bytes: string.content, hasEscapes: string.hasEscapes)
        case UInt8(ascii: "{"):
            try skipContainer(depth: 1)
            return JSONValue(kind: .object, bytes: slice(from: start), hasEscapes: false)
        case UInt8(ascii: "["):
            try skipContainer(depth: 1)
            return JSONValue(kind: .array, bytes: slice(from: start), hasEscapes: false)
        case UInt8(ascii: "t"):
            try skipWord("true")
            return JSONValue(kind: .true, bytes: slice(from: start), hasEscapes: false)
        case UInt8(ascii: "f"):
            try skipWord("false")
            return JSONValue(kind: .false, bytes: slice(from: start), hasEscapes: false)
        case UInt8(ascii: "n"):
            try skipWord("null")
            return JSONValue(kind: .null, bytes: slice(from: start), hasEscapes: false)
        default:
            try skipNumber()
            return JSONValue(kind: .number, bytes: slice(from: start), hasEscapes: false)
        }
    }

    /// Skips one complete value.
    package mutating func skipValue() throws(JSONError) {
        _ = try nextValue()
    }

    /// Throws unless only white space is left.
    package mutating func expectEnd() throws(JSONError) {
        skipWhitespace()
        guard position == bytes.count else { throw failure("bytes after the value") }
    }

    // MARK: Inside

    private func failure(_ detail: String) -> JSONError {
        JSONError(offset: position, detail: detail)
    }

    @inline(__always)
    private func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private func slice(from start: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }

    @inline(__always)
    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(JSONError) {
        skipWhitespace()
        guard peek() == byte else { throw failure("expected \(what)") }
        position += 1
    }

    /// Reads the comma between two members; there is none before the first.
    @inline(__always)
    private mutating func separate() throws(JSONError) {
        if isFirst {
            isFirst = false
            return
        }
        guard peek() == UInt8(ascii: ",") else { throw failure("expected ',' or the end of the container") }
        position += 1
    }

    @inline(__always)
    private mutating func scanString() throws(JSONError) -> (content: UnsafeRawBufferPointer, hasEscapes: Bool) {
        position += 1
        let start = position
        var hasEscapes = false
        while true {
            skipPlainCharacters()
            switch peek() {
            case UInt8(ascii: "\""):
                let content = slice(from: start)
                position += 1
                return (content, hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try skipEscape()
            case nil: throw failure("the text ends inside a string")
            default: throw failure("control character in a string")
            }
        }
    }

    /// Moves to the next quote, backslash, control character or the end.
    @inline(__always)
    private mutating func skipPlainCharacters() {
        // A local index stays in a register.
        var index = position
        while index < bytes.count, case let byte = bytes[index], byte != UInt8(ascii: "\""),
            byte != UInt8(ascii: "\\"), byte >= 0x20
        {
            index &+= 1
        }
        position = index
    }

    private mutating func skipEscape() throws(JSONError) {
        position += 1
        guard let letter = peek() else { throw failure("the text ends inside a string") }
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            for index in position + 1..<position + 5 {
                guard index < bytes.count, bytes[index].hexadecimalValue != nil else {
                    throw failure("bad \\u escape")
                }
            }
            position += 5
        default:
            throw failure("unknown escape")
        }
    }

    private mutating func skipWord(_ word: StaticString) throws(JSONError) {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { throw failure("expected \(word)") }
        for index in 0..<count where bytes[position + index] != word.utf8Start[index] {
            throw failure("expected \(word)")
        }
        position += count
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while position < bytes.count, bytes[position] &- 0x30 <= 9 { position += 1 }
        return position - start
    }

    private mutating func skipNumber() throws(JSONError) {
        if peek() == UInt8(ascii: "-") { position += 1 }
        let isZero = peek() == UInt8(ascii: "0")
        let integerDigits = skipDigits()
        guard integerDigits > 0 else { throw failure("expected a value") }
        guard !isZero || integerDigits == 1 else { throw failure("a number with a leading zero") }
        if peek() == UInt8(ascii: ".") {
            position += 1
            guard skipDigits() > 0 else { throw failure("expected digits after the point") }
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() > 0 else { throw failure("expected digits in the exponent") }
        }
    }

    /// Skips the object or array that starts here.
    private mutating func skipContainer(depth: Int) throws(JSONError) {
        guard depth <= Self.depthMax else { throw failure("nested deeper than \(Self.depthMax)") }
        let isObject = peek() == UInt8(ascii: "{")
        position += 1
        isFirst = true
        if isObject {
            while try nextKey() != nil { try skipNested(depth: depth) }
        } else {
            while try nextElement() { try skipNested(depth: depth) }
        }
    }

    private mutating func skipNested(depth: Int) throws(JSONError) {
        skipWhitespace()
        if let byte = peek(), byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
            try skipContainer(depth: depth + 1)
        } else {
            try skipValue()
        }
    }
}
