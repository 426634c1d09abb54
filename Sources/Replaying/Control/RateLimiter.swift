/// Limits the number of events per second.
///
/// A burst of one second's worth is allowed.
struct RateLimiter: Sendable {
    private let capacity: Double
    private var tokens: Double
    private var last: Int64?

    init(perSecond: Int) {
        capacity = Double(perSecond)
        tokens = capacity
    }

    mutating func admits(at now: Int64) -> Bool {
        if let last { tokens = min(capacity, tokens + Double(max(0, now - last)) / 1e9 * capacity) }
        last = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
