/// How many messages a feed delivered, and how long that took.
///
/// Times in which no message could arrive, such as gaps and closed markets, do not count.
package struct DeliveryRate: Hashable, Sendable {
    /// Shorter times are raised to this many nanoseconds, because a moment says little about a second.
    private static let spanMin: Int64 = 1_000_000_000
    /// A higher estimate is not credible.
    private static let estimateMax: Int128 = 1_000_000_000_000_000

    /// The number of messages, 0 or more.
    package private(set) var messages: Int64 = 0
    /// The time in which they were delivered, in nanoseconds, 0 or more.
    package private(set) var spanNS: Int64 = 0

    package init() {}

    /// Creates a rate of `messages` in `spanNS` nanoseconds; negative numbers count as 0.
    package init(messages: Int64, spanNS: Int64) {
        add(messages: messages, spanNS: spanNS)
    }

    /// True if there is no message, and thus no rate.
    package var isEmpty: Bool { messages == 0 }

    /// Adds messages and the nanoseconds in which they were delivered; negative numbers count as 0.
    package mutating func add(messages more: Int64, spanNS time: Int64) {
        messages = Int64(clamping: Int128(messages) + Int128(max(0, more)))
        spanNS = Int64(clamping: Int128(spanNS) + Int128(max(0, time)))
    }

    package mutating func add(_ other: DeliveryRate) {
        add(messages: other.messages, spanNS: other.spanNS)
    }

    /// The rounded number of messages that arrive in `time` nanoseconds at this rate; `nil` if there is no rate, or if
    /// the number is not credible.
    package func estimate(over time: Int64) -> Int64? {
        guard !isEmpty else { return nil }
        let count = Self.rounded(Int128(messages) * Int128(max(0, time)), by: Int128(max(spanNS, Self.spanMin)))
        return count <= Self.estimateMax ? Int64(count) : nil
    }

    /// The part of `count` messages that belongs to `part` of `whole` nanoseconds, rounded.
    package static func share(of count: Int64, part: Int64, whole: Int64) -> Int64 {
        guard whole > 0 else { return 0 }
        return Int64(clamping: rounded(Int128(max(0, count)) * Int128(max(0, part)), by: Int128(whole)))
    }

    private static func rounded(_ dividend: Int128, by divisor: Int128) -> Int128 {
        (dividend + divisor / 2) / divisor
    }
}
