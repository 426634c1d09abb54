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
