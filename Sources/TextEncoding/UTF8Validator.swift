/// Checks that text arriving in pieces is UTF-8 (RFC 3629 §4); reports a wrong byte as soon as it arrives.
package struct UTF8Validator: Sendable, Hashable {
    /// Bytes missing from the character at the end of the last piece.
    private var bytesMissing = 0
    /// The range of the next byte; narrower than usual after some first bytes.
    private var nextMin: UInt8 = 0x80
    private var nextMax: UInt8 = 0xbf

    package init() {}

    /// Whether `bytes` are a complete UTF-8 text.
    package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var text = UTF8Validator()
        return text.accept(bytes) && text.isAtBoundary
    }

    /// Whether the text so far ends at a character boundary.
    package var isAtBoundary: Bool { bytesMissing == 0 }

    /// Takes the next piece; false means that the text is invalid, whatever follows.
    package mutating func accept(_ piece: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < piece.count {
            if bytesMissing == 0 {
                if piece[index] < 0x80 {
                    index = Self.endOfASCII(piece, from: index)
                    guard index < piece.count else { return true }
                }
                guard begin(with: piece[index]) else { return false }
            } else {
                guard piece[index] >= nextMin, piece[index] <= nextMax else { return false }
                bytesMissing &-= 1
                (nextMin, nextMax) = (0x80, 0xbf)
            }
            index &+= 1
        }
        return true
    }

    /// The index of the first non-ASCII byte.
    private static func endOfASCII(_ piece: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index &+ 32 <= piece.count {
            let words = piece.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
            let joined = words[0] | words[1] | words[2] | words[3]
            guard joined & 0x8080_8080_8080_8080 == 0 else { break }
            index &+= 32
        }
        while index &+ 8 <= piece.count {
            let word = piece.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard word & 0x8080_8080_8080_8080 == 0 else { break }
            index &+= 8
        }
        while index < piece.count, piece[index] < 0x80 { index &+= 1 }
        return index
    }

    /// Sets what must follow a first byte: shortest forms only, no surrogates, nothing above U+10FFFF.
    private mutating func begin(with first: UInt8) -> Bool {
        switch first {
        case 0xc2...0xdf: bytesMissing = 1
        case 0xe0...0xef:
            bytesMissing = 2
            if first == 0xe0 { nextMin = 0xa0 }
            if first == 0xed { nextMax = 0x9f }
        case 0xf0...0xf4:
            bytesMissing = 3
            if first == 0xf0 { nextMin = 0x90 }
            if first == 0xf4 { nextMax = 0x8f }
        default: return false
        }
        return true
    }
}
