/// Finds the messages in the payloads of binary WebSocket messages, one after another.
///
/// Each message is preceded by its length in bytes as a VarInt: 7 bits per byte, least significant first, at most five
/// bytes (HubProtocol.md, "MessagePack Encoding": framing). A payload contains any number of messages, and a message
/// may continue in the next payload.
package struct HubMessagePackScanner: Sendable {
    package enum Step {
        /// The position of the next message in the payload, without its length.
        case message(Range<Int>)
        /// A message that came in several payloads.
        case joined([UInt8])
        /// A message of this many bytes is skipped, because it is longer than ``bytesMax``.
        case tooLong(Int)
        /// The payload has no further message.
        case end
    }

    /// The largest length (`int` in .NET).
    private static let lengthMax = Int(Int32.max)

    /// Longest message in bytes.
    package let bytesMax: Int
    /// The start of an incomplete message, with its length.
    private var carry: [UInt8] = []
    /// Remaining bytes of a message that is being skipped.
    private var skipCount = 0

    package init(bytesMax: Int = 16 << 20) {
        self.bytesMax = bytesMax
    }

    /// True between the payloads of a split message.
    package var isPending: Bool { skipCount > 0 || !carry.isEmpty }

    /// Returns the next message of `payload` from `position` on, and moves `position` after it.
    ///
    /// Call it until it returns ``Step/end``, then continue with the next payload at 0. An error means an invalid
    /// length: nothing after it can be read.
    package mutating func next(
        in payload: UnsafeRawBufferPointer,
        at position: inout Int
    ) throws(MessagePackError) -> Step {
        if skipCount > 0 {
            let count = min(skipCount, payload.count - position)
            position += count
            skipCount -= count
        }
        guard position < payload.count else { return .end }
        guard carry.isEmpty else { return try join(payload, at: &position) }
        let rest = UnsafeRawBufferPointer(rebasing: payload[position...])
        guard let (length, start) = try Self.prefix(of: rest) else { return keep(rest, at: &position) }
        guard length <= bytesMax else {
            position += start
            skipCount = length
            return .tooLong(length)
        }
        guard length <= rest.count - start else { return keep(rest, at: &position) }
        let message = position + start..<position + start + length
        position = message.upperBound
        return .message(message)
    }

    // MARK: Inside

    private mutating func keep(_ rest: UnsafeRawBufferPointer, at position: inout Int) -> Step {
        carry.append(contentsOf: rest)
        position += rest.count
        return .end
    }

    /// Continues the message whose start was kept.
    private mutating func join(
        _ payload: UnsafeRawBufferPointer,
        at position: inout Int
    ) throws(MessagePackError) -> Step {
        var prefix = try Self.prefix(of: carry)
        while prefix == nil, position < payload.count {
            carry.append(payload[position])
            position += 1
            prefix = try Self.prefix(of: carry)
        }
        guard let (length, start) = prefix else { return .end }
        let missing = length - (carry.count - start)
        guard length <= bytesMax else {
            carry = []
            skipCount = missing
            return .tooLong(length)
        }
        let count = min(missing, payload.count - position)
        carry.append(contentsOf: payload[position..<position + count])
        position += count
        guard count == missing else { return .end }
        let message = Array(carry[start...])
        carry = []
        return .joined(message)
    }

    /// The length at the start of `bytes` and the position after it; `nil` if it is incomplete.
    private static func prefix(
        of bytes: some Collection<UInt8>
    ) throws(MessagePackError) -> (length: Int, start: Int)? {
        var length = 0
        for (index, byte) in bytes.prefix(5).enumerated() {
            length |= Int(byte & 0x7f) << (7 * index)
            guard byte & 0x80 == 0 else { continue }
            guard length <= lengthMax else {
                throw MessagePackError(offset: index, detail: "a length of more than 2 GiB")
            }
            return (length, index + 1)
        }
        guard bytes.count < 5 else { throw MessagePackError(offset: 4, detail: "a length of more than five bytes") }
        return nil
    }
}
