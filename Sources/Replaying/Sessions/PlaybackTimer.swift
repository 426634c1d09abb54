import Synchronization

/// A monotonic clock, and calls at moments of it; what paces a tape.
package protocol PlaybackTimer: Sendable {
    /// Nanoseconds since some moment.
    var now: Int64 { get }

    /// Calls `body` once when the clock shows `deadline`, or soon after; from any thread. The result calls it off.
    func schedule(at deadline: Int64, _ body: @escaping @Sendable () -> Void) -> @Sendable () -> Void

    /// Waits, without giving up the thread, for what is left to `deadline`, where that is next to nothing; a timer that is
    /// precise wakes early and does that.
    func spin(until deadline: Int64)

    /// How much early a precise timer wakes at first; 0 for one that is not.
    var leadNanoseconds: Int64 { get }
}

extension PlaybackTimer {
    package func spin(until deadline: Int64) {}
    package var leadNanoseconds: Int64 { 0 }
}

/// A timer out of any clock: a task sleeps for each call.
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

/// At most one call that is still to come.
struct ArmedTimer {
    let timer: any PlaybackTimer
    private var deadline: Int64?
    private var cancel: (@Sendable () -> Void)?

    init(_ timer: any PlaybackTimer) {
        self.timer = timer
    }

    /// Has `signal` signalled at `deadline`, and at no other time; `nil` for never.
    mutating func arm(at deadline: Int64?, _ signal: WakeSignal) {
        guard deadline != self.deadline else { return }
        cancel?()
        cancel = nil
        self.deadline = deadline
        guard let deadline else { return }
        cancel = timer.schedule(at: deadline) { signal.signal() }
    }

    /// To be called when the timer may have fired, so that the same moment can be waited for again.
    mutating func expire(now: Int64) {
        guard let deadline, deadline <= now else { return }
        cancel?()
        cancel = nil
        self.deadline = nil
    }
}
