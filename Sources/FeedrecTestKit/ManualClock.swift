package import MarketModel
import Synchronization

/// A clock that only moves when a test moves it; tasks that sleep on it do not really wait.
package final class ManualClock: Clock, Sendable {
    /// A moment, relative to the creation of the clock.
    package struct Instant: InstantProtocol, CustomStringConvertible {
        package var offset: Duration

        package init(_ offset: Duration) {
            self.offset = offset
        }

        package func advanced(by duration: Duration) -> Instant { Instant(offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
        package var description: String { "\(offset)" }
    }

    private struct Sleeper {
        let id: UInt64
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Observer {
        let id: UInt64
        let isSatisfied: @Sendable ([Instant]) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now = Instant(.zero)
        var nextID: UInt64 = 0
        var sleepers: [Sleeper] = []
        var observers: [Observer] = []

        var deadlines: [Instant] { sleepers.map(\.deadline).sorted() }

        /// Removes and returns the observers whose condition the present sleepers satisfy.
        mutating func takeSatisfied() -> [Observer] {
            let deadlines = deadlines
            let satisfied = observers.filter { $0.isSatisfied(deadlines) }
            observers.removeAll { $0.isSatisfied(deadlines) }
            return satisfied
        }
    }

    private let state = Mutex(State())
    /// The wall-clock time at which this clock stood at zero.
    private let unixStart: UnixNanoseconds

    /// Starts on 2026-01-05, 00:00 UTC, by default.
    package init(unixStart: UnixNanoseconds = UnixNanoseconds(1_767_571_200_000_000_000)) {
        self.unixStart = unixStart
    }

    package var now: Instant { state.withLock(\.now) }
    package var minimumResolution: Duration { .zero }

    /// The wall-clock time, which moves with this clock.
    package var unixNow: UnixNanoseconds { unixStart.advanced(by: now.offset) }

    package func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let id = makeID()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                lieDown(Sleeper(id: id, deadline: deadline, continuation: continuation))
            }
        } onCancel: {
            let (sleeper, observers) = state.withLock { state -> (Sleeper?, [Observer]) in
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else { return (nil, []) }
                return (state.sleepers.remove(at: index), state.takeSatisfied())
            }
            sleeper?.continuation.resume(throwing: CancellationError())
            for observer in observers { observer.continuation.resume() }
        }
    }

    private func makeID() -> UInt64 {
        state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
    }

    private func lieDown(_ sleeper: Sleeper) {
        let (outcome, observers) = state.withLock { state -> (Result<Void, any Error>?, [Observer]) in
            // An earlier cancellation found no sleeper to wake; a later one will.
            if Task.isCancelled { return (.failure(CancellationError()), []) }
            if sleeper.deadline <= state.now { return (.success(()), []) }
            state.sleepers.append(sleeper)
            return (nil, state.takeSatisfied())
        }
        if let outcome { sleeper.continuation.resume(with: outcome) }
        for observer in observers { observer.continuation.resume() }
    }

    // MARK: For the test

    /// The deadlines of the present sleepers, earliest first.
    package var deadlines: [Instant] { state.withLock(\.deadlines) }

    /// Moves the clock and wakes the sleepers that are due, earliest first.
    package func advance(by duration: Duration) {
        advance(to: now.advanced(by: duration))
    }

    package func advance(to instant: Instant) {
        let (woken, observers) = state.withLock { state in
            state.now = max(state.now, instant)
            let now = state.now
            let woken = state.sleepers.filter { $0.deadline <= now }
            state.sleepers.removeAll { $0.deadline <= now }
            return (woken.sorted { ($0.deadline, $0.id) < ($1.deadline, $1.id) }, state.takeSatisfied())
        }
        for sleeper in woken { sleeper.continuation.resume() }
        for observer in observers { observer.continuation.resume() }
    }

    /// Waits until the sleepers' deadlines, earliest first, satisfy the condition, or until the task is cancelled.
    package func untilSleeping(where isSatisfied: @escaping @Sendable ([Instant]) -> Bool) async {
        let id = makeID()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAlready = state.withLock { state in
                    if Task.isCancelled || isSatisfied(state.deadlines) { return true }
                    state.observers.append(Observer(id: id, isSatisfied: isSatisfied, continuation: continuation))
                    return false
                }
                if isAlready { continuation.resume() }
            }
        } onCancel: {
            let observer = state.withLock { state -> Observer? in
                guard let index = state.observers.firstIndex(where: { $0.id == id }) else { return nil }
                return state.observers.remove(at: index)
            }
            observer?.continuation.resume()
        }
    }

    /// Waits until at least `count` tasks sleep.
    package func untilSleeping(count: Int) async {
        await untilSleeping { $0.count >= count }
    }

    /// Waits until a task sleeps until `offset` after the start, to the nanosecond.
    package func untilSleeping(until offset: Duration) async {
        await untilSleeping { $0.contains { abs($0.offset - offset) < .nanoseconds(1) } }
    }
}

private func abs(_ duration: Duration) -> Duration { duration < .zero ? .zero - duration : duration }
