package import MarketModel

/// A message whose first part has been sent, but not its last.
struct OutgoingMessage: Sendable {
    let isCompressed: Bool
}

/// Sends one message in several frames (RFC 6455 §5.4).
extension WebSocketEngine {
    /// Whether a message is being sent in parts; until its last part only control frames may be sent.
    package var isSendingParts: Bool { outgoing != nil }

    /// Appends the next part of a message to `output`, as one frame, and returns true.
    ///
    /// The first part sets the message's kind; the kind of later parts is ignored. Parts of a text may end inside a
    /// character, but the whole must be UTF-8. The message is compressed if that was agreed on and its first part is
    /// long enough; each part can be inflated without waiting for the next. Returns false, and appends nothing, unless
    /// ``canSend``.
    package mutating func appendPart(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        isLast: Bool,
        to output: inout [UInt8]
    ) -> Bool {
        guard canSend else { return false }
        let opcode = outgoing == nil ? FrameOpcode(kind) : .continuation
        let isCompressed = outgoing?.isCompressed ?? (payload.count >= deflatedBytesMin && openDeflater() != nil)
        let start = output.count
        if isCompressed, let deflater {
            var compressed: [UInt8] = []
            var rest = payload
            while rest.count > Deflater.messageBytesMax {
                deflater.append(.init(rebasing: rest.prefix(Deflater.messageBytesMax)), isLast: false, to: &compressed)
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Deflater.messageBytesMax))
            }
            deflater.append(rest, isLast: isLast, to: &compressed)
            let isFirst = opcode != .continuation
            compressed.withUnsafeBytes {
                appendFrame(opcode, $0, isFinal: isLast, isCompressed: isFirst, to: &output)
            }
        } else {
            appendFrame(opcode, payload, isFinal: isLast, isCompressed: false, to: &output)
        }
        outgoing = isLast ? nil : OutgoingMessage(isCompressed: isCompressed)
        if isLast { statistics.messagesSent &+= 1 }
        statistics.bytesSent &+= UInt64(output.count - start)
        return true
    }

    private mutating func appendFrame(
        _ opcode: FrameOpcode,
        _ payload: UnsafeRawBufferPointer,
        isFinal: Bool,
        isCompressed: Bool,
        to output: inout [UInt8]
    ) {
        let maskingKey = role == .client ? maskingKeys.next() : nil
        let header = withUnsafeTemporaryAllocation(byteCount: FrameHeader.bytesMax, alignment: 1) { space in
            let length = FrameHeader.write(
                opcode,
                isFinal: isFinal,
                isCompressed: isCompressed,
                payloadBytes: payload.count,
                maskingKey: maskingKey,
                to: space
            )
            output.append(contentsOf: space[..<length])
            return output.count
        }
        output.append(contentsOf: payload)
        guard let maskingKey else { return }
        var mask = PayloadMask(key: maskingKey)
        mask.apply(to: &output, from: header)
    }
}
