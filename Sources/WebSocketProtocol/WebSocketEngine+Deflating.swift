/// Messages that we send compressed (RFC 7692 §7.2.1).
extension WebSocketEngine {
    /// Writes one compressed frame to the front of `output`, which must have room for the plain one; returns its length,
    /// or `nil` if the message is better sent plain.
    mutating func writeCompressed(
        _ opcode: FrameOpcode,
        _ payload: UnsafeRawBufferPointer,
        to output: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard payload.count <= Deflater.messageBytesMax, let deflater = openDeflater() else { return nil }
        let isMasked = role == .client
        let room = FrameHeader.bytes(payloadBytes: payload.count, isMasked: isMasked)
        let space = UnsafeMutableRawBufferPointer(rebasing: output[room..<room + payload.count])
        guard let length = deflater.compress(payload, into: space) else { return nil }
        let maskingKey = isMasked ? maskingKeys.next() : nil
        let header = FrameHeader.write(
            opcode,
            isCompressed: true,
            payloadBytes: length,
            maskingKey: maskingKey,
            to: output
        )
        // The header of the shorter payload can be shorter too.
        let target = UnsafeMutableRawBufferPointer(rebasing: output[header..<header + length])
        if header != room { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: space[..<length])) }
        if let maskingKey {
            var mask = PayloadMask(key: maskingKey)
            mask.apply(to: target)
        }
        return header + length
    }

    /// The connection's compressor; `nil` where none was agreed on, or there is no memory for one.
    mutating func openDeflater() -> Deflater? {
        guard let deflate else { return nil }
        if deflater == nil {
            deflater = Deflater(
                windowBits: deflate.ownWindowBits(role),
                keepsContext: deflate.keepsOwnContext(role),
                settings: deflate.settings
            )
        }
        return deflater
    }
}
