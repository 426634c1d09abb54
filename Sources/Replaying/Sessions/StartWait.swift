import MarketModel

/// Decides when a venue's client has said what it wants, so that its tape may start and it misses nothing.
///
/// Venues do not say that a client is done: some subscribe in the URL, some by one call, some call by call with pauses of
/// half a second. The tape waits for a quiet time after the last call. Times are nanoseconds of a monotonic clock.
struct StartWait: Sendable {
    /// How long a client may take to add to what its URL names.
    static let afterURL: Int64 = 200_000_000
    /// The least quiet time after a call.
    static let afterCall: Int64 = 1_000_000_000
    /// The quiet time is this many times the longest pause between two calls so far, if that is longer.
    static let pauseFactor: Int64 = 3
    /// The longest quiet time.
    static let longest: Int64 = 10_000_000_000

    /// A fixed quiet time; `nil` for the rule above.
    private let quiet: Int64?
    /// The tape starts with this subscription, whatever the time; `nil` for a quiet time.
    private let subscriptionsMin: Int?
    /// When the client said something the last time; `nil` while it is subscribed to nothing.
    private var lastCall: Int64?
    private var quietTime: Int64
    private var longestPause: Int64 = 0
    private var hasCalled = false
    private var count = 0

    /// A client connects; `subscriptions` are those that its URL names, to which it may add for ``afterURL`` or, where
    /// that is given, for `quietAfterURL`.
    init(quiet: Duration?, quietAfterURL: Duration? = nil, subscriptionsMin: Int?, subscriptions: Int, now: Int64) {
        self.quiet = quiet?.wholeNanoseconds
        self.subscriptionsMin = subscriptionsMin
        count = subscriptions
        lastCall = subscriptions > 0 ? now : nil
        quietTime = (quietAfterURL ?? quiet)?.wholeNanoseconds ?? Self.afterURL
    }

    /// The client changed its subscriptions, and has this many now.
    mutating func noteCall(subscriptions: Int, now: Int64) {
        if hasCalled, let lastCall { longestPause = max(longestPause, now - lastCall) }
        hasCalled = true
        count = subscriptions
        lastCall = subscriptions > 0 ? now : nil
        let wanted = longestPause.multipliedReportingOverflow(by: Self.pauseFactor)
        quietTime = quiet ?? min(max(Self.afterCall, wanted.overflow ? .max : wanted.partialValue), Self.longest)
    }

    /// When the tape may start; `nil` if that takes another call.
    var ready: Int64? {
        guard let lastCall else { return nil }
        guard let subscriptionsMin else { return lastCall.addingSaturated(quietTime) }
        return count >= subscriptionsMin ? lastCall : nil
    }
}
