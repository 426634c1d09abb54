/// The state of one connection, from the first attempt to its end, for any number of observers.
///
/// To watch from the beginning, pass one to ``WebSocketClient/connect(_:group:now:status:)``; every
/// ``WebSocketConnection`` has one. Reading takes a lock for the time of a copy.
package final class WebSocketStatus: Sendable {
    private struct Guarded: Sendable {
        var state: WebSocketState
        var lastError: TransportError?
    }

    private enum Topic: Hashable, Sendable {
        case change
    }

    private let monitor: Monitor<Guarded, Topic>

    package init() {
        monitor = Monitor(Guarded(state: .connecting(.connect)))
    }

    package var state: WebSocketState { monitor.update { $0.state } }

    /// What made the attempt fail, or ended the connection without a close handshake; `nil` otherwise.
    package var lastError: TransportError? { monitor.update { $0.lastError } }

    /// The present state, then each change.
    ///
    /// A slow observer may miss intermediate states, but never the last one. Ends after `closed`, or when its task is
    /// cancelled.
    package var states: WebSocketStates { WebSocketStates(status: self) }

    /// Moves to `state`, unless the connection has passed it already.
    func advance(to state: WebSocketState, error: TransportError? = nil) {
        monitor.update(waking: .change) { guarded in
            guard guarded.state != state, guarded.state.precedes(state) else { return }
            guarded.state = state
            if let error { guarded.lastError = error }
        }
    }

    /// Waits for a state other than `seen`; throws if the task is cancelled.
    func state(after seen: WebSocketState?) async throws -> WebSocketState {
        try await monitor.wait(for: .change) { $0.state == seen ? nil : $0.state }
    }
}

/// The states of a connection as they change; see ``WebSocketStatus/states``.
package struct WebSocketStates: AsyncSequence, Sendable {
    package typealias Element = WebSocketState
    package typealias Failure = Never

    fileprivate let status: WebSocketStatus

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(status: status) }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let status: WebSocketStatus
        private var seen: WebSocketState?

        fileprivate init(status: WebSocketStatus) {
            self.status = status
        }

        package mutating func next() async -> WebSocketState? {
            if let seen, seen.isClosed { return nil }
            guard let state = try? await status.state(after: seen) else { return nil }
            seen = state
            return state
        }
    }
}
