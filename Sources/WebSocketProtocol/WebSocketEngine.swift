/// One WebSocket connection after its handshake (RFC 6455 §5 to §7, RFC 7692 §6 and §7): bytes in, messages and actions
/// out.
///
/// It does no I/O and never fails towards its owner: whatever a peer sends ends in messages, pongs, or a close with the
/// proper code. The same input gives the same result however it is cut into pieces.
///
/// An engine that compresses must not be copied: the copies would share the state of the compression.
package struct WebSocketEngine: Sendable {
    package let role: WebSocketRole
    package let limits: WebSocketLimits
    /// How messages are compressed; `nil` for not at all.
    package let deflate: DeflateAgreement?
    /// Messages longer than this are handed over in parts; `nil` for whole messages only.
    package let partBytesMax: Int?
    /// Whether the end waits for ``finishClosing(actions:)``.
    package let defersClosing: Bool
    package internal(set) var statistics = WebSocketStatistics()
    /// How the connection ended, once it has.
    package internal(set) var closeInfo: CloseInfo?

    var maskingKeys: MaskingKeys
    var isCloseSent = false
    /// Whether there is an end, recorded or pending: nothing is read any more.
    var isInputOver = false
    /// The end that ``finishClosing(actions:)`` will bring.
    var pendingClose: CloseInfo?
    /// The start of a header whose rest has not arrived yet.
    var partialHeader: [UInt8] = []
    /// The frame whose payload is arriving.
    var frame: OpenFrame?
    var controlPayload: [UInt8] = []
    var message: MessageAssembly
    /// The longest frame that is a message of its own and needs no further checks.
    let simpleMessageBytesMax: Int
    /// Whether there is a ``deflate``, which is large to look at for every frame.
    let mayBeCompressed: Bool
    /// Made by the first compressed message that is received.
    var inflater: Inflater?
    /// A piece of compressed payload without its mask.
    var unmasked: [UInt8] = []
    /// Made by the first message that is sent compressed.
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

    /// Starts right behind the handshake.
    ///
    /// - Parameters:
    ///   - role: Which side we are.
    ///   - limits: The most a peer may send.
    ///   - maskingKeys: A client's source of masks, a server never draws from it.
    ///   - deflate: What the handshake agreed on about compression.
    ///   - partBytesMax: The longest message that is handed over whole, at least 1; a longer one comes in parts of this
    ///     length, and no more than one part is held here.
    ///   - defersClosing: Whether our close frame, after the peer's or after a violation, waits for
    ///     ``finishClosing(actions:)``, so that the messages before it can be answered first.
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

    /// Whether messages may still be sent: no close frame has gone out, and the connection is not over.
    ///
    /// Stays true while ``isClosePending``.
    package var canSend: Bool { !isCloseSent && closeInfo == nil }

    /// Whether the peer has sent a close frame or broken the rules, and ``finishClosing(actions:)`` is due.
    package var isClosePending: Bool { pendingClose != nil && closeInfo == nil }

    /// Takes note that the socket gave end of file or an error, and gives how the connection ended.
    ///
    /// `error` is the error's text, if there was one. Changes nothing once there is a ``closeInfo``.
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

    /// Records the end, and gives back what the connection held.
    @discardableResult
    mutating func end(_ info: CloseInfo) -> CloseInfo {
        closeInfo = info
        releaseInput()
        deflater = nil
        outgoing = nil
        return info
    }

    /// Ends reading, and gives back what was kept for it.
    mutating func releaseInput() {
        isInputOver = true
        frame = nil
        message = MessageAssembly(partBytesMax: partBytesMax ?? .max)
        inflater = nil
        unmasked = []
    }
}
