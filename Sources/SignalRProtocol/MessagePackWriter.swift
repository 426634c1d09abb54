/// Appends MessagePack values, each in its shortest format.
package enum MessagePackWriter {
    static func appendNull(to output: inout [UInt8]) { output.append(0xc0) }

    static func append(_ value: Bool, to output: inout [UInt8]) { output.append(value ? 0xc3 : 0xc2) }

    static func append(_ value: UInt64, to output: inout [UInt8]) {
        switch value {
        case ...0x7f: output.append(UInt8(value))
        case ...0xff: append(0xcc, UInt8(value), to: &output)
        case ...0xffff: append(0xcd, UInt16(value), to: &output)
        case ...0xffff_ffff: append(0xce, UInt32(value), to: &output)
        default: append(0xcf, value, to: &output)
        }
    }

    static func append(_ value: Int64, to output: inout [UInt8]) {
        switch value {
        case 0...: append(UInt64(value), to: &output)
        case (-32)...: output.append(UInt8(bitPattern: Int8(value)))
        case Int64(Int8.min)...: append(0xd0, Int8(value), to: &output)
        case Int64(Int16.min)...: append(0xd1, Int16(value), to: &output)
        case Int64(Int32.min)...: append(0xd2, Int32(value), to: &output)
        default: append(0xd3, value, to: &output)
        }
    }

    static func append(_ value: Double, to output: inout [UInt8]) {
        append(0xcb, value.bitPattern, to: &output)
    }

    /// Appends text, which must be UTF-8.
    package static func appendString(_ bytes: some Collection<UInt8>, to output: inout [UInt8]) {
        switch bytes.count {
        case ...31: output.append(0xa0 | UInt8(bytes.count))
        case ...0xff: append(0xd9, UInt8(bytes.count), to: &output)
        case ...0xffff: append(0xda, UInt16(bytes.count), to: &output)
        default: append(0xdb, UInt32(clamping: bytes.count), to: &output)
        }
        output.append(contentsOf: bytes)
    }

    static func appendArrayHead(_ count: Int, to output: inout [UInt8]) {
        appendHead(count, short: 0x90, long: 0xdc, to: &output)
    }

    /// Begins an array of unknown length with the head of an empty one; returns its position.
    static func beginArray(_ output: inout [UInt8]) -> Int { begin(0x90, &output) }

    /// Begins a map of unknown length with the head of an empty one; returns its position.
    static func beginMap(_ output: inout [UInt8]) -> Int { begin(0x80, &output) }

    /// Writes the length of the array that begins at `start`.
    static func endArray(at start: Int, count: Int, _ output: inout [UInt8]) {
        end(at: start, count: count, short: 0x90, long: 0xdc, &output)
    }

    /// Writes the length of the map that begins at `start`.
    static func endMap(at start: Int, count: Int, _ output: inout [UInt8]) {
        end(at: start, count: count, short: 0x80, long: 0xde, &output)
    }

    // MARK: Inside

    private static func begin(_ head: UInt8, _ output: inout [UInt8]) -> Int {
        output.append(head)
        return output.count - 1
    }

    private static func end(at start: Int, count: Int, short: UInt8, long: UInt8, _ output: inout [UInt8]) {
        guard count > 15 else {
            output[start] = short | UInt8(count)
            return
        }
        var head: [UInt8] = []
        appendHead(count, short: short, long: long, to: &head)
        output.replaceSubrange(start...start, with: head)
    }

    private static func appendHead(_ count: Int, short: UInt8, long: UInt8, to output: inout [UInt8]) {
        switch count {
        case ...15: output.append(short | UInt8(count))
        case ...0xffff: append(long, UInt16(count), to: &output)
        default: append(long + 1, UInt32(clamping: count), to: &output)
        }
    }

    private static func append(_ format: UInt8, _ value: some FixedWidthInteger, to output: inout [UInt8]) {
        output.append(format)
        withUnsafeBytes(of: value.bigEndian) { output.append(contentsOf: $0) }
    }
}
