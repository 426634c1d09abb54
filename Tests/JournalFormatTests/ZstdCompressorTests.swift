import JournalFormat
import Testing

struct ZstdCompressorTests {
    private func frame(_ content: [UInt8], level: Int = 1) throws -> [UInt8] {
        var frame = [UInt8](repeating: 0, count: ZstdCompressor.frameBytesMax(forSourceBytes: content.count))
        let count = try frame.withUnsafeMutableBytes { target in
            try content.withUnsafeBytes { try ZstdCompressor(level: level).compress($0, into: target) }
        }
        return Array(frame[..<count])
    }

    private func content(_ frame: [UInt8], bytes: Int) throws -> [UInt8] {
        try frame.withUnsafeBytes { try ZstdDecompressor().content(of: $0, contentBytes: bytes) }
    }

    @Test("content is restored at every level, including out-of-range levels", arguments: [-3, 1, 3, 9, 1000])
    func roundTrip(level: Int) throws {
        let text = Array(String(repeating: "bid 1.17012 ask 1.17019 ", count: 100).utf8)
        #expect(try content(frame(text, level: level), bytes: text.count) == text)
        #expect(try content(frame([], level: level), bytes: 0).isEmpty)
        #expect((1...22).contains(ZstdCompressor(level: 1000).level))
    }

    @Test("a damaged frame, a truncated one and a wrong size are errors")
    func damage() throws {
        let text = Array("a text that is too short to become any smaller".utf8)
        let good = try frame(text)
        #expect(throws: ZstdError.self) { try content(good, bytes: text.count + 1) }
        #expect(throws: ZstdError.self) { try content(good + [0], bytes: text.count) }
        #expect(throws: ZstdError.self) { try content([], bytes: 0) }
        for index in good.indices {
            #expect(throws: ZstdError.self) { try content(Array(good[..<index]), bytes: text.count) }
        }
        var flipped = good
        flipped[20] ^= 1
        let error = #expect(throws: ZstdError.self) { try content(flipped, bytes: text.count) }
        #expect(error?.description.contains("checksum") == true)
    }

    @Test("a target that is too small is an error")
    func smallTarget() {
        var target: [UInt8] = [0, 0, 0]
        #expect(throws: ZstdError.self) {
            try target.withUnsafeMutableBytes { target in
                try [UInt8](0..<99).withUnsafeBytes { try ZstdCompressor().compress($0, into: target) }
            }
        }
    }
}
