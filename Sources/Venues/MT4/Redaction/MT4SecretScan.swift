import JSONScanning

/// Decides in one pass, 16 bytes at a time, that a message has nothing to redact.
///
/// It may report a harmless message as suspicious, never the reverse. It looks for the ends of member names, by a hash
/// of their last four letters; for pairs of letters that occur in secret words and not in the names of ticks; for
/// escapes; and for characters of texts for people that ticks do not have: blanks, `=`, and a colon after a letter.
struct MT4SecretScan: Sendable {
    /// The last four letters of suspicious names, in lower case; for shorter names with the characters before them.
    private static let endings = [
        "name", "ress", "city", "tate", "code", "ntry", "hone", "mail", ",\"id", "{\"id", "ment", "urce", "stip",
        "mqid",
        "data", "rved", "ved2", "used", "ikey", "_key", "-key", "okie", "tial", "ials", "ders",
    ]
    /// Chosen so that no name in ticks and margin updates looks suspicious.
    private static let multiplier: UInt32 = 0x5EC1_27B3

    private let first: UInt64
    private let second: UInt64

    init() {
        var bits: (UInt64, UInt64) = (0, 0)
        for ending in Self.endings {
            let word = ending.utf8.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let hash = Self.hash(word)
            bits.0 |= 1 << UInt64(hash >> 26)
            bits.1 |= 1 << UInt64(hash >> 20 & 63)
        }
        (first, second) = bits
    }

    /// True if `text` needs closer inspection.
    func isSuspicious(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count > Self.step, let base = text.baseAddress else { return true }
        let last = text.count - Self.step - 1
        var index = 0
        var bad = Mask(repeating: false)
        while true {
            let bytes = (base + index).loadUnaligned(as: Bytes.self)
            let next = (base + index + 1).loadUnaligned(as: Bytes.self)
            let small = bytes | Self.smallBit
            let nextSmall = next | Self.smallBit
            let isColon = next .== Self.colon
            bad = bad .| (bytes .== Self.backslash) .| (bytes .== Self.blank) .| (bytes .== Self.equals)
            bad = bad .| (bytes .< Self.separator) .| (isColon .& ((bytes & Self.letterBit) .== Self.letterBit))
            bad = bad .| ((small .== Self.s) .& (nextSmall .== Self.w))
            bad = bad .| ((small .== Self.c) .& (nextSmall .== Self.r))
            bad = bad .| ((small .== Self.k) .& (nextSmall .== Self.e))
            bad = bad .| ((small .== Self.i) .& (nextSmall .== Self.z))
            bad = bad .| ((small .== Self.b) .& (nextSmall .== Self.e))
            let ends = unsafeBitCast(isColon .& (bytes .== Self.quote), to: SIMD2<UInt64>.self)
            if ends.x | ends.y != 0 {
                if isSuspicious(ends.x.littleEndian, text, index) { return true }
                if isSuspicious(ends.y.littleEndian, text, index + 8) { return true }
            }
            if index == last { break }
            index = min(index + Self.step, last)
        }
        let marks = unsafeBitCast(bad, to: SIMD2<UInt64>.self)
        return marks.x | marks.y != 0
    }

    // Use vectors on both sides of every operator: the operators with a scalar are generic and 300 times slower.
    private typealias Bytes = SIMD16<UInt8>
    private typealias Mask = SIMDMask<SIMD16<Int8>>
    private static let step = 16

    @inline(__always) private static var smallBit: Bytes { Bytes(repeating: 0x20) }
    @inline(__always) private static var letterBit: Bytes { Bytes(repeating: 0x40) }
    @inline(__always) private static var separator: Bytes { Bytes(repeating: 0x1E) }
    @inline(__always) private static var blank: Bytes { Bytes(repeating: 0x20) }
    @inline(__always) private static var backslash: Bytes { Bytes(repeating: UInt8(ascii: "\\")) }
    @inline(__always) private static var equals: Bytes { Bytes(repeating: UInt8(ascii: "=")) }
    @inline(__always) private static var colon: Bytes { Bytes(repeating: UInt8(ascii: ":")) }
    @inline(__always) private static var quote: Bytes { Bytes(repeating: UInt8(ascii: "\"")) }
    @inline(__always) private static var b: Bytes { Bytes(repeating: UInt8(ascii: "b")) }
    @inline(__always) private static var c: Bytes { Bytes(repeating: UInt8(ascii: "c")) }
    @inline(__always) private static var e: Bytes { Bytes(repeating: UInt8(ascii: "e")) }
    @inline(__always) private static var i: Bytes { Bytes(repeating: UInt8(ascii: "i")) }
    @inline(__always) private static var k: Bytes { Bytes(repeating: UInt8(ascii: "k")) }
    @inline(__always) private static var r: Bytes { Bytes(repeating: UInt8(ascii: "r")) }
    @inline(__always) private static var s: Bytes { Bytes(repeating: UInt8(ascii: "s")) }
    @inline(__always) private static var w: Bytes { Bytes(repeating: UInt8(ascii: "w")) }
    @inline(__always) private static var z: Bytes { Bytes(repeating: UInt8(ascii: "z")) }

    /// Checks the names whose closing quotes are marked by bytes of ones, the first at `start`.
    @inline(__always)
    private func isSuspicious(_ marks: UInt64, _ text: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        var marks = marks
        while marks != 0 {
            let place = marks.trailingZeroBitCount / 8
            marks &= ~(0xFF << UInt64(place * 8))
            let end = start + place
            guard end >= 4 else { return true }
            let hash = Self.hash(UInt32(littleEndian: text.loadUnaligned(fromByteOffset: end - 4, as: UInt32.self)))
            if first >> UInt64(hash >> 26) & second >> UInt64(hash >> 20 & 63) & 1 != 0 { return true }
        }
        return false
    }

    @inline(__always)
    private static func hash(_ word: UInt32) -> UInt32 {
        (word | 0x2020_2020) &* multiplier
    }
}
