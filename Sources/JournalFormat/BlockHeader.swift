/// Limits of a block, which bound a reader's memory for any file.
package enum BlockLimits {
    /// Payload bytes of all messages in a block.
    package static let payloadBytesMax = 64 << 20
    package static let messageCountMax = 1 << 20
    /// Bytes of one message in the columns.
    ///
    /// At least four; at most two varints of 64 bits, one of 28 bits (a length is at most ``payloadBytesMax``) and the
    /// flags.
    static let columnBytesPerMessage = 4...25
}

/// How the body of a block is stored.
package enum BlockCodec: UInt8, Hashable, Sendable {
    /// Uncompressed; also used if compression would not make the body smaller.
    case none = 0
    /// One zstd frame (RFC 8878) with content size and content checksum.
    case zstd = 1
}

/// The fixed part of a message block, version 1.
///
/// All integers are little-endian:
///
///      0  magic "FRB1"          16  payload bytes u64        40  body bytes u32
///      4  version u8 = 1        24  time of the first        44  reserved u32 = 0
///      5  codec u8                  message i64, ns          48  body
///      6  reserved u16 = 0      32  index of the first        …  CRC-32C u32 of
///      8  message count u32         message i64, >= 0            all bytes before it
///     12  column bytes u32
///
/// The decompressed body is four columns and the payloads, each for all messages in order, without gaps:
///
///     index    varint        increase over the message before, >= 1; 0 for the first
///     time     zigzag varint difference from the message before, modulo 2^64, ns; 0 for the first
///     length   varint        payload bytes
///     flags    u8            bit 0: sent (else received); bits 1-2: 1 text, 2 binary; bit 3: redacted;
///                                    bits 4-7: 0
///
/// A varint is LEB128 of at most 64 bits in its shortest form, so that equal content has equal bytes.
package struct BlockHeader: Hashable, Sendable {
    package static let magic: UInt32 = 0x3142_5246
    package static let version: UInt8 = 1
    package static let bytes = 48
    package static let checksumBytes = 4

    package var codec: BlockCodec
    package var messageCount: Int
    package var columnBytes: Int
    package var payloadBytes: Int
    /// Time of the first message in recording order, which need not be the earliest.
    package var tsFirst: Int64
    package var firstMessageIndex: Int64
    /// Bytes of the body as stored.
    package var bodyBytes: Int

    /// Bytes of the whole block.
    package var blockBytes: Int { Self.bytes + bodyBytes + Self.checksumBytes }
}

extension BlockHeader {
    /// Parses and checks the header of `block`, which must be exactly one block, and verifies its checksum.
    ///
    /// The version is checked before the checksum, because a newer version may store the checksum elsewhere.
    package init(reading block: UnsafeRawBufferPointer) throws(BlockError) {
        let blockBytesMin = Self.bytes + Self.checksumBytes
        guard block.count >= blockBytesMin else {
            throw .mismatch(.truncated, block.count, blockBytesMin, block.count, "too short for header and checksum")
        }
        let magic: UInt32 = block.littleEndian(at: 0)
        guard magic == Self.magic else {
            throw .mismatch(.wrongMagic, 0, Int(Self.magic), Int(magic), "not a message block, magic number")
        }
        guard block[4] == Self.version else {
            throw .mismatch(.unsupportedVersion, 4, Int(Self.version), Int(block[4]), "unsupported format version")
        }
        try Self.checkSizeAndChecksum(block)
        self = try BlockHeader(fieldsOf: block)
        try checkSizes()
    }

    private static func checkSizeAndChecksum(_ block: UnsafeRawBufferPointer) throws(BlockError) {
        let bodyBytes: UInt32 = block.littleEndian(at: 40)
        let expected = bytes + Int(bodyBytes) + checksumBytes
        guard block.count >= expected else {
            throw .mismatch(.truncated, block.count, expected, block.count, "block ends early, bytes")
        }
        guard block.count == expected else {
            throw .mismatch(.trailingBytes, expected, expected, block.count, "bytes after the checksum, block bytes")
        }
        let stored: UInt32 = block.littleEndian(at: block.count - checksumBytes)
        let computed = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: block.dropLast(checksumBytes)))
        guard stored == computed else {
            let offset = block.count - checksumBytes
            throw .mismatch(.checksumMismatch, offset, Int(stored), Int(computed), "checksum of the block")
        }
    }

    private init(fieldsOf block: UnsafeRawBufferPointer) throws(BlockError) {
        guard let codec = BlockCodec(rawValue: block[5]) else {
            throw .mismatch(.unsupportedCodec, 5, Int(BlockCodec.zstd.rawValue), Int(block[5]), "unknown codec")
        }
        let reserved: (UInt16, UInt32) = (block.littleEndian(at: 6), block.littleEndian(at: 44))
        guard reserved == (0, 0) else {
            let offset = reserved.0 == 0 ? 44 : 6
            throw .mismatch(.invalidHeader, offset, 0, Int(reserved.0) | Int(reserved.1), "reserved field in use")
        }
        let payloadBytes: UInt64 = block.littleEndian(at: 16)
        guard payloadBytes <= BlockLimits.payloadBytesMax else {
            let limit = UInt64(BlockLimits.payloadBytesMax)
            throw BlockError(.limitExceeded, byteOffset: 16, expected: limit, actual: payloadBytes, "payload bytes")
        }
        self.init(
            codec: codec,
            messageCount: Int(block.littleEndian(at: 8) as UInt32),
            columnBytes: Int(block.littleEndian(at: 12) as UInt32),
            payloadBytes: Int(payloadBytes),
            tsFirst: block.littleEndian(at: 24),
            firstMessageIndex: block.littleEndian(at: 32),
            bodyBytes: Int(block.littleEndian(at: 40) as UInt32)
        )
    }

    /// Checks that the sizes are consistent, before any memory is allocated for them.
    private func checkSizes() throws(BlockError) {
        guard messageCount > 0 else {
            throw .mismatch(.invalidHeader, 8, 1, 0, "no message in the block, message count")
        }
        guard messageCount <= BlockLimits.messageCountMax else {
            throw .mismatch(.limitExceeded, 8, BlockLimits.messageCountMax, messageCount, "message count")
        }
        let perMessage = BlockLimits.columnBytesPerMessage
        let columnRange = messageCount * perMessage.lowerBound...messageCount * perMessage.upperBound
        guard columnRange.contains(columnBytes) else {
            let bound = columnBytes < columnRange.lowerBound ? columnRange.lowerBound : columnRange.upperBound
            throw .mismatch(.invalidHeader, 12, bound, columnBytes, "column bytes for \(messageCount) messages")
        }
        guard firstMessageIndex >= 0 else {
            throw BlockError(.invalidHeader, byteOffset: 32, "negative message index \(firstMessageIndex)")
        }
        guard codec != .none || bodyBytes == columnBytes + payloadBytes else {
            throw .mismatch(.invalidHeader, 40, columnBytes + payloadBytes, bodyBytes, "body bytes, uncompressed")
        }
    }

    /// Writes the header to the front of `block`, which has room for it.
    func write(to block: UnsafeMutableRawBufferPointer) {
        precondition(block.count >= Self.bytes)
        block.storeLittleEndian(Self.magic, at: 0)
        block.storeLittleEndian(Self.version, at: 4)
        block.storeLittleEndian(codec.rawValue, at: 5)
        block.storeLittleEndian(UInt16(0), at: 6)
        block.storeLittleEndian(UInt32(messageCount), at: 8)
        block.storeLittleEndian(UInt32(columnBytes), at: 12)
        block.storeLittleEndian(UInt64(payloadBytes), at: 16)
        block.storeLittleEndian(tsFirst, at: 24)
        block.storeLittleEndian(firstMessageIndex, at: 32)
        block.storeLittleEndian(UInt32(bodyBytes), at: 40)
        block.storeLittleEndian(UInt32(0), at: 44)
    }
}

extension BlockError {
    /// An error about a number with a wrong value.
    static func mismatch(
        _ code: Code,
        _ byteOffset: Int,
        _ expected: Int,
        _ actual: Int,
        _ detail: String
    ) -> BlockError {
        BlockError(
            code,
            byteOffset: byteOffset,
            expected: UInt64(clamping: expected),
            actual: UInt64(clamping: actual),
            detail
        )
    }
}

extension UnsafeRawBufferPointer {
    /// The integer at `offset`; the caller has checked the bounds.
    func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    func storeLittleEndian(_ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
    }
}
