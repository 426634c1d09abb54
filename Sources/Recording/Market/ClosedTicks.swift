/// Notices prices that keep coming while the market should be closed; once for a feed.
struct ClosedTicks: Sendable {
    /// Stragglers may come for this long.
    private static let grace = Duration.seconds(600)
    private static let ticksMin: Int64 = 100

    private var before: Int64?
    private var isDecided = false

    /// Takes the number of ticks so far, and how long the market has been closed; `nil` if it is open, or will be soon.
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
