import MarketModel
import NIOCore
import NIOPosix
import TLSEngine

/// One attempt to connect: the first of success, failure, time-out and cancellation decides; the others are ignored.
final class ConnectAttempt: Sendable {
    let configuration: WebSocketClient.Configuration
    let proxy: Proxy?
    let trust: TLSContext?
    /// For a proxy that is reached over TLS.
    let proxyTrust: TLSContext?
    let loop: any EventLoop
    let now: @Sendable () -> UnixNanoseconds
    let status: WebSocketStatus
    let startedAt: UnixNanoseconds
    /// A plain HTTP exchange instead of a WebSocket handshake; it ends with the connection, never with success.
    private let exchange: HTTPExchange?
    private let promise: EventLoopPromise<WebSocketConnection>

    init(
        configuration: WebSocketClient.Configuration,
        trust: TLSContext?,
        proxyTrust: TLSContext?,
        loop: any EventLoop,
        now: @escaping @Sendable () -> UnixNanoseconds,
        status: WebSocketStatus,
        exchange: HTTPExchange? = nil
    ) {
        self.exchange = exchange
        self.configuration = configuration
        self.proxy = configuration.proxy
        self.trust = trust
        self.proxyTrust = proxyTrust
        self.loop = loop
        self.now = now
        self.status = status
        startedAt = now()
        promise = loop.makePromise()
    }

    var result: EventLoopFuture<WebSocketConnection> { promise.futureResult }

    /// Looks up the name and tries its addresses; NIO's connect time-out starts here and covers both.
    func start() {
        ClientBootstrap(group: loop)
            .resolver(configuration.resolver ?? HostResolver(loop: loop))
            .connectTimeout(configuration.connectTimeout.timeAmount)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.writeBufferWaterMark, value: configuration.connection.writeBufferWaterMark)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(EarlyInput())
                }
            }
            .connect(host: proxy?.host ?? configuration.url.host, port: proxy?.port ?? configuration.url.port)
            .whenComplete { result in
                switch result {
                case .success(let channel): self.begin(on: channel)
                case .failure(let error): self.promise.fail(error)
                }
            }
    }

    /// Runs on the event loop when the connection is established; the connection may already have ended again.
    private func begin(on channel: any Channel) {
        // However the attempt fails, its channel closes with it.
        result.whenFailure { _ in channel.close(promise: nil) }
        let connectedAt = now()
        let early = try? channel.pipeline.syncOperations.handler(type: EarlyInput.self)
        defer {
            // From here on, the end of the peer's input closes the channel as usual.
            try? channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
            early?.release()
        }
        guard let proxy else { return proceed(on: channel, connectedAt: connectedAt, proxiedAt: nil, behind: nil) }
        status.advance(to: .connecting(.proxy))
        let handler = ProxyHandler(attempt: self, proxy: proxy) { handler in
            self.proceed(on: channel, connectedAt: connectedAt, proxiedAt: self.now(), behind: handler)
        }
        do {
            if let proxyTrust {
                let tls = try TLSConnection(client: proxyTrust, host: proxy.host, port: proxy.port)
                try channel.pipeline.syncOperations.addHandlers([TLSHandler(tls), handler])
            } else {
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        } catch let error as TLSError {
            fail(.tls(error, proxy))
        } catch {
            promise.fail(error)
        }
    }

    /// Continues with TLS and the handshake, once the path to the server is open.
    private func proceed(
        on channel: any Channel,
        connectedAt: UnixNanoseconds,
        proxiedAt: UnixNanoseconds?,
        behind proxyHandler: ProxyHandler?
    ) {
        status.advance(to: .connecting(trust == nil ? .handshake : .tls))
        let handshake: any ChannelHandler =
            exchange.map { HTTPExchangeHandler(attempt: self, exchange: $0) }
            ?? ClientHandshakeHandler(attempt: self, connectedAt: connectedAt, proxiedAt: proxiedAt)
        do {
            let operations = channel.pipeline.syncOperations
            var handlers = [handshake]
            if let trust {
                let url = configuration.url
                handlers.insert(TLSHandler(try TLSConnection(client: trust, host: url.host, port: url.port)), at: 0)
            }
            try operations.addHandlers(handlers, position: proxyHandler.map { .after($0) } ?? .last)
        } catch let error as TLSError {
            fail(.tls(error, url: configuration.url))
        } catch {
            promise.fail(error)
        }
    }

    func succeed(_ connection: WebSocketConnection) { promise.succeed(connection) }

    func fail(_ error: TransportError) { promise.fail(error) }

    /// The attempt's error for the error that its promise failed with.
    func error(for cause: any Error) -> TransportError {
        .connecting(to: configuration.url, through: proxy, timeout: configuration.connectTimeout, cause: cause)
    }
}
