import Testing

@testable import WebSocketProtocol

struct SHA1Tests {
    @Test(
        "digests match the published examples",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
        ]
    )
    func examples(message: String, digest: String) {
        let hex = SHA1.digest(Array(message.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }
        #expect(hex.joined() == digest)
    }
}

struct UTF8ValidatorTests {
    /// The bytes at which the rules change.
    private static let interesting: [UInt8] = [
        0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
        0xf0,
        0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    ]

    private func isValid(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    /// Checks the verdict on `bytes`, and that invalid text is rejected at the earliest possible byte.
    private func check(_ bytes: [UInt8]) -> Bool {
        var whole = UTF8Validator()
        let isAccepted = bytes.withUnsafeBytes { whole.accept($0) }
        guard (isAccepted && whole.isAtBoundary) == isValid(bytes) else { return false }
        let endings: [[UInt8]] = [0x80, 0x90, 0xa0].flatMap { first in
            (0...2).map { [first] + Array(repeating: 0x80, count: $0) }
        }
        let canBecomeValid = isValid(bytes) || endings.contains { isValid(bytes + $0) }
        var single = UTF8Validator()
        let isAcceptedBytewise = bytes.allSatisfy { byte in withUnsafeBytes(of: byte) { single.accept($0) } }
        return isAccepted == canBecomeValid && isAcceptedBytewise == isAccepted && (!isAccepted || single == whole)
    }

    @Test("the verdict equals the standard library's, as early as possible, for all short texts")
    func exhaustive() {
        for first in Self.interesting {
            #expect(check([first]))
            for second in Self.interesting {
                #expect(check([first, second]))
                for third in Self.interesting { #expect(check([first, second, third]), "\([first, second, third])") }
            }
        }
    }

    @Test("four-byte characters are checked to their end")
    func fourBytes() {
        for first in [0xef, 0xf0, 0xf1, 0xf4, 0xf5] as [UInt8] {
            for second in [0x7f, 0x80, 0x8f, 0x90, 0xbf, 0xc0] as [UInt8] {
                for third in [0x41, 0x80, 0xbf, 0xc2] as [UInt8] {
                    for fourth in [0x41, 0x80, 0xbf, 0xf0] as [UInt8] {
                        #expect(check([first, second, third, fourth]))
                        #expect(check([first, second, third, fourth, 0x41]))
                    }
                }
            }
        }
    }

    @Test("a wrong byte is found at every place of a long ASCII text")
    func longText() {
        let text = [UInt8](repeating: 0x61, count: 100)
        for place in text.indices {
            var wrong = text
            wrong[place] = 0xff
            #expect(check(wrong))
            wrong[place] = 0xc3
            #expect(check(wrong))
        }
    }
}

struct MaskingKeysTests {
    @Test("the keys are the ChaCha20 key stream of RFC 8439 A.1")
    func keyStream() {
        var keys = MaskingKeys(seed: Array(repeating: 0, count: 32))
        let first = (0..<16).map { _ in keys.next() }
        #expect(first[0] == 0xade0_b876 && first[1] == 0x903d_f1a0 && first[15] == 0x8665_eeb2)
        #expect(keys.next() == 0xbee7_079f)
    }

    @Test("the same seed gives the same keys, another seed gives others")
    func seeds() {
        var (left, right, same) = (MaskingKeys(seed: [1]), MaskingKeys(seed: [2]), MaskingKeys(seed: [1]))
        let key = left.next()
        #expect(key != right.next() && key == same.next())
    }
}

struct PayloadMaskTests {
    @Test("masking in pieces equals masking byte by byte, at every alignment")
    func pieces() {
        let plain = (0..<64).map { UInt8($0) }
        let key: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]
        let expected = plain.enumerated().map { $1 ^ key[$0 % 4] }
        for first in 0...20 {
            for second in first...40 {
                var masked = plain
                var mask = PayloadMask(key: 0x3d21_fa37)
                masked.withUnsafeMutableBytes { bytes in
                    for range in [0..<first, first..<second, second..<64] {
                        mask.apply(to: UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
                    }
                }
                #expect(masked == expected)
            }
        }
    }
}
