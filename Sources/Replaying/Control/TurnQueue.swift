import Synchronization

/// Admits one task at a time, in the order of arrival.
///
/// Requests that read files take turns, so that threads of the pool stay free for the tapes.
final class TurnQueue: Sendable {
    private struct State {
        var isTaken = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// The maximum number of waiting tasks.
    ///
    /// More are refused.
    private static let waitersMax = 64

    private let state = Mutex(State())

    /// Waits for the turn; returns false without a turn if too many tasks wait.
    ///
    /// If it returns true, the caller must call ``leave()``.
    func enter() async -> Bool {
        let isFull = state.withLock { $0.isTaken && $0.waiters.count >= Self.waitersMax }
        guard !isFull else { return false }
        await withCheckedContinuation { continuation in
            let isNext = state.withLock { state in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                state.waiters.append(continuation)
                return false
            }
            if isNext { continuation.resume() }
        }
        return true
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiters.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.resume()
    }
}
