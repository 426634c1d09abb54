package import MarketModel

/// One WebSocket connection after its handshake (RFC 6455 §5 to §7): bytes in, messages and actions out.
///
/// It does no I/O and never fails towards its owner: whatever a peer sends ends in messages, pongs, or a close with the
/// proper code. The same input gives the same result however it is cut into pieces.
package struct WebSocketEngine: Sendable {
    package let role: WebSocketRole
    package let limits: WebSocketLimits
    package internal(set) var statistics = WebSocketStatistics()
    /// How the connection ended, once it has.
    package internal(set) var closeInfo: CloseInfo?

    var maskingKeys: MaskingKeys
    var isCloseSent = false
    /// The start of a header whose rest has not arrived yet.
    var partialHeader: [UInt8] = []
    /// The frame whose payload is arriving.
    var frame: OpenFrame?
    var controlPayload: [UInt8] = []
    var message = MessageAssembly()

    /// A frame between its header and the end of its payload.
    struct OpenFrame: Sendable {
        let opcode: FrameOpcode
        let isFinal: Bool
        var mask: PayloadMask?
        var bytesMissing: Int
    }

    /// Starts right behind the handshake; `maskingKeys` is a client's source of masks, a server never draws from it.
    package init(role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits(), maskingKeys: MaskingKeys) {
        self.role = role
        self.limits = limits
        self.maskingKeys = maskingKeys
        partialHeader.reserveCapacity(FrameHeader.bytesMax)
        controlPayload.reserveCapacity(FrameHeader.controlBytesMax)
    }

    /// Whether messages may still be sent: no close frame has gone out, and the connection is not over.
    package var canSend: Bool { !isCloseSent && closeInfo == nil }

    /// Takes the bytes of one read.
    ///
    /// Whole data messages are appended to `batch`, unmasked, as `.received` at `receivedAt`; what has to be done is
    /// appended to `actions`. After our own close frame messages are still delivered until the peer's close frame
    /// arrives. Once `.closed` has been given, input is ignored.
    package mutating func receive(
        _ input: UnsafeRawBufferPointer,
        receivedAt: UnixNanoseconds,
        into batch: inout MessageBatch,
        actions: inout [EngineAction]
    ) {
        statistics.bytesReceived &+= UInt64(input.count)
        guard closeInfo == nil else { return }
        var rest = input
        do {
            while closeInfo == nil, !rest.isEmpty {
                if frame != nil {
                    try takePayload(&rest, receivedAt: receivedAt, into: &batch, actions: &actions)
                } else if try takeWholeMessage(&rest, receivedAt: receivedAt, into: &batch) {
                    continue
                } else {
                    try takeHeader(&rest)
                    // A frame without payload is complete with its header.
                    if frame?.bytesMissing == 0 {
                        try takePayload(&rest, receivedAt: receivedAt, into: &batch, actions: &actions)
                    }
                }
            }
        } catch {
            fail(error, actions: &actions)
        }
    }

    /// Takes note that the socket gave end of file or an error, and gives how the connection ended.
    ///
    /// `error` is the error's text, if there was one. Changes nothing once there is a ``closeInfo``.
    package mutating func connectionEnded(error: String? = nil) -> CloseInfo {
        if let closeInfo { return closeInfo }
        let isInsideMessage = frame != nil || message.kind != nil || !partialHeader.isEmpty
        let place = isInsideMessage ? "inside a message" : "without a close frame"
        return end(
            CloseInfo(
                code: CloseCode.abnormal,
                initiator: isCloseSent ? .local : .none,
                error: error ?? "the connection ended \(place)"
            )
        )
    }

    /// Records the end, and gives back what the connection held.
    @discardableResult
    mutating func end(_ info: CloseInfo) -> CloseInfo {
        closeInfo = info
        frame = nil
        message = MessageAssembly()
        return info
    }
}
