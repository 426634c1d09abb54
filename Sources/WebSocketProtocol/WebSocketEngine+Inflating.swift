/// Compressed messages from the peer (RFC 7692 §7.2.2).
extension WebSocketEngine {
    /// Bytes that are unmasked at a time.
    private static let unmaskedBytesMax = 8 << 10

    mutating func beginInflating() throws(ProtocolViolation) {
        guard let deflate else { return }
        if inflater == nil {
            inflater = Inflater(keepsContext: deflate.keepsPeerContext(role))
        }
        guard let inflater else { throw .noMemory }
        inflater.begin()
    }

    /// Inflates the next piece of payload into the message; the piece is still masked if there is a mask.
    mutating func inflate(
        _ piece: UnsafeRawBufferPointer,
        mask: inout PayloadMask?,
        into output: inout EngineOutput
    ) throws(ProtocolViolation) {
        guard let inflater else { return }
        var rest = piece
        while !rest.isEmpty {
            let length = min(rest.count, mask == nil ? Int(Int32.max) : Self.unmaskedBytesMax)
            let next = UnsafeRawBufferPointer(rebasing: rest[..<length])
            rest = UnsafeRawBufferPointer(rebasing: rest[length...])
            guard mask != nil else {
                inflater.setInput(next)
                try takeInflated(from: inflater, into: &output)
                continue
            }
            unmasked.removeAll(keepingCapacity: true)
            unmasked.append(contentsOf: next)
            mask?.apply(to: &unmasked, from: 0)
            try inflateUnmasked(with: inflater, into: &output)
        }
    }

    private mutating func inflateUnmasked(
        with inflater: Inflater,
        into output: inout EngineOutput
    ) throws(ProtocolViolation) {
        // Swapped out, because the engine changes while zlib reads from the buffer.
        var lent: [UInt8] = []
        swap(&lent, &unmasked)
        defer { swap(&lent, &unmasked) }
        let result = lent.withUnsafeBytes { bytes in
            inflater.setInput(bytes)
            return Result { () throws(ProtocolViolation) in try takeInflated(from: inflater, into: &output) }
        }
        try result.get()
    }

    mutating func finishInflating(into output: inout EngineOutput) throws(ProtocolViolation) {
        guard let inflater else { return }
        inflater.setTail()
        try takeInflated(from: inflater, into: &output)
        try inflater.finish()
    }

    /// Stops at the limit before a byte beyond it is stored.
    private mutating func takeInflated(
        from inflater: Inflater,
        into output: inout EngineOutput
    ) throws(ProtocolViolation) {
        var noMask: PayloadMask?
        while let bytes = try inflater.next() {
            guard bytes.count <= limits.messageBytesMax - message.byteCount else {
                throw .tooLarge("message", bytesMax: limits.messageBytesMax)
            }
            try message.append(bytes, mask: &noMask, bytesMax: limits.messageBytesMax, to: &output)
        }
    }
}
