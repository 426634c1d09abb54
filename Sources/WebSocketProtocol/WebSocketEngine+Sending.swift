package import MarketModel

extension WebSocketEngine {
    /// Bytes that ``encode(_:into:)`` writes for these messages, at most.
    package func frameBytes(for batch: MessageBatch) -> Int { frameBytes(for: batch, range: 0..<batch.count) }

    /// Bytes that ``encode(_:range:into:)`` writes for these messages of the batch; with compression, the maximum.
    package func frameBytes(for batch: MessageBatch, range: Range<Int>) -> Int {
        var total = 0
        for index in range {
            let length = batch.entries[index].length
            total += FrameHeader.bytes(payloadBytes: length, isMasked: role == .client) + length
        }
        return total
    }

    /// Writes one frame per message to the front of `output`, and returns the bytes written; see
    /// ``encode(_:range:into:)``.
    package mutating func encode(_ batch: MessageBatch, into output: UnsafeMutableRawBufferPointer) -> Int {
        encode(batch, range: 0..<batch.count, into: output)
    }

    /// Writes one frame per message to the front of `output`, and returns the bytes written.
    ///
    /// `output` must have room for ``frameBytes(for:range:)``. Times and directions in the batch are ignored. Messages
    /// are compressed if that was agreed on, they are long enough, and the result is shorter. Writes nothing unless
    /// ``canSend``, and nothing while a message is being sent in parts.
    package mutating func encode(
        _ batch: MessageBatch,
        range: Range<Int>,
        into output: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard canSend, outgoing == nil else { return 0 }
        precondition(output.count >= frameBytes(for: batch, range: range), "the output is too small for the frames")
        var offset = 0
        batch.bytes.withUnsafeBytes { bytes in
            for index in range {
                let entry = batch.entries[index]
                let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                let rest = UnsafeMutableRawBufferPointer(rebasing: output[offset...])
                let opcode = FrameOpcode(entry.kind)
                if payload.count >= deflatedBytesMin, let length = writeCompressed(opcode, payload, to: rest) {
                    offset += length
                    continue
                }
                let maskingKey = role == .client ? maskingKeys.next() : nil
                offset += Self.write(opcode, payload, maskingKey: maskingKey, to: rest)
            }
        }
        statistics.messagesSent &+= UInt64(range.count)
        statistics.bytesSent &+= UInt64(offset)
        return offset
    }

    /// Writes one frame to the front of `output`, which must have room; returns its length.
    @inline(__always)
    static func write(
        _ opcode: FrameOpcode,
        _ payload: UnsafeRawBufferPointer,
        maskingKey: UInt32?,
        to output: UnsafeMutableRawBufferPointer
    ) -> Int {
        let header = FrameHeader.write(opcode, payloadBytes: payload.count, maskingKey: maskingKey, to: output)
        let target = UnsafeMutableRawBufferPointer(rebasing: output[header..<header + payload.count])
        target.copyMemory(from: payload)
        if let maskingKey {
            var mask = PayloadMask(key: maskingKey)
            mask.apply(to: target)
        }
        return header + payload.count
    }
}
