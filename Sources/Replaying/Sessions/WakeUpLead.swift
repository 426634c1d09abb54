/// The time by which a precise timer wakes early: the 99th percentile of its wake-up delays.
///
/// The timer spins for the remainder, so the lead is as short as the machine and its load allow.
struct WakeUpLead: Sendable {
    static let bounds: ClosedRange<Int64> = 50_000...500_000
    /// The delay between the wake-up and its measurement, plus a reserve.
    private static let margin: Int64 = 10_000
    private static let step: Int64 = 200

    /// 0 for a timer that does not wake early.
    private(set) var nanoseconds: Int64

    init(_ timer: some PlaybackTimer) {
        nanoseconds = timer.leadNanoseconds
    }

    /// Records that a wake-up was `late` nanoseconds late.
    ///
    /// The lead grows by 99 steps for a longer delay and shrinks by one step otherwise. So it settles at the 99th
    /// percentile, and a single long delay changes little.
    mutating func note(late: Int64) {
        // A thread that waited for other processes is too late for any lead. More spinning would only add to the load.
        guard nanoseconds > 0, late <= Self.bounds.upperBound else { return }
        nanoseconds += late > nanoseconds - Self.margin ? 99 * Self.step : -Self.step
        nanoseconds = min(max(nanoseconds, Self.bounds.lowerBound), Self.bounds.upperBound)
    }
}
