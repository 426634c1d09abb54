/// LEB128: seven bits per byte, lowest first; the top bit is set on all bytes except the last.
enum Varint {
    /// Bytes of the longest varint, that of `UInt64.max`.
    static let bytesMax = 10

    /// Writes `value` and returns the position after it; the caller must provide ``bytesMax`` bytes.
    @inline(__always)
    static func write(_ value: UInt64, to target: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        var target = target
        var rest = value
        while rest >= 0x80 {
            target.pointee = UInt8(truncatingIfNeeded: rest) | 0x80
            target += 1
            rest >>= 7
        }
        target.pointee = UInt8(truncatingIfNeeded: rest)
        return target + 1
    }

    /// Maps small numbers of either sign to small unsigned numbers: 0, -1, 1, -2 to 0, 1, 2, 3 and so on.
    @inline(__always)
    static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: value << 1 ^ value >> 63)
    }

    @inline(__always)
    static func unzigzag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

/// Reads varints and bytes from the front of the columns, never beyond their end.
struct ColumnCursor {
    private let columns: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ columns: UnsafeRawBufferPointer) {
        self.columns = columns
    }

    var isAtEnd: Bool { position == columns.count }

    /// The next varint; `nil` if the columns end inside it, it has more than 64 bits, or it is not in its shortest
    /// form.
    @inline(__always)
    mutating func varint() -> UInt64? {
        guard position < columns.count else { return nil }
        let first = columns[position]
        guard first >= 0x80 else {
            position += 1
            return UInt64(first)
        }
        return longVarint()
    }

    private mutating func longVarint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var next = position
        while next < columns.count, shift < 64 {
            let byte = columns[next]
            next += 1
            let bits = UInt64(byte & 0x7F)
            if shift == 63, bits > 1 { return nil }
            value |= bits << shift
            if byte < 0x80 {
                guard byte != 0 || shift == 0 else { return nil }
                position = next
                return value
            }
            shift += 7
        }
        return nil
    }

    @inline(__always)
    mutating func byte() -> UInt8? {
        guard position < columns.count else { return nil }
        defer { position += 1 }
        return columns[position]
    }
}
