import Synchronization

/// Lets tasks wait until something that other code changes is true.
///
/// The state itself belongs to an actor or is protected by a lock. Its owner calls ``signal()`` after each change, and
/// every waiting task then checks its condition again. Calls may come from any thread.
final class Condition: Sendable {
    /// How a limited wait ended.
    enum Ending: Hashable, Sendable { case met, cancelled, timedOut }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        /// In order of arrival.
        var waiters: [Waiter] = []
        /// Incremented by each signal, so that a signal between a check and the following wait is not missed.
        var signalCount: UInt64 = 0
        var lastID: UInt64 = 0
        /// The current limited waits; the value is set if the wait is over although its condition is not met.
        var limited: [UInt64: Ending?] = [:]

        mutating func makeID() -> UInt64 {
            lastID += 1
            return lastID
        }
    }

    private let state = Mutex(State())

    /// Wakes all waiting tasks, in order of arrival.
    func signal() {
        let woken = state.withLock { state in
            state.signalCount &+= 1
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Waits until `isMet` returns true, even if the task is cancelled.
    ///
    /// Use it if the change is certain to happen. `isMet` is called on the caller's actor, at once and after each
    /// signal. On an actor, nothing runs between the last call and the return.
    func wait(isolation: isolated (any Actor)? = #isolation, until isMet: () -> Bool) async {
        let id = state.withLock { $0.makeID() }
        while true {
            let signalCount = state.withLock(\.signalCount)
            if isMet() { return }
            await suspend(id, after: signalCount)
        }
    }

    /// Waits until `isMet` returns true, the task is cancelled, or `limit` has passed on `clock`.
    ///
    /// If the condition is met as well, that counts.
    func wait(
        atMost limit: Duration,
        on clock: any Clock<Duration>,
        isolation: isolated (any Actor)? = #isolation,
        until isMet: () -> Bool
    ) async -> Ending {
        let id = beginLimitedWait()
        async let _: Void = endWait(id, after: limit, on: clock)
        return await waitLimited(id, until: isMet)
    }

    /// Waits until `isMet` returns true or the task is cancelled; returns false if it was cancelled.
    func waitUnlessCancelled(isolation: isolated (any Actor)? = #isolation, until isMet: () -> Bool) async -> Bool {
        await waitLimited(beginLimitedWait(), until: isMet) == .met
    }

    // MARK: Implementation

    private func beginLimitedWait() -> UInt64 {
        state.withLock { state in
            let id = state.makeID()
            state.limited[id] = .some(nil)
            return id
        }
    }

    private func waitLimited(
        _ id: UInt64,
        isolation: isolated (any Actor)? = #isolation,
        until isMet: () -> Bool
    ) async -> Ending {
        defer { state.withLock { $0.limited[id] = nil } }
        return await withTaskCancellationHandler {
            while true {
                let (signalCount, ending) = state.withLock { ($0.signalCount, $0.limited[id] ?? nil) }
                if isMet() { return .met }
                if let ending { return ending }
                await suspend(id, after: signalCount)
            }
        } onCancel: {
            endWait(id, .cancelled)
        }
    }

    /// Suspends until the next signal, unless one has come since `signalCount` or the wait is over.
    private func suspend(
        _ id: UInt64,
        after signalCount: UInt64,
        isolation: isolated (any Actor)? = #isolation
    ) async {
        await withCheckedContinuation { continuation in
            let isTooLate = state.withLock { state in
                if state.signalCount != signalCount || (state.limited[id] ?? nil) != nil { return true }
                state.waiters.append(Waiter(id: id, continuation: continuation))
                return false
            }
            if isTooLate { continuation.resume() }
        }
    }

    private func endWait(_ id: UInt64, after limit: Duration, on clock: any Clock<Duration>) async {
        do { try await clock.sleep(for: limit, tolerance: nil) } catch { return }
        endWait(id, .timedOut)
    }

    private func endWait(_ id: UInt64, _ ending: Ending) {
        let waiter = state.withLock { state -> Waiter? in
            guard case .some(nil) = state.limited[id] else { return nil }
            state.limited[id] = ending
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume()
    }
}
