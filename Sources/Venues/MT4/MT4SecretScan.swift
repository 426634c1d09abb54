import JSONScanning

/// Tells in one pass, 16 bytes at a time, that a message has nothing to redact.
///
/// It may err on the side of suspicion, never on the other. What it looks for: the ends of member names, by a hash of
/// their last four letters; pairs of letters that the words of secrets have and the names in ticks have not; escapes;
/// and what text for people has but ticks do not, blanks, `=`, and a colon behind a letter.
struct MT4SecretScan: Sendable {
    /// Last four letters of names, in small letters, that need a closer look; shorter names with what is before them.
    private static let endings = [
        "name", "ress", "city", "tate", "code", "ntry", "hone", "mail", ",\"id", "{\"id", "ment", "urce", "stip",
        "mqid",
        "data", "rved", "ved2", "used", "ikey", "_key", "-key", "okie", "tial", "ials", "ders",
    ]
    /// Chosen so that no name in ticks and margin updates is taken for one that needs a closer look.
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

    /// True where `text` needs a closer look.
    func isSuspicious(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count > Self.step else { return true }
        var index = 0
        var bad = SIMDMask<SIMD16<Int8>>(repeating: false)
        let last = text.count - Self.step - 1
        while true {
            let bytes = text.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
            let next = text.loadUnaligned(fromByteOffset: index + 1, as: SIMD16<UInt8>.self)
            let small = bytes | 0x20
            let nextSmall = next | 0x20
            let isColon = next .== UInt8(ascii: ":")
            bad = bad .| Self.isPeculiar(bytes) .| (isColon .& ((bytes & 0x40) .== 0x40))
            bad = bad .| Self.isPair(small, nextSmall, "s", "w") .| Self.isPair(small, nextSmall, "c", "r")
            bad = bad .| Self.isPair(small, nextSmall, "k", "e") .| Self.isPair(small, nextSmall, "i", "z")
            bad = bad .| Self.isPair(small, nextSmall, "b", "e")
            let ends = unsafeBitCast(isColon .& (bytes .== UInt8(ascii: "\"")), to: SIMD2<UInt64>.self)
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

    private static let step = 16

    /// Looks at the names whose closing quotes are marked by bytes of ones, the first at `start`.
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

    @inline(__always)
    private static func isPair(
        _ bytes: SIMD16<UInt8>,
        _ next: SIMD16<UInt8>,
        _ one: Unicode.Scalar,
        _ other: Unicode.Scalar
    ) -> SIMDMask<SIMD16<Int8>> {
        (bytes .== UInt8(ascii: one)) .& (next .== UInt8(ascii: other))
    }

    /// Escapes, blanks, `=`, and control characters other than the separator of records.
    @inline(__always)
    private static func isPeculiar(_ bytes: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        (bytes .== UInt8(ascii: "\\")) .| (bytes .== 0x20) .| (bytes .== UInt8(ascii: "=")) .| (bytes .< 0x1E)
    }
}
