/// The kinds of frame (RFC 6455 §11.8).
enum FrameOpcode: UInt8, Sendable, Hashable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    var isControl: Bool { rawValue >= 8 }
}

/// The front of a frame (RFC 6455 §5.2).
///
///     byte 0   FIN RSV1 RSV2 RSV3 | opcode (4)
///     byte 1   MASK | length (7): 0...125, or 126: 2 bytes follow, or 127: 8 bytes follow, big endian
///     then     the masking key, 4 bytes, if MASK
struct FrameHeader: Sendable, Hashable {
    static let bytesMax = 14
    static let controlBytesMax = 125

    let opcode: FrameOpcode
    let isFinal: Bool
    let mask: PayloadMask?
    let payloadBytes: Int
    /// Bytes of the header itself, 2...14.
    let headerBytes: Int

    /// Reads the header at the front of `input`; `nil` as long as it is not all there and nothing in it is wrong.
    @inline(__always)
    static func read(
        _ input: UnsafeRawBufferPointer,
        sentBy sender: WebSocketRole
    ) throws(ProtocolViolation) -> FrameHeader? {
        guard input.count >= 1 else { return nil }
        guard input[0] & 0x70 == 0 else { throw .protocolError("a frame with a reserved bit set") }
        guard let opcode = FrameOpcode(rawValue: input[0] & 0x0f) else {
            throw .protocolError("a frame with the unknown opcode \(input[0] & 0x0f)")
        }
        let isFinal = input[0] & 0x80 != 0
        guard isFinal || !opcode.isControl else { throw .protocolError("a fragmented control frame") }
        guard input.count >= 2 else { return nil }
        let isMasked = input[1] & 0x80 != 0
        guard isMasked == (sender == .client) else {
            throw .protocolError(isMasked ? "a masked frame from a server" : "an unmasked frame from a client")
        }
        let shortLength = Int(input[1] & 0x7f)
        guard shortLength <= controlBytesMax || !opcode.isControl else {
            throw .protocolError("a control frame longer than 125 bytes")
        }
        let maskOffset = shortLength < 126 ? 2 : shortLength == 126 ? 4 : 10
        guard input.count >= maskOffset else { return nil }
        let payloadBytes = shortLength < 126 ? shortLength : try longLength(input, bytes: maskOffset - 2)
        guard isMasked else {
            return FrameHeader(
                opcode: opcode,
                isFinal: isFinal,
                mask: nil,
                payloadBytes: payloadBytes,
                headerBytes: maskOffset
            )
        }
        guard input.count >= maskOffset + 4 else { return nil }
        let key = UInt32(littleEndian: input.loadUnaligned(fromByteOffset: maskOffset, as: UInt32.self))
        return FrameHeader(
            opcode: opcode,
            isFinal: isFinal,
            mask: PayloadMask(key: key),
            payloadBytes: payloadBytes,
            headerBytes: maskOffset + 4
        )
    }

    /// The length in the 2 or 8 bytes behind the first two; it must not fit a shorter form.
    private static func longLength(_ input: UnsafeRawBufferPointer, bytes: Int) throws(ProtocolViolation) -> Int {
        if bytes == 2 {
            let length = Int(UInt16(bigEndian: input.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            guard length > 125 else { throw .protocolError("a length of \(length) in 2 bytes instead of 7 bits") }
            return length
        }
        let length = UInt64(bigEndian: input.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
        guard length > 0xffff else { throw .protocolError("a length of \(length) in 8 bytes instead of fewer") }
        guard let length = Int(exactly: length) else { throw .protocolError("a length with its top bit set") }
        return length
    }

    /// Header bytes that ``write(_:payloadBytes:mask:to:)`` will write.
    @inline(__always)
    static func bytes(payloadBytes: Int, isMasked: Bool) -> Int {
        (payloadBytes < 126 ? 2 : payloadBytes <= 0xffff ? 4 : 10) + (isMasked ? 4 : 0)
    }

    /// Writes the header of an unfragmented frame to the front of `output`, which must have room; returns its length.
    @inline(__always)
    static func write(
        _ opcode: FrameOpcode,
        payloadBytes: Int,
        maskingKey: UInt32?,
        to output: UnsafeMutableRawBufferPointer
    ) -> Int {
        let maskBit: UInt8 = maskingKey == nil ? 0 : 0x80
        var offset = 2
        output[0] = 0x80 | opcode.rawValue
        if payloadBytes < 126 {
            output[1] = maskBit | UInt8(truncatingIfNeeded: payloadBytes)
        } else if payloadBytes <= 0xffff {
            output[1] = maskBit | 126
            output.storeBytes(of: UInt16(truncatingIfNeeded: payloadBytes).bigEndian, toByteOffset: 2, as: UInt16.self)
            offset = 4
        } else {
            output[1] = maskBit | 127
            output.storeBytes(of: UInt64(payloadBytes).bigEndian, toByteOffset: 2, as: UInt64.self)
            offset = 10
        }
        guard let maskingKey else { return offset }
        output.storeBytes(of: maskingKey.littleEndian, toByteOffset: offset, as: UInt32.self)
        return offset + 4
    }
}
