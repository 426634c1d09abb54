/// How an attempt to connect ended, as far as it matters for the next one.
struct AttemptOutcome: Sendable {
    /// Why it failed; `nil` if the peer closed the connection normally.
    var failure: String?
    /// True if the connection was of use; see ``Reconnecting/usefulAfter``.
    var isUseful = false
    /// False if the venue said goodbye and did not ask us back.
    var isReturnWelcome = true
    /// True if we ended the connection ourselves to open another at once.
    var isPlanned = false
}

/// Decides how long a lane waits before its next attempt to connect.
///
/// The delays double from attempt to attempt. They start over only after a connection that was of use, so that a venue
/// which accepts and then refuses is not called again and again.
struct Reconnecting: Sendable {
    /// A connection that has delivered data for this long was of use.
    static let usefulAfter = Duration.seconds(10)
    /// So was one that stayed subscribed for this long: some streams have nothing to say for hours.
    static let steadyAfter = Duration.seconds(300)

    private var backoff: Backoff
    private var goodbyeBackoff: Backoff
    /// While the market is closed; a handful of attempts an hour.
    private var closedBackoff = Backoff(first: .seconds(60), max: .seconds(1200))

    init(_ backoff: Backoff, afterGoodbye goodbyeBackoff: Backoff) {
        self.backoff = backoff
        self.goodbyeBackoff = goodbyeBackoff
    }

    /// The wait before the next attempt; `hold` is the time for which the venue asked to be left alone, `leisure` that for
    /// which the closed market needs no connection.
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

/// The time for which a venue asked to be left alone; it holds for all connections of a feed.
struct VenueHold: Sendable {
    /// Up to this much is added, so that not all clients of a venue come back at the same moment.
    static let jitterMax = Duration.seconds(1)

    /// On the monotonic clock.
    private var until: Duration?

    /// The venue asked for `delay` from `time` on; a longer wait that it asked for before stays.
    mutating func extend(
        by delay: Duration,
        from time: Duration,
        using generator: inout some RandomNumberGenerator
    ) {
        let end = time + delay + Self.jitterMax * Double.random(in: 0...1, using: &generator)
        until = max(until ?? end, end)
    }

    /// What is left of it.
    func remaining(at time: Duration) -> Duration? {
        guard let until, until > time else { return nil }
        return until - time
    }
}
