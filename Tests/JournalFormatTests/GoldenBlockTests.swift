import Foundation
import JournalFormat
import Testing

/// Files that every later version must read, or refuse, like version 1.
///
/// `FEEDREC_UPDATE_GOLDEN=1 swift test --filter GoldenBlockTests` writes them again.
struct GoldenBlockTests {
    private static let isUpdate = ProcessInfo.processInfo.environment["FEEDREC_UPDATE_GOLDEN"] == "1"
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden")

    /// Repetitive enough for zstd.
    private static let quotes = (0..<20).map { number in
        Sample(
            "{\"stream\":\"eurusd@quote\",\"b\":\"1.170\(10 + number)\",\"a\":\"1.170\(12 + number)\"}",
            time: 1_767_605_400_000_000_000 + Int64(number) * 1_000_003,
            index: 1_000_000 + Int64(number)
        )
    }

    private static let rejected: [(name: String, code: BlockError.Code)] = [
        ("reject_truncated", .truncated),
        ("reject_flipped_bit", .checksumMismatch),
        ("reject_newer_version", .unsupportedVersion),
        ("reject_wrong_count", .invalidColumn),
        ("reject_impossible_count", .invalidHeader),
        ("reject_wrong_payload_bytes", .decompressionFailed),
    ]

    private static func made(_ name: String) throws -> [UInt8] {
        let plain = try [Sample].small.block(with: nil)
        var block = plain
        switch name {
        case "plain": return plain
        case "zstd": return try quotes.block(with: ZstdCompressor(level: 1))
        case "reject_truncated": return Array(plain.dropLast(9))
        case "reject_flipped_bit":
            block[plain.count - 7] ^= 4
            return block
        case "reject_newer_version": block[4] = 2
        case "reject_wrong_count": block[8] = 3
        case "reject_impossible_count": block[10] = 8
        case "reject_wrong_payload_bytes":
            block = try quotes.block(with: ZstdCompressor(level: 1))
            block[16] &+= 1
        default: Issue.record("no golden file \(name)")
        }
        return block.withTrueChecksum()
    }

    private func golden(_ name: String) throws -> [UInt8] {
        let file = Self.directory.appendingPathComponent("\(name).v1.block")
        if Self.isUpdate { try Data(Self.made(name)).write(to: file) }
        return [UInt8](try Data(contentsOf: file))
    }

    @Test("an uncompressed block of version 1 is decoded, and encoded to the same bytes")
    func plain() throws {
        let block = try golden("plain")
        #expect(try BlockDecoder().decode(block).samples == .small)
        #expect(try [Sample].small.block(with: nil) == block)
    }

    /// Another libzstd may compress differently, so only decoding is checked.
    @Test("a compressed block of version 1 is decoded")
    func zstd() throws {
        let block = try golden("zstd")
        #expect(try BlockDecoder().decode(block).samples == Self.quotes)
        #expect(try block.withUnsafeBytes { try BlockHeader(reading: $0).codec } == .zstd)
    }

    @Test("damaged and foreign blocks are refused for the right reason", arguments: rejected.indices)
    func rejections(index: Int) throws {
        let (name, code) = Self.rejected[index]
        let block = try golden(name)
        let error = #expect(throws: BlockError.self, "\(name)") { try BlockDecoder().decode(block) }
        #expect(error?.code == code, "\(name)")
    }
}
