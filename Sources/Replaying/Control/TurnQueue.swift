import Synchronization

/// Lets one task in at a time, in the order in which they came.
///
/// Requests that read files take turns, so that they leave threads of the pool to the tapes.
final class TurnQueue: Sendable {
    private struct State {
        var isTaken = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// More waiting tasks than this are turned away.
    private static let waitersMax = 64

    private let state = Mutex(State())

    /// Waits for the turn; false, and no turn, if too many wait.
    ///
    /// After true, ``leave()`` must be called.
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
