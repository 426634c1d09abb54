import MarketModel

/// When each message of a tape is due, counted from the first one.
///
/// Deadlines are absolute, so that being late once never makes the rest late.
struct PlaybackSchedule<C: Clock>: Sendable where C.Duration == Duration {
    private let speed: PlaybackSpeed
    private var origin: (tape: UnixNanoseconds, real: C.Instant)?

    init(speed: PlaybackSpeed) {
        self.speed = speed
    }

    /// False when every message may leave at once.
    var isPaced: Bool { speed != .max }

    /// The moment at which a message of `time` must leave; `nil` when it may leave at once.
    mutating func deadline(of time: UnixNanoseconds, now: @autoclosure () -> C.Instant) -> C.Instant? {
        guard case .factor(let factor) = speed else { return nil }
        guard let origin else {
            self.origin = (time, now())
            return nil
        }
        return origin.real.advanced(by: time.since(origin.tape) / factor)
    }
}
