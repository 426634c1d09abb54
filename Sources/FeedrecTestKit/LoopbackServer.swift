package import MarketModel
import NIOPosix
package import Transport
package import WebSocketProtocol

/// Runs a server on a free loopback port while `body` talks to it, then shuts it down.
package func withServer<Result: Sendable>(
    _ handler: some WebSocketServerHandler,
    configuration: WebSocketServer.Configuration = WebSocketServer.Configuration(),
    now: @escaping @Sendable () -> UnixNanoseconds = { UnixNanoseconds(0) },
    _ body: @Sendable (WebSocketServer) async throws -> Result
) async throws -> Result {
    let server = try await WebSocketServer.start(
        configuration,
        group: MultiThreadedEventLoopGroup.singleton,
        now: now,
        handler: handler
    )
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        do {
            let result = try await body(server)
            await server.shutdown()
            try await group.waitForAll()
            return result
        } catch {
            await server.shutdown()
            throw error
        }
    }
}

/// Connects to a server on this machine.
package func connect(
    _ url: String,
    headers: [(String, String)] = [],
    limits: WebSocketLimits = WebSocketLimits(),
    tap: (any MessageTap)? = nil,
    pongTimeout: Duration? = nil,
    now: @escaping @Sendable () -> UnixNanoseconds = { UnixNanoseconds(0) }
) async throws(TransportError) -> WebSocketConnection {
    var configuration = WebSocketClient.Configuration(url: try WebSocketURL(url))
    configuration.headers = HTTPHeaders(headers)
    configuration.limits = limits
    configuration.tap = tap
    if let pongTimeout { configuration.pongTimeout = pongTimeout }
    return try await WebSocketClient.connect(configuration, group: MultiThreadedEventLoopGroup.singleton, now: now)
}

extension WebSocketConnection {
    /// Receives until there are `count` messages, or until the end.
    package func receive(count: Int) async throws -> MessageBatch {
        var all = MessageBatch()
        while all.count < count, let batch = try await receive() { all.append(contentsOf: batch) }
        return all
    }

    /// Receives until the end.
    package func receiveAll() async throws -> MessageBatch {
        try await receive(count: .max)
    }

    /// Sends one text message.
    package func send(_ text: String) async throws {
        try await send(MessageBatch(texts: [text]))
    }
}

/// Starts a server that accepts connections and answers nothing; the test must call ``WebSocketServer/shutdown()``.
package func startSilentServer() async throws(TransportError) -> WebSocketServer {
    // Without a call of `run()`, nothing is served.
    try await WebSocketServer.start(
        WebSocketServer.Configuration(),
        group: MultiThreadedEventLoopGroup.singleton,
        now: { UnixNanoseconds(0) },
        handler: ScriptedVenue { _, _ in }
    )
}
