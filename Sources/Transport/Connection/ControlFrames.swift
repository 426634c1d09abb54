/// Splits the bytes of our engine's control frames into frames.
///
/// The frames are complete, have at most 125 bytes of payload (RFC 6455 §5.5), and are masked at the client.
struct ControlFrames: Sequence, IteratorProtocol {
    struct Frame {
        let opcode: UInt8
        let bytes: ArraySlice<UInt8>

        var isPong: Bool { opcode == 0xa }
        var isClose: Bool { opcode == 8 }

        /// Unmasked.
        var payload: [UInt8] {
            let start = bytes.startIndex
            let isMasked = bytes[start + 1] & 0x80 != 0
            let content = bytes[(start + (isMasked ? 6 : 2))...]
            guard isMasked else { return Array(content) }
            return content.enumerated().map { $1 ^ bytes[start + 2 + ($0 & 3)] }
        }
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func next() -> Frame? {
        guard rest.count >= 2 else { return nil }
        let start = rest.startIndex
        let length = Int(rest[start + 1] & 0x7f) + (rest[start + 1] & 0x80 != 0 ? 6 : 2)
        guard length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return Frame(opcode: rest[start] & 0x0f, bytes: rest.prefix(length))
    }
}
