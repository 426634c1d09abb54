import MarketModel
import NIOCore
import WebSocketProtocol

/// Runs one connection's ``WebSocketEngine`` on its event loop.
///
/// Messages gather in the monitor's batch, under its lock, until a task takes them. All outgoing frames are made here,
/// in the order of the calls.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let monitor: ConnectionMonitor
    let status: WebSocketStatus
    let settings: ConnectionSettings
    let now: @Sendable () -> UnixNanoseconds
    /// When bytes last arrived; never decreases.
    var lastReceivedAt = UnixNanoseconds(.min)
    var engine: WebSocketEngine
    var context: ChannelHandlerContext?
    var actions: [EngineAction] = []

    // Receiving, in ConnectionHandler+Receiving.swift.
    var isReadingPaused = false
    var hasDeferredRead = false
    var hasNewMessages = false
    /// True while a timer is set that will wake the consumer; until then it is not woken again.
    var isGathering = false
    var gatherUntil = NIODeadline.uptimeNanoseconds(0)
    /// Bytes that were read but not inflated yet.
    var held = HeldInput()
    /// Messages that are passing through the tap.
    var tapped = TappedMessages()

    // Sending, in ConnectionHandler+Sending.swift.
    var deferredPong: ArraySlice<UInt8>?

    // The end, in ConnectionHandler+Ending.swift.
    /// What broke the connection.
    var failure: TransportError?
    /// A pending end that waits for the consumer's last answers.
    var farewell: Farewell?
    /// Statistics of the last answers, once they have been sent.
    var lastAnswers = WebSocketStatistics()
    var isOver = false
    /// The peer sends no more, but may still read.
    var hasInputEnded = false
    /// The channel is closed; held input can still be received.
    var isChannelGone = false
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
        channelGone()
        self.context = nil
    }

    // MARK: Actions of the engine

    func performActions(at time: UnixNanoseconds) {
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

    /// Keeps an event for ``WebSocketConnection/receiveEvents()``.
    func record(_ kind: ConnectionEvent.Kind, at time: UnixNanoseconds) {
        guard settings.recordsEvents else { return }
        monitor.update(waking: .event) { $0.events.append(kind, at: time) }
    }
}
