import MarketModel

/// Keeps a loop over a short or empty part of a tape from using a whole core.
///
/// At a paced speed, laps start at least ``shortest`` apart. At full speed the reading client sets the pace, so only
/// laps that send nothing are slowed down: a rest follows each. Real times are nanoseconds of a monotonic clock.
struct LapPace: Sendable {
    /// The minimum time from the start of a lap to the start of the next lap, in nanoseconds.
    static let shortest: Int64 = 100_000_000
    /// At full speed, the rest after a lap without messages is the lap's length times this factor.
    private static let restFactor: Int64 = 9

    private let shortest: Int64
    private var began: Int64 = 0
    /// When the end of the lap was first seen.
    private var ended: Int64?
    private var hasDelivered = false

    init(shortest: Int64 = LapPace.shortest) {
        self.shortest = shortest
    }

    /// Starts a lap.
    ///
    /// Call it also when the tape has jumped.
    mutating func begin(now: Int64) {
        began = now
        ended = nil
        hasDelivered = false
    }

    /// Records that messages were sent to a client.
    mutating func noteDelivery() { hasDelivered = true }

    /// Returns when the next lap may start at the earliest.
    ///
    /// Call it when the lap has ended.
    mutating func next(now: Int64, isPaced: Bool) -> Int64 {
        let ended = ended ?? now
        self.ended = ended
        if isPaced { return began.addingSaturated(shortest) }
        if hasDelivered { return now }
        let (rest, overflow) = ended.subtractingSaturated(began).multipliedReportingOverflow(by: Self.restFactor)
        return ended.addingSaturated(overflow ? .max : max(shortest, rest))
    }
}
