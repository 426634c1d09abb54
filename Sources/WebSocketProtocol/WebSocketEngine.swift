/// One WebSocket connection after its handshake (RFC 6455 §5 to §7, RFC 7692 §6 and §7): takes bytes, returns messages
/// and actions.
///
/// It does no I/O and reports no errors to its owner: any input results in messages, pongs, or a close with the correct
/// code. The result does not depend on how the input is split.
///
/// An engine that compresses must not be copied, because the copies would share the state of the compression.
package struct WebSocketEngine: Sendable {
    package let role: WebSocketRole
    package let limits: WebSocketLimits
    /// How messages are compressed; `nil` for no compression.
    package let deflate: DeflateAgreement?
    /// Longer messages are delivered in parts of this many bytes; `nil` delivers only whole messages.
    package let partBytesMax: Int?
    /// Whether the end waits for ``finishClosing(actions:)``.
    package let defersClosing: Bool
    package internal(set) var statistics = WebSocketStatistics()
    /// How the connection ended; `nil` before its end.
    package internal(set) var closeInfo: CloseInfo?

    var maskingKeys: MaskingKeys
    var isCloseSent = false
    /// Whether the connection has ended or its end is pending: further input is ignored.
    var isInputOver = false
    /// The end that ``finishClosing(actions:)`` will report.
    var pendingClose: CloseInfo?
    /// The first bytes of an incomplete header.
    var partialHeader: [UInt8] = []
    /// The frame whose payload is arriving.
    var frame: OpenFrame?
    var controlPayload: [UInt8] = []
    var message: MessageAssembly
    /// The longest single-frame message that needs no further checks.
    let simpleMessageBytesMax: Int
    /// Whether there is a ``deflate``, which is too large to inspect for every frame.
    let mayBeCompressed: Bool
    /// Made for the first compressed message received.
    var inflater: Inflater?
    /// A piece of compressed payload after unmasking.
    var unmasked: [UInt8] = []
    /// Made for the first message that is sent compressed.
    var deflater: Deflater?
    /// Messages of at least this many bytes are sent compressed.
    let deflatedBytesMin: Int
    /// The message that is being sent in parts.
    var outgoing: OutgoingMessage?

    /// A frame between its header and the end of its payload.
    struct OpenFrame: Sendable {
        let opcode: FrameOpcode
        let isFinal: Bool
        var mask: PayloadMask?
        var bytesMissing: Int
    }

    /// Starts directly after the handshake.
    ///
    /// - Parameters:
    ///   - role: Which side we are.
    ///   - limits: The most a peer may send.
    ///   - maskingKeys: A client's source of masking keys; a server never uses it.
    ///   - deflate: The compression that the handshake agreed on.
    ///   - partBytesMax: The longest message that is delivered whole, at least 1. A longer one comes in parts of this
    ///     length, and the engine holds at most one part.
    ///   - defersClosing: Whether our close frame, after the peer's or after a violation, waits for
    ///     ``finishClosing(actions:)``, so that earlier messages can be answered first.
    package init(
        role: WebSocketRole,
        limits: WebSocketLimits = WebSocketLimits(),
        maskingKeys: MaskingKeys,
        deflate: DeflateAgreement? = nil,
        partBytesMax: Int? = nil,
        defersClosing: Bool = false
    ) {
        precondition(partBytesMax ?? 1 >= 1, "a part has at least one byte")
        self.role = role
        self.limits = limits
        self.maskingKeys = maskingKeys
        self.deflate = deflate
        self.partBytesMax = partBytesMax
        self.defersClosing = defersClosing
        message = MessageAssembly(partBytesMax: partBytesMax ?? .max)
        let bytesMax = min(limits.frameBytesMax, limits.messageBytesMax, partBytesMax ?? .max)
        simpleMessageBytesMax = limits.fragmentsMax < 1 ? -1 : bytesMax
        mayBeCompressed = deflate != nil
        deflatedBytesMin = deflate?.settings.messageBytesMin ?? .max
        partialHeader.reserveCapacity(FrameHeader.bytesMax)
        controlPayload.reserveCapacity(FrameHeader.controlBytesMax)
    }

    /// Whether messages may still be sent: we have sent no close frame, and the connection has not ended.
    ///
    /// Stays true while ``isClosePending``.
    package var canSend: Bool { !isCloseSent && closeInfo == nil }

    /// Whether the peer has sent a close frame or violated the protocol, and ``finishClosing(actions:)`` must be
    /// called.
    package var isClosePending: Bool { pendingClose != nil && closeInfo == nil }

    /// Ends the connection after the socket's end of file or error, and returns how it ended.
    ///
    /// `error` is the error's text, if there was one. Changes nothing if there is a ``closeInfo`` already.
    package mutating func connectionEnded(error: String? = nil) -> CloseInfo {
        if let closeInfo { return closeInfo }
        if let pendingClose { return end(pendingClose) }
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

    /// Records the end and frees the connection's memory.
    @discardableResult
    mutating func end(_ info: CloseInfo) -> CloseInfo {
        closeInfo = info
        releaseInput()
        deflater = nil
        outgoing = nil
        return info
    }

    /// Stops reading and frees the memory for it.
    mutating func releaseInput() {
        isInputOver = true
        frame = nil
        message = MessageAssembly(partBytesMax: partBytesMax ?? .max)
        inflater = nil
        unmasked = []
    }
}
