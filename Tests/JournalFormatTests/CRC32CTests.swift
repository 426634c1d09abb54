import MarketModel
import JournalFormat
import Testing

struct CRC32CTests {
    /// The PDU of the last example, an iSCSI SCSI Read (10) command.
    private static let readCommand: [UInt8] = [
        0x01, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18,
        0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    ]

    private static let published: [(bytes: [UInt8], checksum: UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        ([UInt8](0..<32), 0x46DD_794E),
        ((0..<32).reversed(), 0x113F_DB5C),
        (readCommand, 0xD996_3A56),
        (Array("123456789".utf8), 0xE306_9283),
        ([], 0),
    ]

    @Test("the examples of RFC 3720 B.4 give the published checksums", arguments: published.indices)
    func publishedVectors(index: Int) {
        let (bytes, expected) = Self.published[index]
        #expect(CRC32C.checksum(bytes) == expected)
    }

    @Test("every length and alignment gives the same as the bitwise definition", arguments: 0..<40)
    func matchesDefinition(count: Int) {
        var generator = SplitMix64(seed: UInt64(count))
        let bytes = (0..<count + 8).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes.withUnsafeBytes { buffer in
            for start in 0..<8 {
                let part = UnsafeRawBufferPointer(rebasing: buffer[start..<start + count])
                #expect(CRC32C.checksum(part) == definition(part))
            }
        }
    }

    @Test("a checksum can be continued at any position")
    func extending() {
        let bytes = [UInt8](0..<100)
        bytes.withUnsafeBytes { buffer in
            for split in 0...buffer.count {
                let front = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: buffer[..<split]))
                let whole = CRC32C.extend(front, with: UnsafeRawBufferPointer(rebasing: buffer[split...]))
                #expect(whole == CRC32C.checksum(buffer))
            }
        }
    }

    private func definition(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var crc: UInt32 = .max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1) * 0x82F6_3B78 }
        }
        return ~crc
    }
}
