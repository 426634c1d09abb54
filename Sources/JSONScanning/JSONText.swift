import TextEncoding

/// Writes JSON text, and removes its escapes.
@usableFromInline
package enum JSONText {
    /// Appends `bytes`, UTF-8 text, as a JSON string with its quotes; escapes only what RFC 8259 §7 requires.
    package static func appendString(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in bytes {
            if byte == 0x22 || byte == 0x5C {
                output.append(0x5C)
                output.append(byte)
            } else if byte >= 0x20 {
                output.append(byte)
            } else {
                appendControlEscape(of: byte, to: &output)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends `text` as a JSON string with its quotes.
    package static func appendString(_ text: String, to output: inout [UInt8]) {
        var copy = text
        copy.withUTF8 { appendString(UnsafeRawBufferPointer($0), to: &output) }
    }

    /// The JSON string of `text`, with its quotes.
    package static func quoted(_ text: String) -> String {
        var output: [UInt8] = []
        appendString(text, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// A JSON array of strings.
    package static func list(_ texts: [String]) -> String { "[" + texts.map(quoted).joined(separator: ",") + "]" }

    private static func appendControlEscape(of byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        default:
            output.append(contentsOf: "u00".utf8)
            let digits = Array("0123456789abcdef".utf8)
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 15)])
        }
    }

    /// Returns the UTF-8 text of a string's content, which ``JSONCursor`` must have accepted.
    @usableFromInline
    package static func unescaped(_ content: UnsafeRawBufferPointer) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(content.count)
        var position = 0
        while position < content.count {
            let byte = content[position]
            guard byte == UInt8(ascii: "\\"), position + 1 < content.count else {
                output.append(byte)
                position += 1
                continue
            }
            let letter = content[position + 1]
            position += 2
            switch letter {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"): appendCodePoint(of: content, at: &position, to: &output)
            default: output.append(letter)
            }
        }
        return output
    }

    /// Reads the four digits at `position`, and a second escape if the first is a high surrogate.
    private static func appendCodePoint(
        of content: UnsafeRawBufferPointer,
        at position: inout Int,
        to output: inout [UInt8]
    ) {
        guard let first = codeUnit(of: content, at: position) else { return }
        position += 4
        var codePoint = UInt32(first)
        if (0xD800..<0xDC00).contains(first), position + 1 < content.count, content[position] == UInt8(ascii: "\\"),
            content[position + 1] == UInt8(ascii: "u"), let second = codeUnit(of: content, at: position + 2),
            (0xDC00..<0xE000).contains(second)
        {
            codePoint = 0x10000 + ((UInt32(first) - 0xD800) << 10) + (UInt32(second) - 0xDC00)
            position += 6
        }
        let scalar = Unicode.Scalar(codePoint) ?? "\u{FFFD}"
        output.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    }

    static func codeUnit(of content: UnsafeRawBufferPointer, at position: Int) -> UInt16? {
        guard position + 4 <= content.count else { return nil }
        var value: UInt16 = 0
        for index in position..<position + 4 {
            guard let digit = content[index].hexadecimalValue else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}
