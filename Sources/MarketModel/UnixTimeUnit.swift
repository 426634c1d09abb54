/// The unit of a time written as a number since 1970-01-01T00:00:00Z.
package enum UnixTimeUnit: String, Sendable, Hashable, CaseIterable {
    case seconds = "s"
    case milliseconds = "ms"
    case microseconds = "us"
    case nanoseconds = "ns"

    /// Detects the unit from the number of digits; `nil` if that is ambiguous.
    ///
    /// From 2001-09-09 to 2262-04-11 seconds have 10 digits, milliseconds 13, microseconds 16 and nanoseconds 19.
    package init?(evidentIn count: Int64) {
        switch count {
        case 1_000_000_000..<10_000_000_000: self = .seconds
        case 1_000_000_000_000..<10_000_000_000_000: self = .milliseconds
        case 1_000_000_000_000_000..<10_000_000_000_000_000: self = .microseconds
        case 1_000_000_000_000_000_000...: self = .nanoseconds
        default: return nil
        }
    }

    /// Nanoseconds in one unit.
    package var nanoseconds: Int64 {
        switch self {
        case .seconds: 1_000_000_000
        case .milliseconds: 1_000_000
        case .microseconds: 1000
        case .nanoseconds: 1
        }
    }

    /// The unit's name for messages to users.
    package var name: String {
        switch self {
        case .seconds: "seconds"
        case .milliseconds: "milliseconds"
        case .microseconds: "microseconds"
        case .nanoseconds: "nanoseconds"
        }
    }

    /// The moment of `count` units; `nil` outside of the range of ``UnixNanoseconds``.
    @inline(__always)
    package func time(_ count: Int64) -> UnixNanoseconds? {
        let (value, overflow) = count.multipliedReportingOverflow(by: nanoseconds)
        return overflow ? nil : UnixNanoseconds(value)
    }
}
