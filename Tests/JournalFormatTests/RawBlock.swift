import JournalFormat

/// A block written field by field, for decoder input that no builder makes.
struct RawBlock {
    var magic: [UInt8] = Array("FRB1".utf8)
    var version: UInt8 = 1
    var codec: UInt8 = 0
    var reserved: UInt16 = 0
    var messageCount: UInt32 = 1
    var columnBytes: UInt32?
    var payloadBytes: UInt64?
    var tsFirst: Int64 = 5
    var firstMessageIndex: Int64 = 3
    var bodyBytes: UInt32?
    var reservedAtEnd: UInt32 = 0
    /// Index, time, length and flags of one text message of two bytes.
    var columns: [UInt8] = [0, 0, 2, 2]
    var payloads: [UInt8] = Array("hi".utf8)
    /// Replaces columns and payloads if set.
    var body: [UInt8]?

    /// The block with its correct checksum.
    var bytes: [UInt8] {
        let body = body ?? columns + payloads
        var bytes = magic + [version, codec]
        bytes.append(littleEndian: reserved)
        bytes.append(littleEndian: messageCount)
        bytes.append(littleEndian: columnBytes ?? UInt32(columns.count))
        bytes.append(littleEndian: payloadBytes ?? UInt64(payloads.count))
        bytes.append(littleEndian: tsFirst)
        bytes.append(littleEndian: firstMessageIndex)
        bytes.append(littleEndian: bodyBytes ?? UInt32(body.count))
        bytes.append(littleEndian: reservedAtEnd)
        bytes += body
        bytes.append(littleEndian: CRC32C.checksum(bytes))
        return bytes
    }
}

extension [UInt8] {
    mutating func append(littleEndian value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// The same bytes with the checksum at their end corrected.
    func withTrueChecksum() -> [UInt8] {
        var bytes = Array(dropLast(4))
        bytes.append(littleEndian: CRC32C.checksum(bytes))
        return bytes
    }
}
