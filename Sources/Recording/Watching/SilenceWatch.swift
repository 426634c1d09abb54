/// How long a feed may be silent before its connection counts as dead, even if it still answers pings.
package enum SilenceRule: Sendable, Hashable {
    /// Learned from the feed: 20 times its longest usual pause, at least 30 s and at most an hour.
    case automatic
    case off
    case after(Duration)
}

/// Measures the pauses between data messages and reports one that is too long.
///
/// Times are on the monotonic clock.
struct SilenceWatch: Sendable {
    static let factor = 20
    static let learnedMin: Duration = .seconds(30)
    static let learnedMax: Duration = .seconds(3600)
    /// The number of pauses to observe before a limit is derived.
    private static let pausesMin = 50
    /// A pause counts as usual for at least this long, and at most twice as long.
    private static let memory: Duration = .seconds(3600)

    private let rule: SilenceRule
    /// When data last came, or the connection began; `nil` while no data is expected.
    private var last: Duration?
    private var pauseCount = 0
    /// The longest pauses of the present memory period and of the previous one.
    private var longest: (present: Duration, past: Duration) = (.zero, .zero)
    private var memoryBegan: Duration = .zero
    /// Doubles with each silence that a new connection did not end: the market may simply be closed.
    private var patience = 1
    private var isFresh = true

    init(_ rule: SilenceRule) {
        self.rule = rule
    }

    /// The longest allowed pause at present; `nil` if it is not known yet or silence is not watched.
    var limit: Duration? {
        switch rule {
        case .off: return nil
        case .after(let duration): return duration
        case .automatic:
            guard pauseCount >= Self.pausesMin else { return nil }
            let learned = max(longest.present, longest.past) * Self.factor
            return min(max(learned, Self.learnedMin) * patience, Self.learnedMax)
        }
    }

    /// Starts the pause over after a connection has subscribed.
    mutating func connectionBegan(at time: Duration) {
        last = time
        isFresh = true
    }

    /// Starts the pause over after a time in which the connection was not read; nothing is learned from that time.
    mutating func listeningResumed(at time: Duration) {
        if last != nil { last = time }
    }

    /// Ends the watch until the next connection.
    mutating func connectionEnded() {
        last = nil
    }

    mutating func dataArrived(at time: Duration) {
        defer {
            last = time
            isFresh = false
            patience = 1
        }
        // The wait for a connection's first data is not a pause of the feed.
        guard let last, !isFresh else { return }
        if time - memoryBegan >= Self.memory {
            longest = (.zero, longest.present)
            memoryBegan = time
        }
        longest.present = max(longest.present, time - last)
        pauseCount = min(pauseCount + 1, Self.pausesMin)
    }

    /// The length of the silence if it is too long; the watch then waits for the next connection.
    mutating func check(at time: Duration) -> Duration? {
        guard let last, let limit, time - last >= limit else { return nil }
        if isFresh { patience = min(patience * 2, 1 << 10) }
        self.last = nil
        return time - last
    }
}
