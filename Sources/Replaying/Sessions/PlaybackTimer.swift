import Synchronization

/// A monotonic clock with scheduled calls.
///
/// It paces a tape.
package protocol PlaybackTimer: Sendable {
    /// Nanoseconds since an arbitrary moment.
    var now: Int64 { get }

    /// Calls `body` once when the clock shows `deadline`, or soon after, from any thread. The result cancels the call.
    func schedule(at deadline: Int64, _ body: @escaping @Sendable () -> Void) -> @Sendable () -> Void

    /// Spins until `deadline`, which must be very close. Only a precise timer, which wakes early, needs this.
    func spin(until deadline: Int64)

    /// The initial time by which a precise timer wakes early; 0 for other timers.
    var leadNanoseconds: Int64 { get }
}

extension PlaybackTimer {
    package func spin(until deadline: Int64) {}
    package var leadNanoseconds: Int64 { 0 }
}

/// A timer based on any clock: a task sleeps for each call.
package struct ClockTimer<C: Clock>: PlaybackTimer where C.Duration == Duration {
    private let clock: C
    private let origin: C.Instant

    package init(_ clock: C) {
        self.clock = clock
        origin = clock.now
    }

    package var now: Int64 { origin.duration(to: clock.now).wholeNanosecondsExact }

    package func schedule(at deadline: Int64, _ body: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
        let (clock, instant) = (clock, origin.advanced(by: .nanoseconds(deadline)))
        let task = Task {
            guard (try? await clock.sleep(until: instant, tolerance: .zero)) != nil else { return }
            body()
        }
        return { task.cancel() }
    }
}

extension Duration {
    fileprivate var wholeNanosecondsExact: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }
}

/// A timer with at most one pending call.
struct ArmedTimer {
    let timer: any PlaybackTimer
    private var deadline: Int64?
    private var cancel: (@Sendable () -> Void)?

    init(_ timer: any PlaybackTimer) {
        self.timer = timer
    }

    /// Schedules `signal` for `deadline` and cancels an earlier schedule; `nil` for none.
    mutating func arm(at deadline: Int64?, _ signal: WakeSignal) {
        guard deadline != self.deadline else { return }
        cancel?()
        cancel = nil
        self.deadline = deadline
        guard let deadline else { return }
        cancel = timer.schedule(at: deadline) { signal.signal() }
    }

    /// Clears a timer that has fired, so that the same deadline can be scheduled again.
    ///
    /// Call it after each wait.
    mutating func expire(now: Int64) {
        guard let deadline, deadline <= now else { return }
        cancel?()
        cancel = nil
        self.deadline = nil
    }
}
