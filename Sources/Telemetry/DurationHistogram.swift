import MarketModel

/// Counts of durations, in nanoseconds.
///
/// Each power of two has 16 buckets, so a percentile is exact to about 6 %.
package struct DurationHistogram: Sendable, Hashable {
    private static let bucketsPerDoubling = 16
    /// The last bucket is for 2^41 ns (36 minutes) and later.
    private static let exponentMax = 41
    private static let bucketCount = (exponentMax - 3) * bucketsPerDoubling

    private var buckets: [UInt64] = []
    package private(set) var count: UInt64 = 0
    /// The longest duration; 0 if there are none.
    package private(set) var max: Int64 = 0
    /// The sum of all durations; the greatest integer if the sum is larger.
    package private(set) var sum: Int64 = 0

    package init() {}

    /// Counts a duration; a negative one counts as 0.
    package mutating func record(_ nanoseconds: Int64) {
        if buckets.isEmpty { buckets = [UInt64](repeating: 0, count: Self.bucketCount) }
        let value = Swift.max(0, nanoseconds)
        buckets[Self.bucket(of: value)] += 1
        count += 1
        sum = sum.addingSaturated(value)
        if value > max { max = value }
    }

    /// Counts a duration; a negative one counts as 0.
    package mutating func record(_ duration: Duration) {
        record(duration.wholeNanoseconds)
    }

    /// Adds the counts of `other`.
    package mutating func add(_ other: DurationHistogram) {
        guard other.count > 0 else { return }
        if buckets.isEmpty { buckets = [UInt64](repeating: 0, count: Self.bucketCount) }
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        count += other.count
        sum = sum.addingSaturated(other.sum)
        max = Swift.max(max, other.max)
    }

    /// Returns the duration that the fraction `quantile` (0 to 1) of all did not exceed; 0 if there are none.
    package func percentile(_ quantile: Double) -> Int64 {
        guard count > 0 else { return 0 }
        let rank = Swift.max(1, UInt64((Double(count) * quantile).rounded(.up)))
        var seen: UInt64 = 0
        for (index, number) in buckets.enumerated() {
            seen += number
            if seen >= rank { return Swift.min(Self.upperEnd(of: index), max) }
        }
        return max
    }

    /// Returns the number of durations up to `nanoseconds`.
    ///
    /// It is exact if `nanoseconds` is the end of a bucket.
    package func count(upTo nanoseconds: Int64) -> UInt64 {
        guard !buckets.isEmpty else { return 0 }
        return buckets[0...Self.bucket(of: nanoseconds)].reduce(0, +)
    }

    /// The first 16 buckets hold one value each.
    ///
    /// Above them, four bits of mantissa select the bucket.
    @inline(__always)
    private static func bucket(of value: Int64) -> Int {
        guard value >= 16 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        guard exponent < exponentMax else { return bucketCount - 1 }
        return (exponent - 3) * bucketsPerDoubling + Int((value >> (exponent - 4)) & 15)
    }

    private static func upperEnd(of bucket: Int) -> Int64 {
        guard bucket >= bucketsPerDoubling else { return Int64(bucket) }
        let exponent = bucket / bucketsPerDoubling + 3
        let mantissa = Int64(bucket % bucketsPerDoubling + bucketsPerDoubling)
        return ((mantissa + 1) << (exponent - 4)) - 1
    }
}
