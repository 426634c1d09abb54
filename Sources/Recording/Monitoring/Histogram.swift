/// Counts of durations in buckets, as Prometheus expects them.
package struct DurationHistogram: Sendable, Hashable {
    /// The upper bounds of the buckets, ascending; a longer duration is counted in no bucket.
    package static let bounds: [Duration] = [
        .milliseconds(1), .microseconds(2500), .milliseconds(5), .milliseconds(10), .milliseconds(25),
        .milliseconds(50),
        .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1), .milliseconds(2500), .seconds(5),
        .seconds(10),
    ]

    /// The counts of the individual buckets, not cumulative.
    package private(set) var counts = [Int64](repeating: 0, count: bounds.count)
    package private(set) var count: Int64 = 0
    package private(set) var sum: Duration = .zero

    package init() {}

    package mutating func add(_ duration: Duration) {
        count += 1
        sum += duration
        if let index = Self.bounds.firstIndex(where: { duration <= $0 }) { counts[index] += 1 }
    }

    /// The upper bound of the bucket that contains this quantile; `nil` if it is above the last bound, or without
    /// durations.
    package func quantile(_ part: Double) -> Duration? {
        guard count > 0 else { return nil }
        let wanted = Int64((Double(count) * part).rounded(.up))
        var below: Int64 = 0
        for (bound, count) in zip(Self.bounds, counts) {
            below += count
            if below >= wanted { return bound }
        }
        return nil
    }
}
