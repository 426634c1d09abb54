package import MarketModel
package import NIOCore
import NIOPosix
package import TLSEngine
import WebSocketProtocol

/// Listens on one port for plain HTTP requests and WebSocket connections.
///
/// ``start(_:group:now:handler:)`` binds the port; ``run()`` serves.
package final class WebSocketServer: Sendable {
    private let configuration: Configuration
    private let listener: any Channel
    private let incoming: IncomingConnections
    private let handler: any WebSocketServerHandler
    private let now: @Sendable () -> UnixNanoseconds

    /// Binds the port and accepts connections, which wait until ``run()`` serves them.
    package static func start(
        _ configuration: Configuration,
        group: any EventLoopGroup,
        now: @escaping @Sendable () -> UnixNanoseconds,
        handler: some WebSocketServerHandler
    ) async throws(TransportError) -> WebSocketServer {
        let incoming = IncomingConnections(configuration: configuration)
        do {
            let listener = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                    }
                }
                .childChannelOption(.writeBufferWaterMark, value: configuration.connection.writeBufferWaterMark)
                // A client that sends no more may still read the answer.
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try incoming.take(channel) }
                }
                .bind(host: configuration.host, port: configuration.port)
                .get()
            return WebSocketServer(configuration, listener: listener, incoming: incoming, handler: handler, now: now)
        } catch {
            throw .listening(on: "\(configuration.host):\(configuration.port)", cause: error)
        }
    }

    private init(
        _ configuration: Configuration,
        listener: any Channel,
        incoming: IncomingConnections,
        handler: any WebSocketServerHandler,
        now: @escaping @Sendable () -> UnixNanoseconds
    ) {
        self.configuration = configuration
        self.listener = listener
        self.incoming = incoming
        self.handler = handler
        self.now = now
    }

    deinit { listener.close(promise: nil) }

    package var localPort: Int { listener.localAddress?.port ?? configuration.port }

    /// `ws://127.0.0.1:9000`, with the actual address and port.
    package var url: String {
        let authority = listener.localAddress?.authority ?? "\(configuration.host):\(localPort)"
        return "\(configuration.tls == nil ? "ws" : "wss")://\(authority)"
    }

    /// Number of open sockets, including those being refused.
    package var connectionCount: Int { incoming.openCount }

    /// Replaces the certificate for clients that connect from now on.
    ///
    /// Only for a server that was started with TLS.
    ///
    /// Open connections keep theirs.
    package func replaceTLS(_ context: TLSContext) {
        precondition(configuration.tls != nil, "the server was started without TLS")
        incoming.replaceTLS(context)
    }

    /// Serves until the task is cancelled or ``shutdown()`` is called.
    ///
    /// Each connection is a child task; all have ended on return.
    ///
    /// At the end WebSocket connections are closed with 1001; if the handler ``WebSocketServerHandler/saysGoodbye``,
    /// after its last messages. Returns at once after a shutdown; throws if the server is running already.
    package func run() async throws(TransportError) {
        guard incoming.beginServing() else {
            throw TransportError(code: .closed, description: "the server is running already")
        }
        await withDiscardingTaskGroup { group in
            while let connection = await incoming.next() {
                group.addTask { await self.serve(connection) }
            }
            incoming.close()
            listener.close(promise: nil)
            group.cancelAll()
        }
        try? await listener.closeFuture.get()
        incoming.endServing()
    }

    /// Stops listening, closes all connections, and waits until ``run()`` has returned.
    package func shutdown() async {
        incoming.close()
        listener.close(promise: nil)
        try? await listener.closeFuture.get()
        await incoming.servingEnded()
    }

    // MARK: One connection

    /// How long a handler may take to send its last messages.
    private static let goodbyeMax = Duration.seconds(1)

    private func serve(_ connection: HTTPServerConnection) async {
        while let request = await connection.next() {
            if ServerHandshake.isUpgrade(request.head) {
                await upgrade(connection, request.head)
                break
            }
            let response = await handler.respond(to: request)
            let keepsAlive = request.head.wantsKeepAlive && !Task.isCancelled
            connection.respond(
                response.bytes(keepsAlive: keepsAlive, isForHEAD: request.head.method == "HEAD"),
                keepsAlive: keepsAlive
            )
        }
        await connection.end()
    }

    private func upgrade(_ connection: HTTPServerConnection, _ request: HTTPRequestHead) async {
        do throws(HandshakeError) {
            try ServerHandshake.check(request)
            switch await handler.accept(request) {
            case .accept(let subprotocol):
                let deflate = configuration.deflate.flatMap { ServerHandshake.deflate(for: request, settings: $0) }
                let answer = try ServerHandshake.accept(request, subprotocol: subprotocol, deflate: deflate)
                let socket = await connection.upgrade(answer, subprotocol: subprotocol, deflate: deflate, now: now)
                if let socket { await serve(socket, request) }
            case .reject(let response):
                connection.respond(response.bytes(keepsAlive: false, isForHEAD: false), keepsAlive: false)
            }
        } catch {
            connection.respond(ServerHandshake.rejection(error), keepsAlive: false)
        }
    }

    private func serve(_ socket: WebSocketConnection, _ request: HTTPRequestHead) async {
        await withTaskCancellationHandler {
            if configuration.servesOnEventLoop {
                await socket.onEventLoop { await handler.serve(socket, request: request) }
            } else {
                await handler.serve(socket, request: request)
            }
            await socket.close(code: Task.isCancelled ? 1001 : 1000, discardingReceived: true)
        } onCancel: {
            if handler.saysGoodbye {
                socket.beginClose(code: 1001, after: Self.goodbyeMax)
            } else {
                socket.beginClose(code: 1001)
            }
        }
    }
}
