package import MarketModel
import TextEncoding

extension WebSocketEngine {
    private var peerRole: WebSocketRole { role == .client ? .server : .client }

    /// Takes the bytes of one read, for an engine without parts; see ``receive(_:receivedAt:into:parts:actions:)``.
    package mutating func receive(
        _ input: UnsafeRawBufferPointer,
        receivedAt: UnixNanoseconds,
        into batch: inout MessageBatch,
        actions: inout [EngineAction]
    ) {
        precondition(partBytesMax == nil, "an engine with parts needs the method that returns their marks")
        var parts: [MessagePart] = []
        receive(input, receivedAt: receivedAt, into: &batch, parts: &parts, actions: &actions)
    }

    /// Takes the bytes of one read.
    ///
    /// Data messages are appended to `batch`, unmasked and inflated, as `.received` at `receivedAt`. `parts` marks the
    /// entries that are parts of messages. `actions` receives what the owner must do. After our own close frame,
    /// messages are still delivered until the peer's close frame arrives. After `.closed`, or while the end is pending,
    /// input is ignored.
    ///
    /// Compressed messages can add about 1000 bytes to `batch` for each byte of `input`.
    package mutating func receive(
        _ input: UnsafeRawBufferPointer,
        receivedAt: UnixNanoseconds,
        into batch: inout MessageBatch,
        parts: inout [MessagePart],
        actions: inout [EngineAction]
    ) {
        statistics.bytesReceived &+= UInt64(input.count)
        guard !isInputOver else { return }
        var output = EngineOutput(receivedAt: receivedAt)
        output.swap(&batch, &parts, &actions)
        do {
            try receive(input, into: &output)
        } catch {
            fail(error, actions: &output.actions)
        }
        output.swap(&batch, &parts, &actions)
    }

    private mutating func receive(
        _ input: UnsafeRawBufferPointer,
        into output: inout EngineOutput
    ) throws(ProtocolViolation) {
        var rest = input
        while true {
            if frame == nil, partialHeader.isEmpty, message.kind == nil {
                try takeSimpleMessages(&rest, receivedAt: output.receivedAt, into: &output.batch)
            }
            guard !rest.isEmpty else { return }
            if frame == nil {
                try takeHeader(&rest)
                // A frame without payload is complete with its header.
                guard frame?.bytesMissing == 0 else { continue }
            }
            try takePayload(&rest, into: &output)
            guard !isInputOver else { return }
        }
    }

    /// Takes uncompressed messages that are one complete frame each: the usual case, straight from the input to the
    /// batch.
    ///
    /// Stops before the first frame of any other kind.
    private mutating func takeSimpleMessages(
        _ rest: inout UnsafeRawBufferPointer,
        receivedAt: UnixNanoseconds,
        into batch: inout MessageBatch
    ) throws(ProtocolViolation) {
        let (sender, mayBeCompressed) = (peerRole, self.mayBeCompressed)
        var input = rest
        var count = 0
        defer {
            rest = input
            statistics.messagesReceived &+= UInt64(count)
        }
        while let header = try FrameHeader.read(input, sentBy: sender, mayBeCompressed: mayBeCompressed),
            header.isFinal, !header.isCompressed, let kind = MessageKind(rawValue: header.opcode.rawValue),
            header.payloadBytes <= input.count - header.headerBytes, header.payloadBytes <= simpleMessageBytesMax
        {
            let end = header.headerBytes + header.payloadBytes
            let payload = UnsafeRawBufferPointer(rebasing: input[header.headerBytes..<end])
            if let mask = header.mask {
                try Self.appendMasked(payload, mask: mask, kind: kind, receivedAt: receivedAt, to: &batch)
            } else {
                guard kind != .text || Self.isText(payload) else { throw .notUTF8 }
                batch.append(payload, kind: kind, direction: .received, tsRecv: receivedAt)
            }
            input = UnsafeRawBufferPointer(rebasing: input[end...])
            count &+= 1
        }
    }

    @inline(__always)
    func readHeader(_ input: UnsafeRawBufferPointer) throws(ProtocolViolation) -> FrameHeader? {
        try FrameHeader.read(input, sentBy: peerRole, mayBeCompressed: mayBeCompressed)
    }

    /// Unmasks the payload at its place in the batch.
    private static func appendMasked(
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
}
