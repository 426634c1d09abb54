/// Compression of outgoing messages (RFC 7692 §7.2.1).
extension WebSocketEngine {
    /// Writes one compressed frame to the front of `output`, which must have room for the uncompressed one.
    ///
    /// Returns its length, or `nil` if the message should be sent uncompressed.
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
        // A shorter payload may have a shorter header.
        let target = UnsafeMutableRawBufferPointer(rebasing: output[header..<header + length])
        if header != room { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: space[..<length])) }
        if let maskingKey {
            var mask = PayloadMask(key: maskingKey)
            mask.apply(to: target)
        }
        return header + length
    }

    /// The connection's compressor; `nil` without an agreement, or if there is no memory.
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
