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
    let status: WebSocketStatus
    let settings: ConnectionSettings
    let now: @Sendable () -> UnixNanoseconds
    var engine: WebSocketEngine
    var context: ChannelHandlerContext?
    private var actions: [EngineAction] = []
    private(set) var isReadingPaused = false
    private var hasDeferredRead = false
    private var hasNewMessages = false

    // Sending, in ConnectionHandler+Sending.swift.
    var deferredPong: ArraySlice<UInt8>?

    // The end, in ConnectionHandler+Ending.swift.
    /// What broke the connection.
    var failure: TransportError?
    /// An end that waits for the consumer's last answers.
    var farewell: Farewell?
    /// What the last answers came to, once they are over.
    var lastAnswers = WebSocketStatistics()
    var isOver = false
    /// The peer sends no more, but may read.
    var hasInputEnded = false
    var closeTimer: Scheduled<Void>?

    // Signs of life, in ConnectionHandler+Liveness.swift.
    var watch = LivenessWatch()
    var pings = PendingPings()
    let outgoingMeter = OutgoingMeter()

    init(
        role: WebSocketRole,
        settings: ConnectionSettings,
        deflate: DeflateAgreement?,
        status: WebSocketStatus,
        now: @escaping @Sendable () -> UnixNanoseconds
    ) {
        engine = settings.engine(role: role, deflate: deflate)
        monitor = ConnectionMonitor(ConnectionState(events: ConnectionEvents(isRecording: settings.recordsEvents)))
        self.status = status
        self.settings = settings
        self.now = now
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        monitor.update { $0.isWritable = context.channel.isWritable }
        status.advance(to: .open)
        startWatching()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(engine.connectionEnded(error: failure?.description))
        self.context = nil
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { receive($0) }
    }

    /// Takes bytes from the peer, also those that came glued to the handshake.
    func receive(_ bytes: UnsafeRawBufferPointer) {
        guard !isOver, farewell == nil else { return }
        let receivedAt = now()
        let (isNew, isFull) = monitor.update { state in
            if state.received.isEmpty { state.received.bytes.reserveCapacity(bytes.count) }
            engine.receive(
                bytes,
                receivedAt: receivedAt,
                into: &state.received,
                parts: &state.receivedParts,
                actions: &actions
            )
            if state.isDiscarding { state.forgetReceived() }
            state.statistics = engine.statistics
            let isFull = state.queuedBytes >= settings.receiveQueueBytesMax
            state.isReadingPaused = isFull
            return (!state.received.isEmpty, isFull)
        }
        hasNewMessages = isNew
        isReadingPaused = isFull
        if !actions.isEmpty { performActions(at: receivedAt) }
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
        if isReadingPaused { restartPongTimer() }
        isReadingPaused = false
        guard hasDeferredRead else { return }
        hasDeferredRead = false
        context?.read()
    }

    private func performActions(at time: UnixNanoseconds) {
        let pending = actions
        actions.removeAll(keepingCapacity: true)
        var closeFrame: ArraySlice<UInt8> = []
        var end: CloseInfo?
        for action in pending {
            switch action {
            case .send(let bytes): closeFrame = reply(bytes, at: time)
            case .pongReceived(let payload): pongReceived(payload, at: time)
            case .closed(let info): end = info
            }
        }
        if let end {
            connectionEnds(end, closeFrame: closeFrame, at: time)
        } else {
            publishSendState()
        }
    }

    /// Keeps an event for those who watch.
    func record(_ kind: ConnectionEvent.Kind, at time: UnixNanoseconds) {
        guard settings.recordsEvents else { return }
        monitor.update(waking: .event) { $0.events.append(kind, at: time) }
    }
}
