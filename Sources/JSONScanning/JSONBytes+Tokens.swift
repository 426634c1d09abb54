import TextEncoding

// The tokens of RFC 8259.
//
// Every function takes the offset where it begins and returns the offset after what it has read. Offsets are local
// variables of the callers, so that they stay in registers.
extension JSONBytes {
    /// The end of a string, and whether a backslash is in it.
    struct StringEnd {
        /// The offset of the closing quote.
        var quote: Int
        var hasEscapes: Bool
    }

    /// Skips white space (§2).
    @inline(__always)
    func skipSpace(_ start: Int) -> Int {
        // Venues write little white space, so that one comparison is usually enough.
        guard start < count, self[start] <= 0x20 else { return start }
        return skipSpaceRun(start)
    }

    @inline(never)
    private func skipSpaceRun(_ start: Int) -> Int {
        var at = start
        while at < count {
            switch self[at] {
            case 0x20, 0x0A, 0x0D, 0x09: at &+= 1
            default: return at
            }
        }
        return at
    }

    /// Reads a string (§7) up to its closing quote; `start` follows the opening quote.
    @inline(__always)
    func string(_ start: Int) throws(JSONError) -> StringEnd {
        let at = skipPlain(start)
        guard at < count, self[at] == UInt8(ascii: "\"") else { return try escapedString(at) }
        return StringEnd(quote: at, hasEscapes: false)
    }

    /// Moves to the next quote, backslash, control character or the end.
    @inline(__always)
    private func skipPlain(_ start: Int) -> Int {
        var at = start
        while count &- at >= JSONWord.byteCount {
            let specials = JSONWord.specials(word(at: at))
            if specials != 0 { return at &+ JSONWord.firstMark(specials) }
            at &+= JSONWord.byteCount
        }
        while at < count, case let byte = self[at], byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"),
            byte >= 0x20
        {
            at &+= 1
        }
        return at
    }

    /// True if there is a backslash anywhere.
    var hasBackslash: Bool {
        var at = 0
        while count &- at >= JSONWord.byteCount {
            if JSONWord.backslashes(word(at: at)) != 0 { return true }
            at &+= JSONWord.byteCount
        }
        while at < count {
            if self[at] == UInt8(ascii: "\\") { return true }
            at &+= 1
        }
        return false
    }

    /// Reads on at the first character of a string that is not plain.
    @inline(never)
    private func escapedString(_ start: Int) throws(JSONError) -> StringEnd {
        var at = start
        while at < count {
            switch self[at] {
            case UInt8(ascii: "\""): return StringEnd(quote: at, hasEscapes: true)
            case UInt8(ascii: "\\"): at = skipPlain(try escape(at))
            default: throw JSONError(offset: at, detail: "control character in a string")
            }
        }
        throw JSONError(offset: at, detail: "the text ends inside a string")
    }

    /// Reads an escape; `start` is its backslash.
    private func escape(_ start: Int) throws(JSONError) -> Int {
        let at = start &+ 1
        guard at < count else { throw JSONError(offset: at, detail: "the text ends inside a string") }
        switch self[at] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return at &+ 1
        case UInt8(ascii: "u"):
            for index in at &+ 1..<at &+ 5 {
                guard index < count, self[index].hexadecimalValue != nil else {
                    throw JSONError(offset: at, detail: "bad \\u escape")
                }
            }
            return at &+ 5
        default:
            throw JSONError(offset: at, detail: "unknown escape")
        }
    }

    /// Reads a number (§6).
    @inline(__always)
    func number(_ start: Int) throws(JSONError) -> Int {
        var at = start
        if at < count, self[at] == UInt8(ascii: "-") { at &+= 1 }
        let integer = at
        at = skipDigits(at)
        guard at > integer else { throw JSONError(offset: at, detail: "expected a value") }
        guard self[integer] != UInt8(ascii: "0") || at == integer &+ 1 else {
            throw JSONError(offset: at, detail: "a number with a leading zero")
        }
        guard at < count else { return at }
        if self[at] == UInt8(ascii: ".") {
            let fraction = at &+ 1
            at = skipDigits(fraction)
            guard at > fraction else { throw JSONError(offset: at, detail: "expected digits after the point") }
            guard at < count else { return at }
        }
        // Both cases of the letter e.
        return self[at] | 0x20 == UInt8(ascii: "e") ? try exponent(at &+ 1) : at
    }

    @inline(never)
    private func exponent(_ start: Int) throws(JSONError) -> Int {
        var at = start
        if at < count, self[at] == UInt8(ascii: "+") || self[at] == UInt8(ascii: "-") { at &+= 1 }
        let end = skipDigits(at)
        guard end > at else { throw JSONError(offset: at, detail: "expected digits in the exponent") }
        return end
    }

    @inline(__always)
    private func skipDigits(_ start: Int) -> Int {
        var at = start
        while at < count, self[at] &- 0x30 <= 9 { at &+= 1 }
        return at
    }

    /// Reads a literal name (§3).
    @inline(__always)
    func name(_ word: StaticString, _ start: Int) throws(JSONError) -> Int {
        let end = start &+ word.utf8CodeUnitCount
        guard end <= count, slice(start, end).equals(word) else {
            throw JSONError(offset: start, detail: "expected \(word)")
        }
        return end
    }
}
