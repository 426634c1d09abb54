import MarketModel

/// Estimates the venue's time from ours.
///
/// Venues run ahead of our clock or late, and some (MT4) use a broker's local time, hours away. The smallest recent
/// difference between `ts_recv` and `ts_event` counts as the difference of the clocks; delayed ticks, or ticks with an
/// old time, have a larger one.
struct EventClock: Sendable {
    /// Our clock minus the venue's, in nanoseconds; negative if the venue is ahead.
    private var lag: Int64?
    /// The smallest difference since the last call of ``settle()``.
    private var lagSeen = Int64.max

    @inline(__always)
    mutating func note(tsEvent: Int64, tsRecv: Int64) {
        let (distance, overflow) = tsRecv.subtractingReportingOverflow(tsEvent)
        if !overflow, distance < lagSeen { lagSeen = distance }
    }

    /// Adopts the difference seen since the last call, if there was one.
    mutating func settle() {
        guard lagSeen != .max else { return }
        lag = lagSeen
        lagSeen = .max
    }

    /// The venue's time when our clock shows `tsRecv`.
    ///
    /// `nil` before the first tick; clamped to the range.
    func eventTime(at tsRecv: Int64) -> Int64? {
        guard let lag else { return nil }
        let (time, overflow) = tsRecv.subtractingReportingOverflow(lag)
        return overflow ? (lag < 0 ? .max : .min) : time
    }
}

/// A moment on both clocks of bars.
struct BarMoment: Sendable {
    let recv: Int64
    /// `nil` if the venue's time is unknown.
    let event: Int64?

    /// The moment on the clock of bars with this `source`.
    func time(_ source: BarTimeSource) -> Int64? {
        source == .event ? event : recv
    }
}
