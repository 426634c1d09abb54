import Transport

/// The monotonic clock of a server's sessions, and the timers that follow it.
///
/// All sessions have the same time, so that shared clocks agree.
package struct PlaybackTimers: Sendable {
    /// Nanoseconds since an arbitrary moment.
    let now: @Sendable () -> Int64
    /// A timer for waits that belong to no connection; it may count from another moment.
    let common: any PlaybackTimer
    /// Returns the timer of a session; a precise one wakes early and spins, if the clock can.
    let timer: @Sendable (WebSocketConnection, _ isPrecise: Bool) -> any PlaybackTimer

    /// Timers of the connections' event loops, which wake sooner than a task does.
    ///
    /// `clock` is the monotonic clock for waits that belong to no connection.
    package static func eventLoops(_ clock: some Clock<Duration>) -> PlaybackTimers {
        PlaybackTimers(now: { EventLoopTimer.now }, common: ClockTimer(clock)) { connection, isPrecise in
            let timer = connection.loopTimer
            return isPrecise ? PreciseTimer(timer) as any PlaybackTimer : timer
        }
    }

    /// Timers based on any clock, such as one that a test moves.
    package static func clock(_ clock: some Clock<Duration>) -> PlaybackTimers {
        let timer = ClockTimer(clock)
        return PlaybackTimers(now: { timer.now }, common: timer) { _, _ in timer }
    }

    private init(
        now: @escaping @Sendable () -> Int64,
        common: any PlaybackTimer,
        timer: @escaping @Sendable (WebSocketConnection, _ isPrecise: Bool) -> any PlaybackTimer
    ) {
        self.now = now
        self.common = common
        self.timer = timer
    }
}
