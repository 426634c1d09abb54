import Testing
import TextEncoding

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
