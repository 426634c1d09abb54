/// The rate of data messages, per second, averaged over about ten seconds; times are on the monotonic clock.
struct MessageRate: Sendable {
    private static let memory = 10.0

    private var smoothed: Double?
    /// The estimate until a whole second has been measured.
    private var provisional: Double?
    private var last: (count: Int64, time: Duration)?

    /// Starts from `perSecond`, the rate that an earlier recording of the feed measured, if any.
    init(perSecond: Double? = nil) {
        provisional = perSecond
    }

    /// `nil` until data arrives.
    var perSecond: Double? { smoothed ?? provisional }

    /// Notes that `count` messages have arrived by `time`.
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
        // There is no rate before the first data.
        guard count > 0 else { return }
        let rate = Double(count - last.count) / seconds
        let weight = min(1, seconds / Self.memory)
        smoothed = smoothed.map { $0 + (rate - $0) * weight } ?? rate
    }

    /// Skips a period in which no data could arrive, so that it does not lower the rate.
    mutating func interrupt() {
        last = nil
    }
}
