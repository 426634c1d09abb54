import MarketModel
import Transport

/// Decides what happens after an attempt to connect, for all connections of a feed.
struct ConnectionLife: Sendable {
    /// The facts about an attempt that has ended.
    struct Ending: Sendable {
        var outcome: AttemptOutcome
        /// True if another connection delivers everything, so that losing this one costs nothing.
        var isCarried = false
        /// True if the feed needs only one connection and another lane provides it.
        var isSuperfluous = false
    }

    enum Next: Hashable, Sendable {
        /// The recording ends as the policy says.
        case end(StopCause)
        case fail(String)
        /// From now on, the feed uses only the other lane.
        case retire
        /// Another attempt follows after a delay.
        case retry(reason: String)
    }

    private let isOnce: Bool
    private let retriesFirst: Bool
    private var hold = VenueHold()
    private var hasEverSubscribed = false
    /// When the last connection ended.
    private(set) var tsDisconnected: UnixNanoseconds?

    init(_ policy: RecordingPolicy) {
        isOnce = policy.isOnce
        retriesFirst = policy.retriesFirstConnection
    }

    mutating func subscribed() { hasEverSubscribed = true }

    mutating func disconnected(at time: UnixNanoseconds) { tsDisconnected = time }

    /// What happens after an attempt, and the reason for the gap that begins when it ends; `nil` if nothing is missing.
    func next(after ending: Ending) -> (gap: String?, Next) {
        if ending.outcome.failure == nil, isOnce { return (nil, .end(.peerClosed)) }
        let reason =
            ending.outcome.isPlanned
            ? "the token was renewed" : ending.outcome.failure ?? "the peer closed the connection"
        guard hasEverSubscribed || retriesFirst else { return (nil, .fail(reason)) }
        let gap = ending.isCarried ? nil : reason
        if isOnce { return (gap, .fail(reason)) }
        return (gap, ending.isSuperfluous ? .retire : .retry(reason: reason))
    }

    // MARK: The venue's pauses

    /// What remains of the pause that the venue asked for, at a time on the monotonic clock; `nil` if nothing does.
    func holdRemaining(at time: Duration) -> Duration? { hold.remaining(at: time) }

    /// Notes that the venue asks for a pause of `delay` from `time` on the monotonic clock.
    mutating func holdOff(by delay: Duration, from time: Duration, using random: inout some RandomNumberGenerator) {
        hold.extend(by: delay, from: time, using: &random)
    }
}
