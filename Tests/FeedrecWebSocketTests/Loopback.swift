import FeedrecWebSocket

/// Runs a listener on loopback while `body` talks to it, then shuts it down.
func withListener<Result: Sendable>(
    _ options: WebSocketListener.Options = WebSocketListener.Options(),
    handler: @escaping WebSocketListener.Handler = echo,
    _ body: @Sendable (WebSocketListener) async throws -> Result
) async throws -> Result {
    let listener = try await WebSocketListener.start(options, handler: handler)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await listener.run() }
        do {
            let result = try await body(listener)
            await listener.shutdown()
            try await group.waitForAll()
            return result
        } catch {
            await listener.shutdown()
            throw error
        }
    }
}

/// Echoes everything until the client closes.
@Sendable
func echo(_ socket: WebSocket, _ request: WebSocketListener.Request) async {
    do {
        while let batch = try await socket.receive() { try await socket.send(batch) }
    } catch {
        // The client has gone.
    }
}

extension WebSocket {
    /// Receives until there are `count` messages, or until the end.
    func receive(count: Int) async throws -> [Message] {
        var all: [Message] = []
        while all.count < count, let batch = try await receive() { all += batch }
        return all
    }
}
