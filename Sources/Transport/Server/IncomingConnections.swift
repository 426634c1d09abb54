import NIOCore
import TLSEngine

/// The connections between the event loops that accept them and ``WebSocketServer/run()``, which serves them.
final class IncomingConnections: Sendable {
    private struct State: Sendable {
        /// Accepted but not served yet; bounded, because they are part of `openCount`.
        var waiting: [HTTPServerConnection] = []
        /// All sockets, including refused ones.
        var openCount = 0
        var isClosed = false
        var isServing = false
        /// For connections accepted from now on.
        var tls: TLSContext?
    }

    private enum Topic: Hashable, Sendable {
        case connection
        case servingEnded
    }

    private let configuration: WebSocketServer.Configuration
    private let monitor: Monitor<State, Topic>

    init(configuration: WebSocketServer.Configuration) {
        self.configuration = configuration
        monitor = Monitor(State(tls: configuration.tls))
    }

    var openCount: Int { monitor.update { $0.openCount } }

    func replaceTLS(_ context: TLSContext) {
        monitor.update { $0.tls = context }
    }

    /// Sets up an accepted channel on its event loop; throws, which closes it, if there are far too many.
    func take(_ channel: any Channel) throws {
        let (openCount, tls) = try monitor.update { state in
            guard !state.isClosed, state.openCount < configuration.connectionsMax * 2 else {
                throw TransportError(code: .tooManyConnections, description: "too many connections")
            }
            state.openCount += 1
            return (state.openCount, state.tls)
        }
        channel.closeFuture.whenComplete { _ in self.monitor.update { $0.openCount -= 1 } }
        let isRefusing = openCount > configuration.connectionsMax
        let handler = HTTPServerHandler(configuration: configuration, isRefusing: isRefusing)
        if let tls {
            try channel.pipeline.syncOperations.addHandler(TLSHandler(TLSConnection(server: tls)))
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        guard !isRefusing else { return }
        let connection = HTTPServerConnection(channel: channel, handler: handler)
        let isTooLate = monitor.update(waking: .connection) { state in
            if !state.isClosed { state.waiting.append(connection) }
            return state.isClosed
        }
        if isTooLate { connection.abort() }
    }

    /// Returns false if the server is serving already.
    func beginServing() -> Bool {
        monitor.update { state in
            defer { state.isServing = true }
            return !state.isServing
        }
    }

    /// Returns the next connection; `nil` once closed, or when the task is cancelled.
    func next() async -> HTTPServerConnection? {
        let connection = try? await monitor.wait(for: .connection) { state -> HTTPServerConnection?? in
            if state.isClosed { return .some(nil) }
            return state.waiting.isEmpty ? nil : .some(state.waiting.removeFirst())
        }
        return connection ?? nil
    }

    /// Accepts no more, and drops the connections that have not been served.
    func close() {
        let waiting = monitor.update(waking: .connection) { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for connection in waiting { connection.abort() }
    }

    func endServing() {
        monitor.update(waking: .servingEnded) { $0.isServing = false }
    }

    /// Waits for ``endServing()``, even in a cancelled task.
    func servingEnded() async {
        try? await monitor.wait(for: .servingEnded, ignoresCancellation: true) { $0.isServing ? nil : () }
    }
}
