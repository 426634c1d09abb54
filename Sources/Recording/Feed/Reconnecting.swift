/// How an attempt to connect ended, for the decision about the next one.
struct AttemptOutcome: Sendable {
    /// Why the attempt failed; `nil` if the peer closed the connection normally.
    var failure: String?
    /// True if the connection was of use; see ``Reconnecting/usefulAfter``.
    var isUseful = false
    /// False if the venue said goodbye and did not ask us back.
    var isReturnWelcome = true
    /// True if we ended the connection ourselves, to open another one immediately.
    var isPlanned = false
}

/// Decides how long a lane waits before its next attempt to connect.
///
/// The delay doubles with each attempt. It starts over only after a connection that was of use, so that a venue that
/// accepts connections and then refuses the subscription is not contacted again and again.
struct Reconnecting: Sendable {
    /// A connection that has delivered data for this long was of use.
    static let usefulAfter = Duration.seconds(10)
    /// A connection that stayed subscribed for this long was also of use: some streams are quiet for hours.
    static let steadyAfter = Duration.seconds(300)

    private var backoff: Backoff
    private var goodbyeBackoff: Backoff
    /// The delays while the market is closed: a few attempts an hour.
    private var closedBackoff = Backoff(first: .seconds(60), max: .seconds(1200))

    init(_ backoff: Backoff, afterGoodbye goodbyeBackoff: Backoff) {
        self.backoff = backoff
        self.goodbyeBackoff = goodbyeBackoff
    }

    /// The wait before the next attempt; `hold` is the pause that the venue asked for, `leisure` the time for which the
    /// closed market needs no connection.
    mutating func delay(
        after outcome: AttemptOutcome,
        hold: Duration?,
        leisure: Duration? = nil,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        if outcome.isUseful {
            backoff.reset()
            goodbyeBackoff.reset()
            closedBackoff.reset()
        }
        if outcome.isPlanned { return hold ?? .zero }
        if let leisure { return max(min(closedBackoff.next(using: &generator), leisure), hold ?? .zero) }
        closedBackoff.reset()
        let delay =
            outcome.isReturnWelcome ? backoff.next(using: &generator) : goodbyeBackoff.next(using: &generator)
        return max(delay, hold ?? .zero)
    }
}

/// The pause that a venue asked for; it applies to all connections of a feed.
struct VenueHold: Sendable {
    /// Up to this much is added, so that clients of the venue do not all reconnect at the same moment.
    static let jitterMax = Duration.seconds(1)

    /// On the monotonic clock.
    private var until: Duration?

    /// Extends the pause to `delay` after `time`; a longer pause stays.
    mutating func extend(
        by delay: Duration,
        from time: Duration,
        using generator: inout some RandomNumberGenerator
    ) {
        let end = time + delay + Self.jitterMax * Double.random(in: 0...1, using: &generator)
        until = max(until ?? end, end)
    }

    /// The remaining pause; `nil` if there is none.
    func remaining(at time: Duration) -> Duration? {
        guard let until, until > time else { return nil }
        return until - time
    }
}
