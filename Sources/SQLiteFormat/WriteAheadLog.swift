/// Reads a write-ahead log to find the database pages that it replaces (SQLite "WAL-mode file format").
///
/// Only committed frames count, and only up to the first frame with a wrong checksum.
package struct WriteAheadLog: Sendable {
    package static let headerBytes = 32
    package static let frameHeaderBytes = 24

    package let pageBytes: Int
    /// Offset of the newest committed content of each page, in bytes from the start of the log.
    package private(set) var offsets: [UInt32: Int] = [:]
    /// Size of the database in pages after the last commit; `nil` without a commit.
    package private(set) var pageCount: UInt32?

    private let isBigEndian: Bool
    private let salts: (UInt32, UInt32)
    private var sum: (UInt32, UInt32)
    private var uncommitted: [UInt32: Int] = [:]
    private var nextOffset = headerBytes
    private var isAtEnd = false

    /// Parses the header; `nil` if it is invalid or damaged.
    package init?(header: [UInt8]) {
        guard header.count >= Self.headerBytes else { return nil }
        let fields: (UInt32, Int, UInt32, UInt32, UInt32, UInt32) = header.withUnsafeBytes {
            (
                $0.bigEndian32(at: 0), Int($0.bigEndian32(at: 8)), $0.bigEndian32(at: 16), $0.bigEndian32(at: 20),
                $0.bigEndian32(at: 24), $0.bigEndian32(at: 28)
            )
        }
        guard fields.0 & ~1 == 0x377F_0682, (512...65_536).contains(fields.1), fields.1 & (fields.1 - 1) == 0 else {
            return nil
        }
        isBigEndian = fields.0 & 1 == 1
        pageBytes = fields.1
        salts = (fields.2, fields.3)
        sum = header.withUnsafeBytes { Self.checksum($0, 0..<24, fields.0 & 1 == 1, (0, 0)) }
        guard sum == (fields.4, fields.5) else { return nil }
    }

    /// Bytes of a frame: its header and a page.
    package var frameBytes: Int { Self.frameHeaderBytes + pageBytes }

    /// Takes the next frame; returns false, and stops, if it is not part of the log.
    package mutating func take(frame: [UInt8]) -> Bool {
        guard !isAtEnd, frame.count == frameBytes else { return false }
        let isValid = frame.withUnsafeBytes { bytes in
            guard bytes.bigEndian32(at: 8) == salts.0, bytes.bigEndian32(at: 12) == salts.1 else { return false }
            sum = Self.checksum(bytes, 0..<8, isBigEndian, sum)
            sum = Self.checksum(bytes, Self.frameHeaderBytes..<bytes.count, isBigEndian, sum)
            guard sum == (bytes.bigEndian32(at: 16), bytes.bigEndian32(at: 20)) else { return false }
            uncommitted[bytes.bigEndian32(at: 0)] = nextOffset + Self.frameHeaderBytes
            let committedPages = bytes.bigEndian32(at: 4)
            if committedPages > 0 {
                offsets.merge(uncommitted) { _, newer in newer }
                uncommitted.removeAll()
                pageCount = committedPages
            }
            return true
        }
        nextOffset += frameBytes
        isAtEnd = !isValid
        return isValid
    }

    private static func checksum(
        _ bytes: UnsafeRawBufferPointer,
        _ range: Range<Int>,
        _ isBigEndian: Bool,
        _ start: (UInt32, UInt32)
    ) -> (UInt32, UInt32) {
        var (first, second) = start
        for offset in stride(from: range.lowerBound, to: range.upperBound - 7, by: 8) {
            let one = bytes.bigEndian32(at: offset)
            let two = bytes.bigEndian32(at: offset + 4)
            first = first &+ (isBigEndian ? one : one.byteSwapped) &+ second
            second = second &+ (isBigEndian ? two : two.byteSwapped) &+ first
        }
        return (first, second)
    }
}
