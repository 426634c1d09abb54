/// A moment in nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// The range is that of `Int64`: years 1677 to 2262.
package struct UnixNanoseconds: Hashable, Sendable {
    package var rawValue: Int64

    package init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Converts milliseconds since the epoch; `nil` outside the range.
    package init?(milliseconds: Int64) {
        let (value, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return nil }
        self.rawValue = value
    }

    /// The moment `duration` later; clamped to the range.
    package func advanced(by duration: Duration) -> UnixNanoseconds {
        UnixNanoseconds(Int64(clamping: Int128(rawValue) + duration.wideNanoseconds))
    }

    /// The signed duration from `other` to this moment; clamped to the range.
    package func since(_ other: UnixNanoseconds) -> Duration {
        .nanoseconds(Int64(clamping: Int128(rawValue) - Int128(other.rawValue)))
    }
}

extension UnixNanoseconds: Comparable {
    package static func < (left: UnixNanoseconds, right: UnixNanoseconds) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension Duration {
    /// The duration in nanoseconds, rounded towards zero; clamped to the range of `Int64`.
    package var wholeNanoseconds: Int64 { Int64(clamping: wideNanoseconds) }

    /// The duration in nanoseconds, rounded towards zero.
    fileprivate var wideNanoseconds: Int128 {
        let (seconds, attoseconds) = components
        return Int128(seconds) * 1_000_000_000 + Int128(attoseconds / 1_000_000_000)
    }
}
