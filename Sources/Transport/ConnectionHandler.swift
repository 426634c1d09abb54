import MarketModel
import NIOCore
import WebSocketProtocol

/// Runs one connection's ``WebSocketEngine`` on its event loop.
///
/// Messages gather in the monitor's batch, under its lock, until a task takes them. Every frame that goes out is made
/// here, in the order of the calls.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let monitor: ConnectionMonitor
    private var engine: WebSocketEngine
    private let settings: ConnectionSettings
    private let now: @Sendable () -> UnixNanoseconds
    private var actions: [EngineAction] = []
    private var context: ChannelHandlerContext?
    private var isReadingPaused = false
    private var hasDeferredRead = false
    private var hasNewMessages = false
    private var deferredPong: [UInt8]?
    /// The text of what broke the connection, for its ``CloseInfo``.
    private var failure: String?
    private var isOver = false
    private var closeTimer: Scheduled<Void>?
    private var idleTimer: Scheduled<Void>?
    private var silentTicks = 0
    private var bytesReceivedBeforeTick: UInt64 = 0

    init(
        role: WebSocketRole,
        settings: ConnectionSettings,
        maskingKeys: MaskingKeys,
        now: @escaping @Sendable () -> UnixNanoseconds
    ) {
        engine = WebSocketEngine(role: role, limits: settings.limits, maskingKeys: maskingKeys)
        monitor = ConnectionMonitor(ConnectionState())
        self.settings = settings
        self.now = now
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        monitor.update { $0.isWritable = context.channel.isWritable }
        scheduleIdleTick()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(engine.connectionEnded(error: failure))
        self.context = nil
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { receive($0) }
    }

    /// Takes bytes from the peer, also those that came glued to the handshake.
    func receive(_ bytes: UnsafeRawBufferPointer) {
        guard !isOver else { return }
        let receivedAt = now()
        let (isNew, isFull) = monitor.update { state in
            if state.received.isEmpty { state.received.bytes.reserveCapacity(bytes.count) }
            engine.receive(bytes, receivedAt: receivedAt, into: &state.received, actions: &actions)
            if state.isDiscarding { state.received.removeAll() }
            state.statistics = engine.statistics
            let isFull = state.queuedBytes >= settings.receiveQueueBytesMax
            state.isReadingPaused = isFull
            return (!state.received.isEmpty, isFull)
        }
        hasNewMessages = isNew
        isReadingPaused = isFull
        if !actions.isEmpty { performActions() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        announceMessages()
    }

    /// Wakes the consumer, once for all that was read in one go.
    func announceMessages() {
        guard hasNewMessages else { return }
        hasNewMessages = false
        monitor.wake(.received)
    }

    /// Holds NIO's automatic reading back while the queue is full.
    func read(context: ChannelHandlerContext) {
        if isReadingPaused { hasDeferredRead = true } else { context.read() }
    }

    /// Goes on reading after the queue has been taken.
    func resumeReading() {
        isReadingPaused = false
        guard hasDeferredRead else { return }
        hasDeferredRead = false
        context?.read()
    }

    private func performActions() {
        let pending = actions
        actions.removeAll(keepingCapacity: true)
        for action in pending {
            switch action {
            case .send(let bytes): reply(bytes)
            case .pongReceived: break
            case .closed(let info): endAfterCloseHandshake(info)
            }
        }
        publishSendState()
    }

    // MARK: Sending

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        monitor.update(waking: .writable) { $0.isWritable = isWritable }
        guard isWritable, let pong = deferredPong else { return }
        deferredPong = nil
        write(pong)
    }

    /// Writes a pong or a close frame.
    ///
    /// A peer that sends pings and reads nothing must not fill our memory: while the channel is not writable only the
    /// latest pong is kept, which answers them all (RFC 6455 §5.5.3).
    private func reply(_ frame: [UInt8]) {
        let isPong = frame.first.map { $0 & 0x0f == 0xa } ?? false
        if isPong, let context, !context.channel.isWritable {
            deferredPong = frame
        } else {
            if !isPong { deferredPong = nil }
            write(frame)
        }
    }

    /// Writes the frames of all outgoing messages in one buffer and flushes it; nothing once a close frame has gone out.
    func sendOutgoing() {
        let outgoing = monitor.update { state in
            var outgoing: [OutgoingMessages] = []
            swap(&outgoing, &state.outgoing)
            state.outgoingBytes = 0
            return outgoing
        }
        guard !outgoing.isEmpty else { return }
        if let context, engine.canSend {
            let bytesMax = outgoing.reduce(0) { $0 + engine.frameBytes(for: $1.batch, range: $1.range) }
            var buffer = context.channel.allocator.buffer(capacity: bytesMax)
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytesMax) { space in
                outgoing.reduce(0) { written, messages in
                    let rest = UnsafeMutableRawBufferPointer(rebasing: space[written...])
                    return written + engine.encode(messages.batch, range: messages.range, into: rest)
                }
            }
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
        let isWritable = context?.channel.isWritable ?? false
        let statistics = engine.statistics
        monitor.update(waking: .writable) { state in
            state.isWritable = isWritable
            state.statistics = statistics
        }
    }

    func ping(_ payload: [UInt8]) {
        write(engine.ping(payload))
    }

    private func write(_ bytes: [UInt8]) {
        guard let context, !bytes.isEmpty else { return }
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func publishSendState() {
        let (canSend, statistics) = (engine.canSend, engine.statistics)
        monitor.update(waking: .writable) { state in
            state.canSend = canSend
            state.statistics = statistics
        }
    }

    // MARK: Ending

    /// Begins the close handshake; gives up when nothing moves for ``ConnectionSettings/closeTimeout``.
    func close(code: UInt16, reason: String) {
        guard !isOver, closeTimer == nil else { return }
        sendOutgoing()
        deferredPong = nil
        write(engine.close(code: code, reason: reason))
        publishSendState()
        scheduleCloseTimer(bufferedBytesBefore: bufferedBytes)
    }

    private var bufferedBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    private func scheduleCloseTimer(bufferedBytesBefore: Int) {
        guard let context else { return }
        closeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: settings.closeTimeout.timeAmount) {
            [weak self] in
            guard let self, !isOver else { return }
            // A slow peer first has to take what was sent before the close frame.
            let buffered = bufferedBytes
            if buffered < bufferedBytesBefore {
                scheduleCloseTimer(bufferedBytesBefore: buffered)
            } else {
                abort("the peer did not answer the close frame within \(settings.closeTimeout.shortText)")
            }
        }
    }

    /// Closes the channel without a close handshake.
    func abort(_ cause: String) {
        failure = failure ?? cause
        context?.close(promise: nil)
    }

    /// No one will take messages any more: what comes is thrown away, so that the peer's close frame is seen.
    func discardIncoming() {
        monitor.update { state in
            state.isDiscarding = true
            state.received.removeAll()
            state.isReadingPaused = false
        }
        resumeReading()
    }

    /// The server closes the socket first (RFC 6455 §7.1.1), the client after giving it a moment.
    private func endAfterCloseHandshake(_ info: CloseInfo) {
        finish(info)
        guard let channel = context?.channel else { return }
        if engine.role == .server {
            channel.closeLingering(flushTimeout: settings.closeTimeout)
        } else {
            channel.closeLater(after: .seconds(1))
        }
        resumeReading()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        abort(ErrorText.of(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(engine.connectionEnded(error: failure))
        context.fireChannelInactive()
    }

    private func finish(_ info: CloseInfo) {
        guard !isOver else { return }
        isOver = true
        closeTimer?.cancel()
        idleTimer?.cancel()
        let statistics = engine.statistics
        monitor.update { state in
            state.closeInfo = info
            state.canSend = false
            state.statistics = statistics
        }
        for topic in [ConnectionTopic.received, .writable, .closed] { monitor.wake(topic) }
    }

    // MARK: Silence

    /// Looks four times per ``ConnectionSettings/idleTimeout`` whether anything has come.
    private func scheduleIdleTick() {
        guard let context, let timeout = settings.idleTimeout, !isOver else { return }
        idleTimer = context.eventLoop.assumeIsolated().scheduleTask(in: (timeout / 4).timeAmount) { [weak self] in
            self?.idleTick(timeout)
        }
    }

    private func idleTick(_ timeout: Duration) {
        let bytesReceived = engine.statistics.bytesReceived
        let isSilent = bytesReceived == bytesReceivedBeforeTick && !isReadingPaused
        bytesReceivedBeforeTick = bytesReceived
        silentTicks = isSilent ? silentTicks + 1 : 0
        switch silentTicks {
        case 2: ping([])
        case 4...: return abort("nothing was received for \(timeout.shortText)")
        default: break
        }
        scheduleIdleTick()
    }
}
