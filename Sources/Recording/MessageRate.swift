import Archive
import MarketModel

/// How many messages with data come in a second, over about the last ten; times are those of a clock that nobody sets.
struct MessageRate: Sendable {
    private static let memory = 10.0
    private(set) var perSecond: Double?
    private var last: (count: Int64, time: Duration)?

    /// Notes how many have come by now.
    mutating func note(_ count: Int64, at time: Duration) {
        guard let last else { return self.last = (count, time) }
        let seconds = (time - last.time) / .seconds(1)
        guard seconds >= 1 else { return }
        self.last = (count, time)
        let rate = Double(count - last.count) / seconds
        let weight = min(1, seconds / Self.memory)
        perSecond = perSecond.map { $0 + (rate - $0) * weight } ?? rate
    }

    /// A time in which nothing could come says nothing of the rate.
    mutating func interrupt() {
        last = nil
    }
}

extension FeedRecorder {
    /// How many messages a gap has cost: counted where we left them out ourselves, else by the rate before it.
    func estimate(of gap: GapRow) -> Int64? {
        switch GapCause(rawValue: gap.cause) {
        case .diskFull, .readOnly, .overload: return droppedCount
        case .disconnect, .noPong, .noAck:
            guard let tsTo = gap.tsTo, let perSecond = rate.perSecond else { return nil }
            let estimate = perSecond * (tsTo.since(gap.tsFrom) / .seconds(1))
            return estimate < 1e15 ? Int64(estimate.rounded()) : nil
        default: return gap.estimatedCount
        }
    }
}
