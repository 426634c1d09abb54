/// How much early a precise timer wakes: what its wake-ups are late by, 99 times in a hundred.
///
/// What is left is spun away, so it is no longer than it has to be; the machine and its load decide.
struct WakeUpLead: Sendable {
    static let bounds: ClosedRange<Int64> = 50_000...500_000
    /// From the wake-up to where it is noticed, and a little to spare.
    private static let margin: Int64 = 10_000
    private static let step: Int64 = 200

    /// 0 for a timer that wakes when it is due.
    private(set) var nanoseconds: Int64

    init(_ timer: some PlaybackTimer) {
        nanoseconds = timer.leadNanoseconds
    }

    /// A wake-up came `late` nanoseconds after it was due.
    ///
    /// Up by 99 steps for a later one, down by one for any other: that settles where one of a hundred is later, and no single one,
    /// however late, changes much.
    mutating func note(late: Int64) {
        // A thread that had to wait for other processes comes too late for any lead: spinning longer would only add to their load.
        guard nanoseconds > 0, late <= Self.bounds.upperBound else { return }
        nanoseconds += late > nanoseconds - Self.margin ? 99 * Self.step : -Self.step
        nanoseconds = min(max(nanoseconds, Self.bounds.lowerBound), Self.bounds.upperBound)
    }
}
