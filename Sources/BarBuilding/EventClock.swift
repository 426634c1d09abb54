import MarketModel

/// Tells the venue's time from ours.
///
/// Venues run ahead of our clock or behind it, and some (MT4) keep the local time of a broker, hours away. The smallest
/// distance between `ts_recv` and `ts_event` that was seen lately is taken for the difference of the clocks: ticks that
/// were delayed, or repeat an old time, are further behind.
struct EventClock: Sendable {
    /// What the venue's clock is behind ours, in nanoseconds; negative when it is ahead.
    private var lag: Int64?
    /// The smallest distance since ``settle()`` was called last.
    private var lagSeen = Int64.max

    @inline(__always)
    mutating func note(tsEvent: Int64, tsRecv: Int64) {
        let (distance, overflow) = tsRecv.subtractingReportingOverflow(tsEvent)
        if !overflow, distance < lagSeen { lagSeen = distance }
    }

    /// Takes over what was seen since the last call, if anything was.
    mutating func settle() {
        guard lagSeen != .max else { return }
        lag = lagSeen
        lagSeen = .max
    }

    /// The venue's time when our clock shows `tsRecv`.
    ///
    /// It is `nil` before the first tick, and saturates at the ends of the range.
    func eventTime(at tsRecv: Int64) -> Int64? {
        guard let lag else { return nil }
        let (time, overflow) = tsRecv.subtractingReportingOverflow(lag)
        return overflow ? (lag < 0 ? .max : .min) : time
    }
}

/// A moment of the tape on both clocks.
struct TapeMoment: Sendable {
    let recv: Int64
    /// `nil` where the venue's time is not known.
    let event: Int64?

    /// The moment on the clock that the bars of `source` follow.
    func time(_ source: BarTimeSource) -> Int64? {
        source == .event ? event : recv
    }
}
