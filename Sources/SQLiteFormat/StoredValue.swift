/// One value as SQLite stores it.
package enum StoredValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    /// Should be UTF-8, but is not checked.
    case text([UInt8])
    case blob([UInt8])
}

/// Decodes records, the content of rows (SQLite "Database File Format" §2.1).
package enum RecordDecoder {
    /// More columns than any table of a recording has; a header with more is damaged.
    package static let columnsMax = 256

    /// The values of `record`; `nil` if its header and its length contradict each other.
    package static func values(of record: [UInt8]) -> [StoredValue]? {
        record.withUnsafeBytes { values(of: $0) }
    }

    static func values(of record: UnsafeRawBufferPointer) -> [StoredValue]? {
        guard let (headerBytes, start) = Varint.read(record, at: 0), headerBytes <= record.count,
            headerBytes >= start
        else { return nil }
        var position = start
        var body = Int(headerBytes)
        var values: [StoredValue] = []
        while position < headerBytes {
            guard values.count < columnsMax, let (type, next) = Varint.read(record, at: position), next <= headerBytes,
                let value = value(of: type, in: record, at: &body)
            else { return nil }
            values.append(value)
            position = next
        }
        // Bytes after the last value are damage too.
        return body == record.count ? values : nil
    }

    /// The value of serial type `type` at `position`, which is moved after it.
    private static func value(
        of type: Int64,
        in record: UnsafeRawBufferPointer,
        at position: inout Int
    ) -> StoredValue? {
        switch type {
        case 0: return .null
        case 1...6:
            let count = [1, 2, 3, 4, 6, 8][Int(type) - 1]
            return integer(record, &position, bytes: count).map { .integer($0) }
        case 7:
            return integer(record, &position, bytes: 8).map { .real(Double(bitPattern: UInt64(bitPattern: $0))) }
        case 8: return .integer(0)
        case 9: return .integer(1)
        case 12...:
            let count = (type - 12) / 2
            guard count <= record.count - position else { return nil }
            let bytes = Array(record[position..<position + Int(count)])
            position += Int(count)
            return type.isMultiple(of: 2) ? .blob(bytes) : .text(bytes)
        default: return nil
        }
    }

    /// Reads a signed big-endian integer.
    private static func integer(_ record: UnsafeRawBufferPointer, _ position: inout Int, bytes: Int) -> Int64? {
        guard bytes <= record.count - position else { return nil }
        var value: Int64 = record[position] & 0x80 == 0 ? 0 : -1
        for offset in 0..<bytes { value = value << 8 | Int64(record[position + offset]) }
        position += bytes
        return value
    }
}

/// SQLite's variable-length integers: big-endian, seven bits per byte, eight in the ninth.
enum Varint {
    /// The value at `position` and the position after it; `nil` if the bytes end before it is complete.
    static func read(_ bytes: UnsafeRawBufferPointer, at position: Int) -> (value: Int64, next: Int)? {
        var value: UInt64 = 0
        for offset in 0..<9 {
            guard position >= 0, position + offset < bytes.count else { return nil }
            let byte = bytes[position + offset]
            if offset == 8 { return (Int64(bitPattern: value << 8 | UInt64(byte)), position + 9) }
            value = value << 7 | UInt64(byte & 0x7F)
            if byte & 0x80 == 0 { return (Int64(bitPattern: value), position + offset + 1) }
        }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    /// A big-endian 16-bit number; 0 outside of the bytes.
    func bigEndian16(at offset: Int) -> Int {
        guard offset >= 0, offset + 2 <= count else { return 0 }
        return Int(self[offset]) << 8 | Int(self[offset + 1])
    }

    /// A big-endian 32-bit number; 0 outside of the bytes.
    func bigEndian32(at offset: Int) -> UInt32 {
        guard offset >= 0, offset + 4 <= count else { return 0 }
        return UInt32(self[offset]) << 24 | UInt32(self[offset + 1]) << 16 | UInt32(self[offset + 2]) << 8
            | UInt32(self[offset + 3])
    }
}
