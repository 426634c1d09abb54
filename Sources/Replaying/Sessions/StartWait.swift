import MarketModel

/// Decides when a venue's client has finished subscribing, so that its tape may start and the client misses nothing.
///
/// Venue protocols do not mark the last subscription. Some clients subscribe in the URL, some with one call, some call
/// by call with pauses of half a second. So the tape waits for a quiet time after the last call. Times are nanoseconds
/// of a monotonic clock.
struct StartWait: Sendable {
    /// The quiet time for a client with subscriptions in its URL.
    static let afterURL: Int64 = 200_000_000
    /// The minimum quiet time after a call.
    static let afterCall: Int64 = 1_000_000_000
    /// The quiet time is at least this many times the longest pause between two calls so far.
    static let pauseFactor: Int64 = 3
    /// The maximum quiet time.
    static let longest: Int64 = 10_000_000_000

    /// A fixed quiet time; `nil` for the rule above.
    private let quiet: Int64?
    /// The tape starts after this many subscriptions, whatever the time; `nil` for a quiet time.
    private let subscriptionsMin: Int?
    /// When the client last changed its subscriptions; `nil` while it has none.
    private var lastCall: Int64?
    private var quietTime: Int64
    private var longestPause: Int64 = 0
    private var hasCalled = false
    private var count = 0

    /// Starts when a client connects.
    ///
    /// `subscriptions` is the number in its URL. The client may add to them for ``afterURL``, or for `quietAfterURL` if
    /// it is given.
    init(quiet: Duration?, quietAfterURL: Duration? = nil, subscriptionsMin: Int?, subscriptions: Int, now: Int64) {
        self.quiet = quiet?.wholeNanoseconds
        self.subscriptionsMin = subscriptionsMin
        count = subscriptions
        lastCall = subscriptions > 0 ? now : nil
        quietTime = (quietAfterURL ?? quiet)?.wholeNanoseconds ?? Self.afterURL
    }

    /// Records that the client changed its subscriptions and now has this many.
    mutating func noteCall(subscriptions: Int, now: Int64) {
        if hasCalled, let lastCall { longestPause = max(longestPause, now - lastCall) }
        hasCalled = true
        count = subscriptions
        lastCall = subscriptions > 0 ? now : nil
        let wanted = longestPause.multipliedReportingOverflow(by: Self.pauseFactor)
        quietTime = quiet ?? min(max(Self.afterCall, wanted.overflow ? .max : wanted.partialValue), Self.longest)
    }

    /// When the tape may start; `nil` if the client must first make another call.
    var ready: Int64? {
        guard let lastCall else { return nil }
        guard let subscriptionsMin else { return lastCall.addingSaturated(quietTime) }
        return count >= subscriptionsMin ? lastCall : nil
    }
}
