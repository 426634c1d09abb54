import JSONScanning
import TextEncoding

/// Bytes as printed by Python: `b'\x1f\x8b…'`.
enum PythonBytesLiteral {
    /// The text between the quotes; `nil` if `text` is not a bytes literal.
    static func content(of text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard text.count >= 3, text[0] == UInt8(ascii: "b"),
            text[1] == UInt8(ascii: "'") || text[1] == UInt8(ascii: "\""), text[text.count - 1] == text[1]
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: text[2..<text.count - 1])
    }

    /// Appends the bytes for `content`; false if Python would not print it like that.
    static func decode(_ content: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        var position = 0
        while position < content.count {
            let byte = content[position]
            position += 1
            guard byte == UInt8(ascii: "\\") else {
                guard (0x20..<0x7F).contains(byte) else { return false }
                output.append(byte)
                continue
            }
            guard position < content.count else { return false }
            let letter = content[position]
            position += 1
            switch letter {
            case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): output.append(letter)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "x"):
                guard position + 2 <= content.count, let high = content[position].hexadecimalValue,
                    let low = content[position + 1].hexadecimalValue
                else { return false }
                output.append(high << 4 | low)
                position += 2
            default: return false
            }
        }
        return true
    }
}
