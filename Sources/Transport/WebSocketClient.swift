package import MarketModel
package import NIOCore
import NIOPosix
import TLSEngine
package import WebSocketProtocol

/// Opens WebSocket connections.
package enum WebSocketClient {
    package struct Configuration: Sendable {
        package var url: WebSocketURL
        /// Sent with the handshake, for example `Authorization`.
        package var headers = HTTPHeaders()
        /// In order of preference.
        package var subprotocols: [String] = []
        /// PEM file of the authorities to trust instead of the system's.
        package var caFile: String?
        /// For looking up the name and connecting, to whichever of its addresses, together.
        package var connectTimeout: Duration = .seconds(10)
        package var tlsTimeout: Duration = .seconds(10)
        package var handshakeTimeout: Duration = .seconds(10)
        /// How long the peer may take to answer our close frame once it has been sent.
        package var closeTimeout: Duration = .seconds(5)
        /// The connection is aborted when nothing has come for this long; after half of it a ping goes out.
        package var idleTimeout: Duration?
        package var limits = WebSocketLimits()
        /// Memory of messages that wait for the consumer before the socket is not read any more.
        ///
        /// May be exceeded by what one turn of the event loop reads (256 KiB), by one long message, and, once the peer
        /// has closed, by what the kernel holds.
        package var receiveQueueBytesMax: Int = 4 << 20

        package init(url: WebSocketURL) {
            self.url = url
        }

        var connectionSettings: ConnectionSettings {
            ConnectionSettings(
                limits: limits,
                receiveQueueBytesMax: receiveQueueBytesMax,
                closeTimeout: closeTimeout,
                idleTimeout: idleTimeout
            )
        }
    }

    /// Connects, secures and shakes hands; the connection belongs to one event loop of `group`.
    ///
    /// `now` is asked once per read for the time of its messages, and for the durations in ``ConnectionInfo``.
    /// Cancelling the task ends the attempt with ``TransportError/Code-swift.enum/cancelled``.
    package static func connect(
        _ configuration: Configuration,
        group: any EventLoopGroup,
        now: @escaping @Sendable () -> UnixNanoseconds
    ) async throws(TransportError) -> WebSocketConnection {
        let trust = try trust(of: configuration)
        let attempt = ConnectAttempt(configuration: configuration, trust: trust, loop: group.next(), now: now)
        do {
            return try await withTaskCancellationHandler {
                attempt.start()
                return try await attempt.result.get()
            } onCancel: {
                attempt.fail(.cancelled)
            }
        } catch {
            throw .connecting(to: configuration.url, timeout: configuration.connectTimeout, cause: error)
        }
    }

    /// Reads the trusted certificates, on the caller's thread.
    private static func trust(of configuration: Configuration) throws(TransportError) -> TLSContext? {
        guard configuration.url.isSecure else { return nil }
        do {
            return try TLSContext.client(trust: configuration.caFile.map { .caFile($0) } ?? .system)
        } catch {
            throw .tls(error, url: configuration.url)
        }
    }
}

/// One attempt to connect: the first of success, failure, time-out and cancellation decides, the others do nothing.
final class ConnectAttempt: Sendable {
    let configuration: WebSocketClient.Configuration
    let trust: TLSContext?
    let loop: any EventLoop
    let now: @Sendable () -> UnixNanoseconds
    let startedAt: UnixNanoseconds
    private let promise: EventLoopPromise<WebSocketConnection>

    init(
        configuration: WebSocketClient.Configuration,
        trust: TLSContext?,
        loop: any EventLoop,
        now: @escaping @Sendable () -> UnixNanoseconds
    ) {
        self.configuration = configuration
        self.trust = trust
        self.loop = loop
        self.now = now
        startedAt = now()
        promise = loop.makePromise()
    }

    var result: EventLoopFuture<WebSocketConnection> { promise.futureResult }

    func start() {
        ClientBootstrap(group: loop)
            .connectTimeout(configuration.connectTimeout.timeAmount)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .connect(host: configuration.url.host, port: configuration.url.port)
            .whenComplete { result in
                switch result {
                case .success(let channel): self.begin(on: channel)
                case .failure(let error): self.promise.fail(error)
                }
            }
    }

    /// On the event loop, right when the connection is made: nothing has been read yet.
    private func begin(on channel: any Channel) {
        // Whatever ends the attempt otherwise, the channel does not outlive it.
        result.whenFailure { _ in channel.close(promise: nil) }
        do {
            let operations = channel.pipeline.syncOperations
            let handshake = ClientHandshakeHandler(attempt: self, connectedAt: now())
            if let trust {
                let tls = try TLSConnection(client: trust, host: configuration.url.host)
                try operations.addHandlers([TLSHandler(tls), handshake])
            } else {
                try operations.addHandler(handshake)
            }
        } catch let error as TLSError {
            fail(.tls(error, url: configuration.url))
        } catch {
            promise.fail(error)
        }
    }

    func succeed(_ connection: WebSocketConnection) { promise.succeed(connection) }

    func fail(_ error: TransportError) { promise.fail(error) }
}
