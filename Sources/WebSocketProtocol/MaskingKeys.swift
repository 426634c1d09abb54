/// A stream of masking keys that a peer cannot predict from earlier ones (RFC 6455 §5.3, §10.3).
///
/// It uses ChaCha20 (RFC 8439 §2.3) with a secret seed: as strong as the seed, and far cheaper than asking the kernel
/// for every frame.
package struct MaskingKeys: Sendable {
    private let keyLow: SIMD4<UInt32>
    private let keyHigh: SIMD4<UInt32>
    private var blockCounter: UInt64 = 0
    private var block = SIMD16<UInt32>()
    private var wordsLeft = 0

    /// Takes up to 32 bytes of seed, which must come from the system's random source except in tests.
    package init(seed: [UInt8]) {
        var words = SIMD8<UInt32>()
        for (index, byte) in seed.prefix(32).enumerated() {
            words[index / 4] |= UInt32(byte) << (8 * (index % 4))
        }
        keyLow = words.lowHalf
        keyHigh = words.highHalf
    }

    /// Draws the seed from `generator`, for example a `SystemRandomNumberGenerator`.
    package init(using generator: inout some RandomNumberGenerator) {
        var seed: [UInt8] = []
        for _ in 0..<32 { seed.append(.random(in: .min ... .max, using: &generator)) }
        self.init(seed: seed)
    }

    /// The next key; its lowest byte masks the first byte of a payload.
    package mutating func next() -> UInt32 {
        if wordsLeft == 0 { refill() }
        wordsLeft -= 1
        return block[15 - wordsLeft]
    }

    private mutating func refill() {
        let constants = SIMD4<UInt32>(0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574)
        let counter = SIMD4(
            UInt32(truncatingIfNeeded: blockCounter),
            UInt32(truncatingIfNeeded: blockCounter >> 32),
            0,
            0
        )
        var (a, b, c, d) = (constants, keyLow, keyHigh, counter)
        for _ in 0..<10 {
            Self.quarterRounds(&a, &b, &c, &d)
            // Turn the diagonals into columns for the second half of the round, then back.
            (b, c, d) = (Self.turn(b, 1), Self.turn(c, 2), Self.turn(d, 3))
            Self.quarterRounds(&a, &b, &c, &d)
            (b, c, d) = (Self.turn(b, 3), Self.turn(c, 2), Self.turn(d, 1))
        }
        block = SIMD16(
            lowHalf: SIMD8(lowHalf: a &+ constants, highHalf: b &+ keyLow),
            highHalf: SIMD8(lowHalf: c &+ keyHigh, highHalf: d &+ counter)
        )
        blockCounter &+= 1
        wordsLeft = 16
    }

    @inline(__always)
    private static func quarterRounds(
        _ a: inout SIMD4<UInt32>,
        _ b: inout SIMD4<UInt32>,
        _ c: inout SIMD4<UInt32>,
        _ d: inout SIMD4<UInt32>
    ) {
        a &+= b
        d = rotateLeft(d ^ a, 16)
        c &+= d
        b = rotateLeft(b ^ c, 12)
        a &+= b
        d = rotateLeft(d ^ a, 8)
        c &+= d
        b = rotateLeft(b ^ c, 7)
    }

    @inline(__always)
    private static func rotateLeft(_ words: SIMD4<UInt32>, _ bits: UInt32) -> SIMD4<UInt32> {
        words &<< bits | words &>> (32 - bits)
    }

    @inline(__always)
    private static func turn(_ row: SIMD4<UInt32>, _ places: Int) -> SIMD4<UInt32> {
        SIMD4(row[places], row[(places + 1) & 3], row[(places + 2) & 3], row[(places + 3) & 3])
    }
}
