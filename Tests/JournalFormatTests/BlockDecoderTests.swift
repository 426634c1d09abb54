import JournalFormat
import MarketModel
import Testing

struct BlockDecoderTests {
    private let decoder = BlockDecoder()

    /// A compressed block and an uncompressed one.
    private func smallBlocks() throws -> [[UInt8]] {
        let repetitive = (0..<12).map { Sample("{\"s\":\"EURUSD\",\"n\":\($0)}", time: 1000, index: $0) }
        return [try [Sample].small.block(with: nil), try repetitive.block(with: ZstdCompressor())]
    }

    private func check(
        _ block: RawBlock,
        _ code: BlockError.Code,
        at byteOffset: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: BlockError.self, sourceLocation: sourceLocation) { try decoder.decode(block.bytes) }
        #expect(error?.code == code, sourceLocation: sourceLocation)
        #expect(error?.byteOffset == byteOffset, sourceLocation: sourceLocation)
    }

    @Test("every truncation is rejected as truncated")
    func truncations() throws {
        for block in try smallBlocks() {
            for count in block.indices {
                let error = #expect(throws: BlockError.self) { try decoder.decode(Array(block[..<count])) }
                #expect(error?.code == .truncated)
            }
            let longer = #expect(throws: BlockError.self) { try decoder.decode(block + [0]) }
            #expect(longer?.code == .trailingBytes)
        }
    }

    @Test("every flipped bit is detected")
    func flippedBits() throws {
        for block in try smallBlocks() {
            for bit in 0..<block.count * 8 {
                var damaged = block
                damaged[bit / 8] ^= 1 << (bit % 8)
                #expect(throws: BlockError.self) { try decoder.decode(damaged) }
            }
        }
    }

    @Test("no byte value anywhere does harm, even with a correct checksum")
    func forgedBytes() throws {
        for block in try smallBlocks() {
            for offset in 0..<block.count - 4 {
                for value in UInt8.min...UInt8.max where value != block[offset] {
                    var forged = block
                    forged[offset] = value
                    // Some forgeries are valid blocks of other messages; those must be complete.
                    guard let decoded = try? decoder.decode(forged.withTrueChecksum()) else { continue }
                    #expect(decoded.messageIndexes.count == decoded.batch.count)
                    #expect(decoded.batch.entries.allSatisfy { $0.range.upperBound <= decoded.batch.bytes.count })
                }
            }
        }
    }

    @Test("random bytes after a valid header never trap", arguments: 0..<200)
    func randomColumns(run: Int) {
        let seed = UInt64(run) &+ 77
        var generator = SplitMix64(seed: seed)
        for _ in 0..<50 {
            var block = RawBlock()
            block.messageCount = .random(in: 1...6, using: &generator)
            block.columns = (0..<Int.random(in: 4...40, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? .random(in: 0...3, using: &generator) : .random(in: 0...255, using: &generator)
            }
            block.payloads = [UInt8](repeating: 0x61, count: .random(in: 0...9, using: &generator))
            guard let decoded = try? decoder.decode(block.bytes) else { continue }
            #expect(decoded.batch.count == Int(block.messageCount), "seed \(seed)")
        }
    }

    @Test("the block written by hand equals the builder's")
    func layout() throws {
        #expect(try RawBlock().bytes == [Sample("hi", time: 5, index: 3)].block(with: nil))
    }

    @Test("errors name header fields that no writer produces, with their offset")
    func invalidHeaders() {
        check(RawBlock(magic: Array("FRB2".utf8)), .wrongMagic, at: 0)
        check(RawBlock(version: 2), .unsupportedVersion, at: 4)
        check(RawBlock(version: 0), .unsupportedVersion, at: 4)
        check(RawBlock(codec: 2), .unsupportedCodec, at: 5)
        check(RawBlock(reserved: 1), .invalidHeader, at: 6)
        check(RawBlock(messageCount: 0), .invalidHeader, at: 8)
        check(RawBlock(messageCount: .max), .limitExceeded, at: 8)
        check(RawBlock(messageCount: 2), .invalidHeader, at: 12)
        check(RawBlock(columnBytes: 26), .invalidHeader, at: 12)
        check(RawBlock(columnBytes: .max), .invalidHeader, at: 12)
        check(RawBlock(payloadBytes: 64 << 20 + 1), .limitExceeded, at: 16)
        check(RawBlock(payloadBytes: .max), .limitExceeded, at: 16)
        check(RawBlock(payloadBytes: 3), .invalidHeader, at: 40)
        check(RawBlock(firstMessageIndex: -1), .invalidHeader, at: 32)
        check(RawBlock(bodyBytes: 5), .trailingBytes, at: 57)
        check(RawBlock(bodyBytes: .max), .truncated, at: 58)
        check(RawBlock(reservedAtEnd: 9), .invalidHeader, at: 44)
    }

    @Test("errors name columns that do not fit, with their offset in the body")
    func invalidColumns() {
        check(RawBlock(columns: [1, 0, 2, 2]), .invalidColumn, at: 0)  // index not in the header
        check(RawBlock(columns: [0, 2, 2, 2]), .invalidColumn, at: 1)  // time not in the header
        check(RawBlock(columns: [0, 0, 3, 2]), .invalidColumn, at: 2)  // longer than the payloads
        check(RawBlock(columns: [0, 0, 1, 2]), .invalidColumn, at: 3)  // shorter than the payloads
        check(RawBlock(columns: [0, 0, 2, 0]), .invalidColumn, at: 3)  // no kind
        check(RawBlock(columns: [0, 0, 2, 0x12]), .invalidColumn, at: 3)  // reserved flag
        check(RawBlock(columns: [0, 0, 2, 2, 0]), .invalidColumn, at: 4)  // bytes after the flags
        check(RawBlock(columns: [0, 0, 2, 0x82, 0]), .invalidColumn, at: 3)  // flags are not a varint
        check(RawBlock(columns: [0x80, 0, 0, 2, 2]), .invalidColumn, at: 0)  // not the shortest form of 0
        check(RawBlock(columns: [0, 0x80, 0x80, 0x80]), .invalidColumn, at: 1)  // ends inside a varint
        check(RawBlock(messageCount: 2, columns: [0, 0, 0, 0, 1, 1, 2, 2]), .invalidColumn, at: 1)  // index repeats
        let tooLong = [UInt8](repeating: 0xFF, count: 9) + [2]
        check(RawBlock(messageCount: 2, columns: [0, 1, 0] + tooLong + [1, 1, 2, 2]), .invalidColumn, at: 3)  // 65 bits
        // A step beyond the last index.
        let stepMax = [UInt8](repeating: 0xFF, count: 8) + [0x7F]
        check(RawBlock(messageCount: 2, columns: [0] + stepMax + [0, 0, 1, 1, 2, 2]), .invalidColumn, at: 1)
    }

    @Test("a frame with more content than the header states is refused before memory is allocated")
    func wrongContentSize() throws {
        let source = [UInt8](repeating: 0, count: 50 << 20)
        var frame = [UInt8](repeating: 0, count: ZstdCompressor.frameBytesMax(forSourceBytes: source.count))
        let frameBytes = try frame.withUnsafeMutableBytes { target in
            try source.withUnsafeBytes { try ZstdCompressor().compress($0, into: target) }
        }
        frame.removeSubrange(frameBytes...)
        check(RawBlock(codec: 1, body: frame), .decompressionFailed, at: 48)
        check(RawBlock(codec: 1, payloadBytes: 60 << 20, body: frame), .decompressionFailed, at: 48)
        check(RawBlock(codec: 1, body: []), .decompressionFailed, at: 48)
        check(RawBlock(codec: 1), .decompressionFailed, at: 48)
    }

    @Test("a frame followed by other bytes is refused, even if zstd would skip them")
    func secondFrame() throws {
        let block = try #require(try smallBlocks().last)
        let header = try block.withUnsafeBytes { try BlockHeader(reading: $0) }
        #expect(header.codec == .zstd)
        let frame = block[48..<48 + header.bodyBytes]
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]  // RFC 8878 §3.1.2
        for appendix in [Array(frame), skippable, [0]] {
            var extended = Array(block[..<40])
            extended.append(littleEndian: UInt32(frame.count + appendix.count))
            extended += [0, 0, 0, 0] + frame + appendix + [0, 0, 0, 0]
            let error = #expect(throws: BlockError.self) { try decoder.decode(extended.withTrueChecksum()) }
            #expect(error?.code == .decompressionFailed)
        }
    }

    @Test("a checksum error shows the stored and the computed checksum")
    func errorText() throws {
        var bytes = RawBlock().bytes
        bytes[50] = 3
        let stored = Array(bytes.suffix(4)).reversed().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        let error = #expect(throws: BlockError.self) { try decoder.decode(bytes) }
        let text = try #require(error).description
        #expect(
            text.hasPrefix(
                "bad message block at byte 54: checksum of the block, expected 0x\(stored.joined()), actual 0x"
            )
        )
        let column = #expect(throws: BlockError.self) { try decoder.decode(RawBlock(columns: [0, 0, 3, 2]).bytes) }
        #expect(
            try #require(column).description == """
                bad message block at byte 2 of its decompressed body: length of message 0 passes the end of the payloads, \
                bytes left, expected 2, actual 3
                """
        )
    }
}
