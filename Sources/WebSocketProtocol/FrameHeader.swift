import MarketModel

/// The opcodes of frames (RFC 6455 §11.8).
enum FrameOpcode: UInt8, Sendable, Hashable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    init(_ kind: MessageKind) {
        self = kind == .text ? .text : .binary
    }

    var isControl: Bool { rawValue >= 8 }
}

/// The header of a frame (RFC 6455 §5.2).
///
///     byte 0   FIN RSV1 RSV2 RSV3 | opcode (4)
///     byte 1   MASK | length (7): 0...125, or 126: 2 bytes follow, or 127: 8 bytes follow, big endian
///     then     the masking key, 4 bytes, if MASK
struct FrameHeader: Sendable, Hashable {
    static let bytesMax = 14
    static let controlBytesMax = 125

    let opcode: FrameOpcode
    let isFinal: Bool
    /// RSV1 on the first frame of a message: the whole message is compressed (RFC 7692 §6).
    let isCompressed: Bool
    let mask: PayloadMask?
    let payloadBytes: Int
    /// Bytes of the header itself, 2...14.
    let headerBytes: Int

    private static let compressedBit: UInt8 = 0x40

    /// Parses the header at the front of `input`; `nil` while it is incomplete and valid so far.
    ///
    /// The reserved bits must be 0, except RSV1 on the first frame of a message if `mayBeCompressed`.
    @inline(__always)
    static func read(
        _ input: UnsafeRawBufferPointer,
        sentBy sender: WebSocketRole,
        mayBeCompressed: Bool
    ) throws(ProtocolViolation) -> FrameHeader? {
        guard input.count >= 1 else { return nil }
        if input[0] & 0x70 != 0 { try checkReservedBits(input[0], mayBeCompressed: mayBeCompressed) }
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
                isCompressed: input[0] & compressedBit != 0,
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
            isCompressed: input[0] & compressedBit != 0,
            mask: PayloadMask(key: key),
            payloadBytes: payloadBytes,
            headerBytes: maskOffset + 4
        )
    }

    private static func checkReservedBits(_ byte: UInt8, mayBeCompressed: Bool) throws(ProtocolViolation) {
        guard byte & 0x70 == compressedBit, mayBeCompressed else {
            throw .protocolError("a frame with a reserved bit set")
        }
        // Opcode 0 continues a message; 8 and above are control frames (RFC 7692 §6.1).
        guard byte & 0x0f != 0, byte & 0x08 == 0 else {
            throw .protocolError("the compression bit is set on a frame that does not start a message")
        }
    }

    /// The length in the 2 or 8 bytes after the first two; throws if it fits a shorter form.
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

    /// Length of the header that ``write(_:isFinal:isCompressed:payloadBytes:maskingKey:to:)`` writes.
    @inline(__always)
    static func bytes(payloadBytes: Int, isMasked: Bool) -> Int {
        (payloadBytes < 126 ? 2 : payloadBytes <= 0xffff ? 4 : 10) + (isMasked ? 4 : 0)
    }

    /// Writes a frame header to the front of `output`, which must have room; returns its length.
    @inline(__always)
    static func write(
        _ opcode: FrameOpcode,
        isFinal: Bool = true,
        isCompressed: Bool = false,
        payloadBytes: Int,
        maskingKey: UInt32?,
        to output: UnsafeMutableRawBufferPointer
    ) -> Int {
        let maskBit: UInt8 = maskingKey == nil ? 0 : 0x80
        var offset = 2
        output[0] = (isFinal ? 0x80 : 0) | (isCompressed ? compressedBit : 0) | opcode.rawValue
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
