import MarketModel

/// Frames other than complete uncompressed messages: control frames, fragments, and frames split between reads.
extension WebSocketEngine {
    /// Takes the header of the next frame, or as much of it as has arrived.
    mutating func takeHeader(_ rest: inout UnsafeRawBufferPointer) throws(ProtocolViolation) {
        if partialHeader.isEmpty, let header = try readHeader(rest) {
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
        // `withUnsafeBytes` loses the type of the error when it rethrows.
        let result = partialHeader.withUnsafeBytes { bytes in
            Result { () throws(ProtocolViolation) in try readHeader(bytes) }
        }
        return try result.get()
    }

    /// Checks that the frame is allowed at this point (RFC 6455 §5.4).
    private mutating func open(_ header: FrameHeader) throws(ProtocolViolation) {
        if header.opcode.isControl {
            controlPayload.removeAll(keepingCapacity: true)
        } else if let kind = MessageKind(rawValue: header.opcode.rawValue) {
            guard message.kind == nil else { throw .protocolError("a new message inside a fragmented one") }
            message.begin(kind, isCompressed: header.isCompressed)
            try openFragment(header)
            if header.isCompressed { try beginInflating() }
        } else {
            guard message.kind != nil else {
                throw .protocolError("a continuation frame without a message to continue")
            }
            try openFragment(header)
        }
        frame = OpenFrame(
            opcode: header.opcode,
            isFinal: header.isFinal,
            mask: header.mask,
            bytesMissing: header.payloadBytes
        )
    }

    /// Checks the limits; the inflated size of a compressed message is checked later.
    private mutating func openFragment(_ header: FrameHeader) throws(ProtocolViolation) {
        message.countFragment()
        guard message.fragmentCount <= limits.fragmentsMax else {
            throw ProtocolViolation(
                closeCode: CloseCode.tooLarge,
                text: "a message of more than \(limits.fragmentsMax) fragments"
            )
        }
        guard header.payloadBytes <= limits.frameBytesMax else {
            throw .tooLarge("frame", bytesMax: limits.frameBytesMax)
        }
        guard message.isCompressed || header.payloadBytes <= limits.messageBytesMax - message.byteCount else {
            throw .tooLarge("message", bytesMax: limits.messageBytesMax)
        }
    }

    /// Takes the available payload of the open frame, and completes the frame if that is all of it.
    mutating func takePayload(
        _ rest: inout UnsafeRawBufferPointer,
        into output: inout EngineOutput
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
        } else if message.isCompressed {
            try inflate(piece, mask: &frame.mask, into: &output)
        } else {
            try message.append(piece, mask: &frame.mask, bytesMax: limits.messageBytesMax, to: &output)
        }
        self.frame = frame.bytesMissing > 0 ? frame : nil
        guard frame.bytesMissing == 0 else { return }
        if frame.opcode.isControl {
            try takeControl(frame.opcode, actions: &output.actions)
        } else if frame.isFinal {
            if message.isCompressed { try finishInflating(into: &output) }
            try message.finish(into: &output)
            statistics.messagesReceived &+= 1
        }
    }
}
