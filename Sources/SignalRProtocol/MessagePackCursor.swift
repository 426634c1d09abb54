/// Bytes that are not valid MessagePack, or not a valid hub message.
package struct MessagePackError: Error, Hashable, CustomStringConvertible {
    /// Position of the error, in bytes from the start of the message.
    package let offset: Int
    package let detail: String

    package var description: String { "bad MessagePack at byte \(offset): \(detail)" }
}

/// Reads MessagePack items front to back, without copies (github.com/msgpack/msgpack, spec.md).
///
/// A container is an item that gives the number of items that follow. Slices are valid as long as the input bytes.
package struct MessagePackCursor {
    /// Deeper nesting is an error, so that hostile input cannot exhaust the stack.
    package static let depthMax = 128

    package enum Item {
        case null
        case boolean(Bool)
        case signed(Int64)
        case unsigned(UInt64)
        case float32(Float)
        case float64(Double)
        /// Should be UTF-8, but is not checked.
        case string(UnsafeRawBufferPointer)
        case binary(UnsafeRawBufferPointer)
        /// This many items follow; at least this many bytes are left.
        case array(Int)
        /// This many pairs of items follow; at least twice as many bytes are left.
        case map(Int)
        case ext(type: Int8, UnsafeRawBufferPointer)
    }

    package let bytes: UnsafeRawBufferPointer
    /// Offset of the next unread byte.
    package private(set) var position = 0

    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    package var isAtEnd: Bool { position == bytes.count }

    /// Reads the next item.
    package mutating func next() throws(MessagePackError) -> Item {
        guard position < bytes.count else { throw failure("the message ends where a value should be") }
        let format = bytes[position]
        position += 1
        switch format {
        case 0x00...0x7f: return .unsigned(UInt64(format))
        case 0x80...0x8f: return try map(Int(format & 0x0f))
        case 0x90...0x9f: return try array(Int(format & 0x0f))
        case 0xa0...0xbf: return .string(try take(Int(format & 0x1f)))
        case 0xe0...0xff: return .signed(Int64(Int8(bitPattern: format)))
        default: return try longer(format)
        }
    }

    /// Skips one complete value, including everything in it.
    package mutating func skipValue() throws(MessagePackError) {
        // Every item counted here takes at least one byte, so the sum stays small.
        var pending = 1
        while pending > 0 {
            pending -= 1
            switch try next() {
            case .array(let count): pending += count
            case .map(let count): pending += 2 * count
            default: break
            }
        }
    }

    package func failure(_ detail: String) -> MessagePackError {
        MessagePackError(offset: position, detail: detail)
    }

    // MARK: Inside

    /// The formats 0xc0 to 0xdf.
    private mutating func longer(_ format: UInt8) throws(MessagePackError) -> Item {
        switch format {
        case 0xc0: return .null
        case 0xc2, 0xc3: return .boolean(format == 0xc3)
        case 0xc4: return .binary(try take(try length(UInt8.self)))
        case 0xc5: return .binary(try take(try length(UInt16.self)))
        case 0xc6: return .binary(try take(try length(UInt32.self)))
        case 0xc7: return try ext(try length(UInt8.self))
        case 0xc8: return try ext(try length(UInt16.self))
        case 0xc9: return try ext(try length(UInt32.self))
        case 0xca: return .float32(Float(bitPattern: try integer(UInt32.self)))
        case 0xcb: return .float64(Double(bitPattern: try integer(UInt64.self)))
        case 0xcc: return .unsigned(UInt64(try integer(UInt8.self)))
        case 0xcd: return .unsigned(UInt64(try integer(UInt16.self)))
        case 0xce: return .unsigned(UInt64(try integer(UInt32.self)))
        case 0xcf: return .unsigned(try integer(UInt64.self))
        case 0xd0: return .signed(Int64(try integer(Int8.self)))
        case 0xd1: return .signed(Int64(try integer(Int16.self)))
        case 0xd2: return .signed(Int64(try integer(Int32.self)))
        case 0xd3: return .signed(try integer(Int64.self))
        case 0xd4...0xd8: return try ext(1 << Int(format - 0xd4))
        case 0xd9: return .string(try take(try length(UInt8.self)))
        case 0xda: return .string(try take(try length(UInt16.self)))
        case 0xdb: return .string(try take(try length(UInt32.self)))
        case 0xdc: return try array(try length(UInt16.self))
        case 0xdd: return try array(try length(UInt32.self))
        case 0xde: return try map(try length(UInt16.self))
        case 0xdf: return try map(try length(UInt32.self))
        default: throw failure("0xc1 is not a format")
        }
    }

    private mutating func integer<Number: FixedWidthInteger>(_: Number.Type) throws(MessagePackError) -> Number {
        let size = MemoryLayout<Number>.size
        guard bytes.count - position >= size else { throw failure("the message ends inside a number") }
        defer { position += size }
        return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
    }

    private mutating func length<Number: FixedWidthInteger>(_ type: Number.Type) throws(MessagePackError) -> Int {
        Int(try integer(type))
    }

    private mutating func take(_ count: Int) throws(MessagePackError) -> UnsafeRawBufferPointer {
        guard bytes.count - position >= count else { throw failure("the message ends inside a value") }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    private mutating func ext(_ count: Int) throws(MessagePackError) -> Item {
        let type = try integer(Int8.self)
        return .ext(type: type, try take(count))
    }

    private func array(_ count: Int) throws(MessagePackError) -> Item {
        guard count <= bytes.count - position else { throw failure("an array of more elements than bytes") }
        return .array(count)
    }

    private func map(_ count: Int) throws(MessagePackError) -> Item {
        guard 2 * count <= bytes.count - position else { throw failure("a map of more members than bytes") }
        return .map(count)
    }
}
