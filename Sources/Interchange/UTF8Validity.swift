/// Checks whether bytes are well-formed UTF-8 (RFC 3629).
enum UTF8Validity {
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while position < bytes.count {
            // Most text is ASCII: check eight bytes at a time.
            while bytes.count - position >= 8,
                bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                position += 8
            }
            guard position < bytes.count else { return true }
            guard let length = sequenceLength(bytes, at: position) else { return false }
            position += length
        }
        return true
    }

    /// The length of the well-formed sequence at `position`; `nil` if there is none.
    private static func sequenceLength(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Int? {
        let first = bytes[position]
        // The range of the second byte excludes overlong forms, surrogates and values above U+10FFFF.
        let (length, second): (Int, ClosedRange<UInt8>)
        switch first {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard bytes.count - position >= length, second.contains(bytes[position + 1]) else { return nil }
        for index in position + 2..<position + length where bytes[index] & 0xC0 != 0x80 { return nil }
        return length
    }
}
