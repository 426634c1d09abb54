import MarketModel
import NIOCore
import TLSEngine
import WebSocketProtocol

/// Waits for TLS, sends the request, checks the response, and is then replaced by a ``ConnectionHandler``.
///
/// After a failure the attempt closes the channel.
final class ClientHandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let attempt: ConnectAttempt
    private let connectedAt: UnixNanoseconds
    /// When the proxy had opened the tunnel.
    private let proxiedAt: UnixNanoseconds?
    private var handshake: ClientHandshake
    private var hasSentRequest = false
    private var isOver = false
    private var requestedAt: UnixNanoseconds
    private var peer: TLSPeer?
    private var timer: Scheduled<Void>?

    init(attempt: ConnectAttempt, connectedAt: UnixNanoseconds, proxiedAt: UnixNanoseconds?) {
        let configuration = attempt.configuration
        var generator = SystemRandomNumberGenerator()
        self.attempt = attempt
        self.connectedAt = connectedAt
        self.proxiedAt = proxiedAt
        requestedAt = connectedAt
        handshake = ClientHandshake(
            host: configuration.url.hostHeader,
            target: configuration.url.target,
            key: (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) },
            headers: configuration.headers,
            subprotocols: configuration.subprotocols,
            limits: configuration.limits,
            deflate: configuration.deflate
        )
    }

    private var configuration: WebSocketClient.Configuration { attempt.configuration }

    func handlerAdded(context: ChannelHandlerContext) {
        if attempt.trust == nil {
            sendRequest(context)
        } else {
            startTimer(configuration.tlsTimeout, context) {
                .timedOut(.tls, url: $0.configuration.url, after: $0.configuration.tlsTimeout)
            }
        }
    }

    /// Fails the attempt unless the handshake has succeeded: the channel may be gone since before this handler was
    /// added.
    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        connectionEnded()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let established = event as? TLSEstablished {
            peer = established.peer
            sendRequest(context)
        } else if case ChannelEvent.inputClosed = event {
            connectionEnded()
        }
    }

    private func sendRequest(_ context: ChannelHandlerContext) {
        guard !hasSentRequest else { return }
        hasSentRequest = true
        attempt.status.advance(to: .connecting(.handshake))
        requestedAt = attempt.now()
        startTimer(configuration.handshakeTimeout, context) { handler in
            let url = handler.configuration.url
            let refusal = handler.handshake.connectionEnded()
            if refusal.status != nil { return .handshake(refusal, url: url) }
            return .timedOut(.handshake, url: url, after: handler.configuration.handshakeTimeout)
        }
        var buffer = context.channel.allocator.buffer(capacity: handshake.requestBytes.count)
        buffer.writeBytes(handshake.requestBytes)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func startTimer(
        _ timeout: Duration,
        _ context: ChannelHandlerContext,
        error: @escaping (ClientHandshakeHandler) -> TransportError
    ) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout.timeAmount) { [weak self] in
            guard let self else { return }
            fail(error(self))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        let buffer = unwrapInboundIn(data)
        do throws(HandshakeError) {
            let progress = try buffer.withUnsafeReadableBytes { bytes throws(HandshakeError) in
                try handshake.receive(bytes)
            }
            if case .accepted(let head, let leftover) = progress {
                isOver = true
                open(head, leftover: leftover, context)
            }
        } catch {
            fail(.handshake(error, url: configuration.url))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connectionEnded()
        context.fireChannelInactive()
    }

    private func connectionEnded() {
        if hasSentRequest {
            fail(.handshake(handshake.connectionEnded(), url: configuration.url))
        } else {
            let description = "\(configuration.url.authority) closed the connection during the TLS handshake"
            fail(TransportError(code: .tls, description: description))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError {
            fail(.tls(error, url: configuration.url))
        } else {
            fail(attempt.error(for: error))
        }
    }

    private func fail(_ error: TransportError) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        attempt.fail(error)
    }

    // MARK: Success

    private func open(_ head: HTTPResponseHead, leftover: [UInt8], _ context: ChannelHandlerContext) {
        timer?.cancel()
        let handler = ConnectionHandler(
            role: .client,
            settings: configuration.connection,
            deflate: handshake.deflate,
            status: attempt.status,
            now: attempt.now
        )
        let channel = context.channel
        do {
            try channel.pipeline.syncOperations.addHandler(handler, position: .after(self))
        } catch {
            return attempt.fail(attempt.error(for: error))
        }
        let connection = WebSocketConnection(info: info(head, channel), handler: handler, channel: channel)
        channel.pipeline.syncOperations.removeHandler(self, promise: nil)
        handler.take(ByteBuffer(bytes: leftover))
        handler.announceMessages()
        attempt.succeed(connection)
    }

    private func info(_ head: HTTPResponseHead, _ channel: any Channel) -> ConnectionInfo {
        var info = ConnectionInfo()
        info.localAddress = channel.localAddress?.authority
        info.remoteAddress = channel.remoteAddress?.authority
        info.proxy = attempt.proxy?.description
        if let peer { info.take(peer) }
        info.subprotocol = head.headers["Sec-WebSocket-Protocol"]
        info.extensions = head.headers.list("Sec-WebSocket-Extensions")
        info.connectDuration = connectedAt.since(attempt.startedAt)
        info.proxyDuration = proxiedAt?.since(connectedAt)
        info.tlsDuration = peer == nil ? nil : requestedAt.since(proxiedAt ?? connectedAt)
        info.handshakeDuration = attempt.now().since(requestedAt)
        return info
    }
}
