import MarketModel
import Recording

/// The problems of a running recorder.
///
/// `status`, `/healthz` and `/readyz` all use this rule.
///
/// | | no problem | data is missing | nothing is recorded |
/// |---|---|---|---|
/// | `feedrec status` | 0 | 3 | 3 |
/// | `/readyz` | 200 | 503 | 503 |
/// | `/healthz` | 200 | 200 | 503 |
///
/// A feed whose market is closed is healthy. `/healthz` is for programs that restart the recorder; a restart does not
/// help if the venue is down.
struct RecorderHealth: Sendable {
    struct Problem: Codable, Hashable, Sendable {
        /// True if nothing at all is being recorded.
        var isFatal: Bool
        /// A description for people, on one line.
        var text: String
    }

    /// The problems, fatal ones first.
    let problems: [Problem]

    /// True if the recorder works, even if data is missing.
    var isAlive: Bool { !problems.contains(where: \.isFatal) }
    /// True if everything that was asked for is being recorded.
    var isReady: Bool { problems.isEmpty }

    init(problems: [Problem]) {
        self.problems = problems.filter(\.isFatal) + problems.filter { !$0.isFatal }
    }

    init(_ status: StatusDocument) {
        var problems: [Problem] = []
        if status.idleSeconds >= Self.hangingAfter / .seconds(1) {
            let seconds = Int(status.idleSeconds)
            problems.append(Problem(isFatal: true, text: "the recorder hangs: it has done nothing for \(seconds) s"))
        }
        if let halt = status.halt {
            problems.append(Problem(isFatal: true, text: "nothing can be stored: \(halt)"))
        }
        if let loss = status.loss { problems.append(Problem(isFatal: false, text: "a file was lost: \(loss)")) }
        for feed in status.feeds { problems += Self.problems(of: feed) }
        self.init(problems: problems)
    }

    /// A recorder hangs if it has not run its feeds for this long.
    static let hangingAfter: Duration = .seconds(30)

    private static func problems(of feed: StatusDocument.Feed) -> [Problem] {
        guard feed.isUp else {
            let reason = feed.lastFailure.map { ": \($0)" } ?? ""
            return [Problem(isFatal: false, text: "feed '\(feed.name)' is \(feed.state)\(reason)")]
        }
        guard feed.state != FeedState.closed.rawValue else { return [] }
        var texts: [String] = []
        if let cause = feed.openGap { texts.append("feed '\(feed.name)' misses data (\(cause))") }
        if !feed.undelivered.isEmpty {
            texts.append("feed '\(feed.name)' never received \(Suggestion.list(feed.undelivered))")
        }
        for (name, reason) in feed.refused.sorted(by: { $0.key < $1.key }) {
            texts.append("the venue refused '\(name)' to feed '\(feed.name)': \(reason)")
        }
        return texts.map { Problem(isFatal: false, text: $0) }
    }
}
