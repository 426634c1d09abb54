/// How long a feed may say nothing before its connection counts as dead, although it may answer pings.
package enum SilenceRule: Sendable, Hashable {
    /// Learned from the feed itself: 20 times its longest usual pause, at least 30 s.
    case automatic
    case off
    case after(Duration)
}

/// Measures the pauses between messages with data, and says when one is too long.
///
/// Times are those of a clock that nobody sets.
struct SilenceWatch: Sendable {
    static let factor = 20
    static let learnedMin: Duration = .seconds(30)
    static let learnedMax: Duration = .seconds(3600)
    /// So many pauses are heard before the feed is known.
    private static let pausesMin = 50
    /// Pauses count as usual for this long, and as much again.
    private static let memory: Duration = .seconds(3600)

    private let rule: SilenceRule
    /// When data came last, or the connection began.
    private var last: Duration?
    private var pauseCount = 0
    /// The longest pauses of the present stretch of memory and of the one before.
    private var longest: (present: Duration, past: Duration) = (.zero, .zero)
    private var memoryBegan: Duration = .zero
    /// Doubles with each silence that a new connection did not end: markets close, and then nobody is to blame.
    private var patience = 1
    private var isFresh = true

    init(_ rule: SilenceRule) {
        self.rule = rule
    }

    /// How long data may stay away just now; `nil` while that is not known, or does not matter.
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

    /// A connection has subscribed; the pause begins anew.
    mutating func connectionBegan(at time: Duration) {
        last = time
        isFresh = true
    }

    /// Nobody listened until now: the pause begins anew, and is not learned from.
    mutating func listeningResumed(at time: Duration) {
        if last != nil { last = time }
    }

    /// The connection is over; nothing is expected until the next.
    mutating func connectionEnded() {
        last = nil
    }

    mutating func dataArrived(at time: Duration) {
        defer {
            last = time
            isFresh = false
            patience = 1
        }
        // The wait for the first data of a connection is no pause of the feed.
        guard let last, !isFresh else { return }
        if time - memoryBegan >= Self.memory {
            longest = (.zero, longest.present)
            memoryBegan = time
        }
        longest.present = max(longest.present, time - last)
        pauseCount = min(pauseCount + 1, Self.pausesMin)
    }

    /// How long the silence is, once it is too long; the watch then waits for the next connection.
    mutating func check(at time: Duration) -> Duration? {
        guard let last, let limit, time - last >= limit else { return nil }
        if isFresh { patience = min(patience * 2, 1 << 10) }
        self.last = nil
        return time - last
    }
}
