/// Writes the numbers of a checkpoint: varints of seven bits per byte, lowest first.
struct CheckpointWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func write(_ value: Int) { write(UInt64(truncatingIfNeeded: value)) }

    /// Small numbers of either sign become short.
    mutating func writeSigned(_ value: Int64) { write(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    mutating func write(byte: UInt8) { bytes.append(byte) }

    /// Four bytes, lowest first.
    mutating func write(fixed value: UInt32) {
        for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

/// Reads the numbers of a checkpoint, never beyond its end.
struct CheckpointReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var remaining: Int { bytes.endIndex - position }

    mutating func byte() throws(CheckpointError) -> UInt8 {
        guard position < bytes.endIndex else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    /// A varint in its shortest form.
    mutating func varint() throws(CheckpointError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            let bits = UInt64(byte & 0x7F)
            if shift == 63, bits > 1 { throw .malformed("a number has more than 64 bits") }
            value |= bits << shift
            guard byte < 0x80 else { continue }
            if byte == 0, shift > 0 { throw .malformed("a number is longer than necessary") }
            return value
        }
        throw .malformed("a number has more than 64 bits")
    }

    mutating func signed() throws(CheckpointError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A number of items, each of which needs at least `bytesEach` bytes of the remainder.
    mutating func count(bytesEach: Int) throws(CheckpointError) -> Int {
        let value = try varint()
        guard value <= UInt64(remaining / bytesEach) else { throw .truncated }
        return Int(value)
    }
}

/// Why bytes are not a checkpoint.
package enum CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
    case truncated
    case unknownVersion(UInt8)
    case checksum(expected: UInt32, found: UInt32)
    case malformed(String)

    package var description: String {
        switch self {
        case .truncated: "the checkpoint of the book ends too early"
        case .unknownVersion(let version): "the checkpoint of the book has the unknown version \(version)"
        case .checksum(let expected, let found):
            "the checkpoint of the book has the checksum \(found) instead of \(expected)"
        case .malformed(let reason): "the checkpoint of the book is damaged: \(reason)"
        }
    }
}
