import NIOCore
import TLSEngine

/// Runs the proxy's handshake, over TLS if its URL says so, then removes itself from the pipeline.
///
/// After a failure the attempt closes the channel.
final class ProxyHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let attempt: ConnectAttempt
    private let proxy: Proxy
    private var handshake: any ProxyHandshake
    private let proceed: (ProxyHandler) -> Void
    private var isOver = false
    private var timer: Scheduled<Void>?

    /// `proceed` must add the next handlers after this one in the pipeline.
    init(attempt: ConnectAttempt, proxy: Proxy, proceed: @escaping (ProxyHandler) -> Void) {
        let url = attempt.configuration.url
        self.attempt = attempt
        self.proxy = proxy
        self.proceed = proceed
        handshake = proxy.handshake(host: url.host, port: url.port)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let timeout = attempt.configuration.proxyTimeout
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout.timeAmount) { [weak self] in
            guard let self else { return }
            fail(.timedOut(.proxy, url: attempt.configuration.url, through: proxy, after: timeout))
        }
        if proxy.kind != .https { send(handshake.opening, context) }
    }

    /// Consumes ``TLSEstablished``, which here means TLS with the proxy.
    ///
    /// Later handlers would take it for the server's.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSEstablished {
            send(handshake.opening, context)
        } else if case ChannelEvent.inputClosed = event {
            ended()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Fails the attempt unless the tunnel is open: the channel may be gone since before this handler was added.
    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        ended()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        let buffer = unwrapInboundIn(data)
        do throws(ProxyRefusal) {
            try buffer.withUnsafeReadableBytes { bytes throws(ProxyRefusal) in try advance(bytes, context) }
        } catch {
            fail(.proxy(error, proxy))
        }
    }

    private func advance(_ bytes: UnsafeRawBufferPointer, _ context: ChannelHandlerContext) throws(ProxyRefusal) {
        var rest = bytes
        while true {
            switch try handshake.receive(rest) {
            case .incomplete: return
            case .send(let bytes): send(bytes, context)
            case .established(let leftover): return established(leftover, context)
            }
            // The handshake may hold more input already.
            rest = UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }

    private func established(_ leftover: [UInt8], _ context: ChannelHandlerContext) {
        isOver = true
        timer?.cancel()
        proceed(self)
        if !leftover.isEmpty { context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: leftover))) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    private func ended() {
        fail(.proxy(ProxyRefusal(failure: .ended, text: "closed the connection"), proxy))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError { return fail(.tls(error, proxy)) }
        let configuration = attempt.configuration
        fail(.connecting(to: configuration.url, through: proxy, timeout: configuration.proxyTimeout, cause: error))
    }

    private func fail(_ error: TransportError) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        attempt.fail(error)
    }
}
