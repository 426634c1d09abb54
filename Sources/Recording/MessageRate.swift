/// How many messages with data come in a second, over about the last ten; times are those of the monotonic clock.
struct MessageRate: Sendable {
    private static let memory = 10.0

    private var smoothed: Double?
    /// What the first moments say, until there is a whole second.
    private var provisional: Double?
    private var last: (count: Int64, time: Duration)?

    /// `perSecond` is what an earlier recording of the feed knows.
    init(perSecond: Double? = nil) {
        provisional = perSecond
    }

    /// `nil` as long as no data came.
    var perSecond: Double? { smoothed ?? provisional }

    /// Notes how many have come by now.
    mutating func note(_ count: Int64, at time: Duration) {
        guard let last else {
            self.last = (count, time)
            if count > 0 { provisional = provisional ?? Double(count) }
            return
        }
        if count > last.count { provisional = provisional ?? Double(count - last.count) }
        let seconds = (time - last.time) / .seconds(1)
        guard seconds >= 1 else { return }
        self.last = (count, time)
        // Before the first data there is no rate.
        guard count > 0 else { return }
        let rate = Double(count - last.count) / seconds
        let weight = min(1, seconds / Self.memory)
        smoothed = smoothed.map { $0 + (rate - $0) * weight } ?? rate
    }

    /// A time in which nothing could come says nothing of the rate.
    mutating func interrupt() {
        last = nil
    }
}
