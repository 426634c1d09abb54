/// Keeps a loop over a short or empty part of a tape from taking a whole core.
///
/// At a paced speed, laps begin at least ``shortest`` apart. At full speed the client that reads sets the pace, so only
/// laps that send nothing are slowed down: each is followed by a rest. Real times are nanoseconds of a monotonic clock.
struct LapPace: Sendable {
    /// The least time from the start of a lap to the start of the next one, in nanoseconds.
    static let shortest: Int64 = 100_000_000
    /// At full speed, a lap that sent nothing is followed by a rest of its own length times this.
    private static let restFactor: Int64 = 9

    private let shortest: Int64
    private var began: Int64 = 0
    /// When the lap was first seen to be over.
    private var ended: Int64?
    private var hasDelivered = false

    init(shortest: Int64 = LapPace.shortest) {
        self.shortest = shortest
    }

    /// A lap begins, or the tape goes on from elsewhere.
    mutating func begin(now: Int64) {
        began = now
        ended = nil
        hasDelivered = false
    }

    /// Messages left for a client.
    mutating func noteDelivery() { hasDelivered = true }

    /// The lap is over: when the next one may begin, at the earliest.
    mutating func next(now: Int64, isPaced: Bool) -> Int64 {
        let ended = ended ?? now
        self.ended = ended
        if isPaced { return began.addingSaturated(shortest) }
        if hasDelivered { return now }
        let (rest, overflow) = ended.subtractingSaturated(began).multipliedReportingOverflow(by: Self.restFactor)
        return ended.addingSaturated(overflow ? .max : max(shortest, rest))
    }
}
