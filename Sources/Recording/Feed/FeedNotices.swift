import Archive
import Venues

/// The last reports about missing names, refusals, the write-ahead log and the journal, so that each change is reported
/// once.
struct FeedNotices: Sendable {
    var undelivered: UndeliveredNames
    private var log: LogWatch
    private var journal = Journal.Condition.good
    /// More refused names than this are not reported: some venues' messages name what they refuse.
    private static let refusedMax = 4096

    /// The names whose refusal was reported.
    private var refused: Set<String> = []

    init(_ policy: RecordingPolicy) {
        undelivered = UndeliveredNames(patience: policy.deliveryPatience)
        log = LogWatch(bytesMax: policy.logBytesMax)
    }

    /// The refusals that were not reported yet: each new connection asks for everything again.
    mutating func news(of refusals: [SubscriptionRefusal]) -> [SubscriptionRefusal] {
        refusals.filter { refused.count < Self.refusedMax && refused.insert($0.name).inserted }
    }

    /// Notes that the venue has let the feed in; another refusal would be news.
    mutating func loggedIn() { refused.remove(SubscriptionRefusal.loginName) }

    /// The reports that are due, for a write-ahead log of `logBytes` and the journal's present condition.
    mutating func due(logBytes: Int64, journal condition: Journal.Condition?) -> [RecorderReport] {
        var reports: [RecorderReport] = []
        if let condition, condition != journal {
            journal = condition
            reports.append(.journal(condition))
        }
        if let report = log.look(at: logBytes) { reports.append(report) }
        return reports
    }
}
