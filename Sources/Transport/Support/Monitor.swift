#if !FEEDREC_TSAN
import Synchronization
#endif

/// State behind a lock, and the tasks that wait for it to change.
///
/// Event loops update and wake; tasks wait. Only the closures passed here run while the lock is held. They must be
/// short and must not use the monitor.
final class Monitor<State: Sendable, Topic: Hashable & Sendable>: Sendable {
    private struct Waiter {
        let id: UInt64
        let topic: Topic
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Guarded {
        var state: State
        var waiters: [Waiter] = []
        var nextID: UInt64 = 0
        /// Incremented by every wake, so that a wake between an attempt and the following wait is not missed.
        var wakeCount: UInt64 = 0
    }

    private let guarded: Mutex<Guarded>

    init(_ state: State) {
        guarded = Mutex(Guarded(state: state))
    }

    /// Reads or changes the state without waking tasks.
    @inline(__always)
    func update<Result: Sendable>(_ body: (inout State) throws -> Result) rethrows -> Result {
        try guarded.withLock { try body(&$0.state) }
    }

    /// Changes the state and wakes the tasks that wait for `topic`.
    func update<Result: Sendable>(waking topic: Topic, _ body: (inout State) -> Result) -> Result {
        let (result, woken) = guarded.withLock { guarded in
            let result = body(&guarded.state)
            return (result, Self.takeWaiters(for: topic, of: &guarded))
        }
        for waiter in woken { waiter.continuation.resume() }
        return result
    }

    /// Wakes the tasks that wait for `topic`.
    func wake(_ topic: Topic) {
        update(waking: topic) { _ in }
    }

    /// Waits until `attempt` returns a value.
    ///
    /// It is called at once, and again after each wake for `topic`.
    ///
    /// Throws `CancellationError` promptly when the task is cancelled, unless it `ignoresCancellation`.
    func wait<Result: Sendable>(
        for topic: Topic,
        ignoresCancellation: Bool = false,
        _ attempt: @Sendable (inout State) throws -> Result?
    ) async throws -> Result {
        while true {
            let (result, id, wakeCount) = try guarded.withLock { guarded in
                guarded.nextID += 1
                return (try attempt(&guarded.state), guarded.nextID, guarded.wakeCount)
            }
            if let result { return result }
            if ignoresCancellation {
                await suspend(id: id, topic: topic, wakeCount: wakeCount, ignoresCancellation: true)
                continue
            }
            try Task.checkCancellation()
            await withTaskCancellationHandler {
                await suspend(id: id, topic: topic, wakeCount: wakeCount, ignoresCancellation: false)
            } onCancel: {
                resume(id: id)
            }
            try Task.checkCancellation()
        }
    }

    private func suspend(id: UInt64, topic: Topic, wakeCount: UInt64, ignoresCancellation: Bool) async {
        await withCheckedContinuation { continuation in
            let isTooLate = guarded.withLock { guarded in
                // An earlier cancellation found no waiter to resume; a later one will.
                if guarded.wakeCount != wakeCount || (Task.isCancelled && !ignoresCancellation) { return true }
                guarded.waiters.append(Waiter(id: id, topic: topic, continuation: continuation))
                return false
            }
            if isTooLate { continuation.resume() }
        }
    }

    private func resume(id: UInt64) {
        let waiter = guarded.withLock { guarded -> Waiter? in
            guard let index = guarded.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return guarded.waiters.remove(at: index)
        }
        waiter?.continuation.resume()
    }

    private static func takeWaiters(for topic: Topic, of guarded: inout Guarded) -> [Waiter] {
        guarded.wakeCount &+= 1
        guard guarded.waiters.contains(where: { $0.topic == topic }) else { return [] }
        let woken = guarded.waiters.filter { $0.topic == topic }
        guarded.waiters.removeAll { $0.topic == topic }
        return woken
    }
}
