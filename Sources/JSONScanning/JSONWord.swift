/// Eight bytes of a text in one integer, the first in the lowest bits.
///
/// A test marks the bytes that it looks for with their highest bit.
enum JSONWord {
    static let byteCount = 8
    private static let lowBits: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Marks quotes, backslashes and control characters.
    ///
    /// The lowest mark is exact: a subtraction borrows only from the byte after a match, so that a wrong mark can only
    /// be above a right one.
    @inline(__always)
    static func specials(_ word: UInt64) -> UInt64 {
        let quotes = word ^ (lowBits &* 0x22)
        let backslashes = word ^ (lowBits &* 0x5C)
        let controls = (word &- lowBits &* 0x20) & ~word
        return ((quotes &- lowBits) & ~quotes | (backslashes &- lowBits) & ~backslashes | controls) & highBits
    }

    /// Marks backslashes; there is a mark exactly if there is one.
    @inline(__always)
    static func backslashes(_ word: UInt64) -> UInt64 {
        let backslashes = word ^ (lowBits &* 0x5C)
        return (backslashes &- lowBits) & ~backslashes & highBits
    }

    /// The index of the first marked byte; 8 if there is none.
    @inline(__always)
    static func firstMark(_ marks: UInt64) -> Int { marks.trailingZeroBitCount >> 3 }
}
