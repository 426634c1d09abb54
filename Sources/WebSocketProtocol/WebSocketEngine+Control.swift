extension WebSocketEngine {
    /// Returns the bytes of a ping with the first 125 bytes of `payload`; empty unless ``canSend``.
    package mutating func ping(_ payload: [UInt8] = []) -> [UInt8] {
        guard canSend else { return [] }
        statistics.pingsSent &+= 1
        return controlFrame(.ping, Array(payload.prefix(FrameHeader.controlBytesMax)))
    }

    /// Begins the close handshake and returns the bytes of our close frame; empty unless ``canSend``.
    ///
    /// A reason longer than 123 bytes is cut at a character boundary. 1005, or a code that must not be sent (RFC 6455
    /// §7.4), gives a close frame without code and reason. While ``isClosePending``, the frame is the pending one, and
    /// ``finishClosing(actions:)`` must still be called. The owner decides how long to wait for `.closed`.
    package mutating func close(code: UInt16 = CloseCode.normal, reason: String = "") -> [UInt8] {
        guard canSend else { return [] }
        isCloseSent = true
        guard let pendingClose else { return controlFrame(.close, ClosePayload.bytes(code: code, reason: reason)) }
        // Echo the peer's code (RFC 6455 §5.5.1), or report its violation.
        let reason = pendingClose.initiator == .remote ? "" : pendingClose.reason
        return controlFrame(.close, ClosePayload.bytes(code: pendingClose.code, reason: reason))
    }

    /// Ends a connection whose end is pending; does nothing unless ``isClosePending``.
    ///
    /// Call it once the messages received so far have been answered, or after a time-out. Appends our close frame,
    /// unless it has been sent, and `.closed`.
    package mutating func finishClosing(actions: inout [EngineAction]) {
        guard isClosePending, let info = pendingClose else { return }
        let frame = close()
        if !frame.isEmpty { Self.send(frame, actions: &actions) }
        actions.append(.closed(end(info)))
    }

    /// Handles a complete control frame, whose payload is in `controlPayload`.
    mutating func takeControl(_ opcode: FrameOpcode, actions: inout [EngineAction]) throws(ProtocolViolation) {
        switch opcode {
        case .ping:
            statistics.pingsReceived &+= 1
            // Nothing may follow a close frame (RFC 6455 §5.5.1).
            guard canSend else { return }
            statistics.pongsSent &+= 1
            Self.send(controlFrame(.pong, controlPayload), actions: &actions)
        case .pong:
            statistics.pongsReceived &+= 1
            actions.append(.pongReceived(controlPayload))
        case .close:
            takeClose(try ClosePayload(controlPayload), actions: &actions)
        case .continuation, .text, .binary:
            break
        }
    }

    /// Answers the peer's close frame with its own code, unless it answers ours (RFC 6455 §5.5.1).
    private mutating func takeClose(_ close: ClosePayload, actions: inout [EngineAction]) {
        let initiator: CloseInfo.Initiator = isCloseSent ? .local : .remote
        finish(CloseInfo(code: close.code, reason: close.reason, initiator: initiator), actions: &actions)
    }

    /// Fails the connection (RFC 6455 §7.1.7): sends the reason if we may still send, and does not wait for an answer.
    mutating func fail(_ violation: ProtocolViolation, actions: inout [EngineAction]) {
        let info = CloseInfo(
            code: violation.closeCode,
            reason: violation.text,
            initiator: .local,
            error: "the peer sent \(violation.text)"
        )
        finish(info, actions: &actions)
    }

    /// Ends the connection now, or leaves that to the owner if answers may still be sent.
    private mutating func finish(_ info: CloseInfo, actions: inout [EngineAction]) {
        pendingClose = info
        releaseInput()
        if !defersClosing || isCloseSent { finishClosing(actions: &actions) }
    }

    /// Joins consecutive output, so that a run of pings costs one write.
    private static func send(_ bytes: [UInt8], actions: inout [EngineAction]) {
        guard case .send(var joined) = actions.last else {
            actions.append(.send(bytes))
            return
        }
        // Removed first, so that the array is not shared when it grows.
        actions.removeLast()
        joined.append(contentsOf: bytes)
        actions.append(.send(joined))
    }

    private mutating func controlFrame(_ opcode: FrameOpcode, _ payload: [UInt8]) -> [UInt8] {
        let maskingKey = role == .client ? maskingKeys.next() : nil
        let header = FrameHeader.bytes(payloadBytes: payload.count, isMasked: maskingKey != nil)
        let frame = [UInt8](unsafeUninitializedCapacity: header + payload.count) { output, count in
            let output = UnsafeMutableRawBufferPointer(output)
            count = payload.withUnsafeBytes { Self.write(opcode, $0, maskingKey: maskingKey, to: output) }
        }
        statistics.bytesSent &+= UInt64(frame.count)
        return frame
    }
}
