/// Detects prices that keep coming while the market should be closed; reports once for a feed.
struct ClosedTicks: Sendable {
    /// Stragglers may arrive for this long.
    private static let grace = Duration.seconds(600)
    private static let ticksMin: Int64 = 100

    private var before: Int64?
    private var isDecided = false

    /// Takes the number of ticks so far and the time since the closing, which is `nil` if the market is open or opens
    /// soon.
    mutating func isWrong(_ ticks: Int64, sinceClosing: Duration?) -> Bool {
        guard !isDecided else { return false }
        guard let sinceClosing, sinceClosing >= Self.grace else {
            before = nil
            return false
        }
        guard let before else {
            self.before = ticks
            return false
        }
        isDecided = ticks - before >= Self.ticksMin
        return isDecided
    }
}
