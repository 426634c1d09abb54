import Synchronization

/// Why a recording ended.
package enum StopCause: String, Sendable, Hashable {
    case duration
    case count
    case signal
    /// The feed is no longer in the configuration.
    case removed
    case peerClosed = "peer_closed"
    case endOfFile = "end_of_file"
    case error
}

/// Asks a running recording to end in an orderly way, from any thread.
package final class StopControl: Sendable {
    private struct State {
        var cause: StopCause?
        var waiter: CheckedContinuation<Void, Never>?
        var isCancelled = false
    }

    private let state = Mutex(State())

    package init() {}

    /// The first requested cause, if there is one.
    package var cause: StopCause? { state.withLock(\.cause) }

    /// Requests the end; only the first cause counts.
    package func request(_ cause: StopCause) {
        let waiter = state.withLock { state in
            if state.cause == nil { state.cause = cause }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Waits for ``request(_:)`` or for the task's cancellation.
    ///
    /// Only one task may wait.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.cause != nil || state.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.isCancelled = true
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}
