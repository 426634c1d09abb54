/// Checks a whole object or array of a text without an index, without recursion.
struct JSONContainerSkipper {
    private let text: JSONBytes
    /// True once a key with an escape was skipped.
    private(set) var hasEscapedKeys = false

    init(_ text: JSONBytes) {
        self.text = text
    }

    /// Returns the offset after the container that starts at `start`.
    mutating func skip(at start: Int) throws(JSONError) -> Int {
        var nesting = Nesting()
        var at = try nesting.open(text, start)
        // True right after an opening bracket, where no comma may follow.
        var isFirst = true
        while true {
            at = text.skipSpace(at)
            let byte = at < text.count ? text[at] : 0
            if byte == nesting.closingBracket {
                at &+= 1
                isFirst = false
                nesting.close()
                if nesting.depth == 0 { return at }
                continue
            }
            if !isFirst {
                guard byte == UInt8(ascii: ",") else {
                    throw JSONError(offset: at, detail: "expected ',' or the end of the container")
                }
                at = text.skipSpace(at &+ 1)
            }
            isFirst = false
            if nesting.isObject { at = try skipKey(at) }
            guard at < text.count else {
                throw JSONError(offset: at, detail: "the text ends where a value should be")
            }
            switch text[at] {
            case UInt8(ascii: "\""): at = try text.string(at &+ 1).quote &+ 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                at = try nesting.open(text, at)
                isFirst = true
            case UInt8(ascii: "t"): at = try text.name("true", at)
            case UInt8(ascii: "f"): at = try text.name("false", at)
            case UInt8(ascii: "n"): at = try text.name("null", at)
            default: at = try text.number(at)
            }
        }
    }

    /// Reads a key and its colon, and returns the offset of the value.
    @inline(__always)
    private mutating func skipKey(_ start: Int) throws(JSONError) -> Int {
        guard start < text.count, text[start] == UInt8(ascii: "\"") else {
            throw JSONError(offset: start, detail: "expected a key")
        }
        let end = try text.string(start &+ 1)
        if end.hasEscapes { hasEscapedKeys = true }
        let colon = text.skipSpace(end.quote &+ 1)
        guard colon < text.count, text[colon] == UInt8(ascii: ":") else {
            throw JSONError(offset: colon, detail: "expected ':' after a key")
        }
        return text.skipSpace(colon &+ 1)
    }
}

/// The containers that are open, at most ``JSONCursor/depthMax``.
private struct Nesting {
    private(set) var depth = 0
    /// One bit for each, the innermost lowest; 1 for an object.
    private var kinds: UInt128 = 0

    var isObject: Bool { kinds & 1 == 1 }
    var closingBracket: UInt8 { isObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }

    /// Enters the container that starts at `start`, and returns the offset after its bracket.
    @inline(__always)
    mutating func open(_ text: JSONBytes, _ start: Int) throws(JSONError) -> Int {
        guard depth < JSONCursor.depthMax else {
            throw JSONError(offset: start, detail: "nested deeper than \(JSONCursor.depthMax)")
        }
        depth &+= 1
        kinds = kinds << 1 | (text[start] == UInt8(ascii: "{") ? 1 : 0)
        return start &+ 1
    }

    @inline(__always)
    mutating func close() {
        depth &-= 1
        kinds >>= 1
    }
}
