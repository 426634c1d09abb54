/// The first 64 bytes of a journal segment, little-endian.
///
///     0   magic "FRJ1"            4   version u16, header bytes u16
///     8   number u64              16  epoch u32, reserved u32
///     24  segment bytes u64       32  zeros
///     60  CRC-32C u32 of bytes 0 to 59
///
/// Records follow, each at a multiple of 8. The number gives the order of the segments in the journal, and increases
/// each time a file is reused. Records carry the epoch, so that leftovers from the file's earlier uses are not taken
/// for records.
package struct JournalSegmentHeader: Hashable, Sendable {
    package static let byteCount = 64
    static let magic: UInt32 = 0x314A_5246
    static let version: UInt16 = 1

    package let number: UInt64
    /// Size of the whole segment, including the header.
    package let segmentBytes: UInt64

    package init(number: UInt64, segmentBytes: UInt64) {
        self.number = number
        self.segmentBytes = segmentBytes
    }

    /// Never 0, which is the content of fresh space.
    package var epoch: UInt32 { Self.epoch(of: number) }

    private static func epoch(of number: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: number) | 1 << 31 }

    /// Parses the header at the start of `bytes`; `nil` if there is no complete one of this version.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount else { return nil }
        let head = UnsafeRawBufferPointer(rebasing: bytes[..<60])
        guard bytes.integer(at: 0, as: UInt32.self) == Self.magic,
            bytes.integer(at: 4, as: UInt16.self) == Self.version,
            bytes.integer(at: 60, as: UInt32.self) == CRC32C.checksum(head)
        else { return nil }
        number = bytes.integer(at: 8, as: UInt64.self)
        segmentBytes = bytes.integer(at: 24, as: UInt64.self)
        guard bytes.integer(at: 16, as: UInt32.self) == epoch else { return nil }
    }

    /// Writes the header to the start of `memory`, which has room for it.
    package func write(to memory: UnsafeMutableRawBufferPointer) {
        precondition(memory.count >= Self.byteCount, "a segment has room for its header")
        for index in 0..<Self.byteCount { memory[index] = 0 }
        memory.store(Self.magic, at: 0)
        memory.store(Self.version, at: 4)
        memory.store(UInt16(Self.byteCount), at: 6)
        memory.store(number, at: 8)
        memory.store(epoch, at: 16)
        memory.store(segmentBytes, at: 24)
        memory.store(CRC32C.checksum(UnsafeRawBufferPointer(rebasing: memory[..<60])), at: 60)
    }
}

extension UnsafeRawBufferPointer {
    /// Loads a little-endian integer; the caller has checked the bounds.
    @inline(__always)
    func integer<Integer: FixedWidthInteger>(at offset: Int, as type: Integer.Type) -> Integer {
        Integer(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Stores a little-endian integer; the caller has checked the bounds.
    @inline(__always)
    func store(_ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
    }
}
