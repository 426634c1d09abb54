import MarketModel

extension WebSocketEngine {
    private var peerRole: WebSocketRole { role == .client ? .server : .client }

    /// Takes a message that is one frame and all there: the usual case, straight from the input to the batch.
    ///
    /// False, and nothing taken, if the next frame is anything else.
    @inline(__always)
    mutating func takeWholeMessage(
        _ rest: inout UnsafeRawBufferPointer,
        receivedAt: UnixNanoseconds,
        into batch: inout MessageBatch
    ) throws(ProtocolViolation) -> Bool {
        guard partialHeader.isEmpty, message.kind == nil, let header = try FrameHeader.read(rest, sentBy: peerRole),
            header.isFinal, let kind = MessageKind(rawValue: header.opcode.rawValue),
            header.payloadBytes <= rest.count - header.headerBytes
        else { return false }
        try checkSize(header)
        let end = header.headerBytes + header.payloadBytes
        let payload = UnsafeRawBufferPointer(rebasing: rest[header.headerBytes..<end])
        rest = UnsafeRawBufferPointer(rebasing: rest[end...])
        if let mask = header.mask {
            try appendMasked(payload, mask: mask, kind: kind, receivedAt: receivedAt, to: &batch)
        } else {
            guard kind != .text || Self.isText(payload) else { throw .notUTF8 }
            batch.append(payload, kind: kind, direction: .received, tsRecv: receivedAt)
        }
        statistics.messagesReceived &+= 1
        return true
    }

    /// Unmasks the payload at its place in the batch.
    private func appendMasked(
        _ payload: UnsafeRawBufferPointer,
        mask: PayloadMask,
        kind: MessageKind,
        receivedAt: UnixNanoseconds,
        to batch: inout MessageBatch
    ) throws(ProtocolViolation) {
        var mask = mask
        let offset = batch.bytes.count
        batch.append(payload, kind: kind, direction: .received, tsRecv: receivedAt)
        mask.apply(to: &batch.bytes, from: offset)
        guard kind == .text else { return }
        let isText = batch.bytes.withUnsafeBytes { Self.isText(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
        guard isText else {
            batch.entries.removeLast()
            batch.bytes.removeLast(payload.count)
            throw .notUTF8
        }
    }

    private static func isText(_ payload: UnsafeRawBufferPointer) -> Bool {
        var text = UTF8Validator()
        return text.accept(payload) && text.isAtBoundary
    }

    /// Reads the header of the next frame, or as much of it as there is.
    mutating func takeHeader(_ rest: inout UnsafeRawBufferPointer) throws(ProtocolViolation) {
        if partialHeader.isEmpty, let header = try FrameHeader.read(rest, sentBy: peerRole) {
            rest = UnsafeRawBufferPointer(rebasing: rest[header.headerBytes...])
            try open(header)
            return
        }
        while let byte = rest.first {
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
            partialHeader.append(byte)
            guard let header = try readPartialHeader() else { continue }
            partialHeader.removeAll(keepingCapacity: true)
            try open(header)
            return
        }
    }

    private func readPartialHeader() throws(ProtocolViolation) -> FrameHeader? {
        // `withUnsafeBytes` rethrows without the type of the error.
        let result = partialHeader.withUnsafeBytes { bytes in
            Result { () throws(ProtocolViolation) in try FrameHeader.read(bytes, sentBy: peerRole) }
        }
        return try result.get()
    }

    /// Checks that the frame may come here (RFC 6455 §5.4).
    private mutating func open(_ header: FrameHeader) throws(ProtocolViolation) {
        if header.opcode.isControl {
            controlPayload.removeAll(keepingCapacity: true)
        } else if let kind = MessageKind(rawValue: header.opcode.rawValue) {
            guard message.kind == nil else { throw .protocolError("a new message inside a fragmented one") }
            try checkSize(header)
            message.begin(kind)
        } else {
            guard message.kind != nil else {
                throw .protocolError("a continuation frame without a message to continue")
            }
            try checkSize(header)
        }
        frame = OpenFrame(
            opcode: header.opcode,
            isFinal: header.isFinal,
            mask: header.mask,
            bytesMissing: header.payloadBytes
        )
    }

    @inline(__always)
    private func checkSize(_ header: FrameHeader) throws(ProtocolViolation) {
        guard header.payloadBytes <= limits.frameBytesMax else {
            throw .tooLarge("frame", bytesMax: limits.frameBytesMax)
        }
        guard header.payloadBytes <= limits.messageBytesMax - message.byteCount else {
            throw .tooLarge("message", bytesMax: limits.messageBytesMax)
        }
    }

    /// Takes what there is of the open frame's payload, and completes the frame if that is all of it.
    mutating func takePayload(
        _ rest: inout UnsafeRawBufferPointer,
        receivedAt: UnixNanoseconds,
        into batch: inout MessageBatch,
        actions: inout [EngineAction]
    ) throws(ProtocolViolation) {
        guard var frame else { return }
        let length = min(frame.bytesMissing, rest.count)
        let piece = UnsafeRawBufferPointer(rebasing: rest[..<length])
        rest = UnsafeRawBufferPointer(rebasing: rest[length...])
        frame.bytesMissing -= length
        if frame.opcode.isControl {
            let offset = controlPayload.count
            controlPayload.append(contentsOf: piece)
            frame.mask?.apply(to: &controlPayload, from: offset)
        } else {
            try message.append(piece, mask: &frame.mask)
        }
        self.frame = frame.bytesMissing > 0 ? frame : nil
        guard frame.bytesMissing == 0 else { return }
        if frame.opcode.isControl {
            try takeControl(frame.opcode, actions: &actions)
        } else if frame.isFinal {
            try message.finish(at: receivedAt, into: &batch)
            statistics.messagesReceived &+= 1
        }
    }
}
