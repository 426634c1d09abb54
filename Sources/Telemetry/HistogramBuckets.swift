import MarketModel

/// The buckets in which a page of metrics shows a histogram.
package struct HistogramBuckets: Sendable {
    /// The upper bounds, ascending: in seconds as the page has them, and as durations.
    package let bounds: [(label: String, bound: Duration)]

    /// Takes the upper bounds, ascending, each with its text in seconds.
    package init(_ bounds: KeyValuePairs<String, Duration>) {
        self.bounds = bounds.map { (label: $0.key, bound: $0.value) }
    }

    /// Returns the upper bound of the bucket that contains the quantile (0 to 1) of `histogram`; `nil` if it is above
    /// the last bound, or if there are no durations.
    package func quantile(_ quantile: Double, of histogram: DurationHistogram) -> Duration? {
        guard histogram.count > 0 else { return nil }
        let rank = UInt64((Double(histogram.count) * quantile).rounded(.up))
        return bounds.first { histogram.count(upTo: $0.bound.wholeNanoseconds) >= rank }?.bound
    }
}
