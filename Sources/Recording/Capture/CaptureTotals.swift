/// What a run has captured so far.
package struct CaptureTotals: Sendable, Hashable {
    package var messagesReceived: Int64 = 0
    package var messagesSent: Int64 = 0
    /// The payload bytes of received messages.
    package var bytesReceived: Int64 = 0
    /// Received messages that carried market data or events.
    package var dataMessages: Int64 = 0
    package var quotes: Int64 = 0
    package var trades: Int64 = 0
    /// Ticks left out because another connection of the feed had already delivered them.
    package var duplicates: Int64 = 0
    package var marginUpdates: Int64 = 0
    /// Bars made by the venue.
    package var venueBars: Int64 = 0
    package var orderUpdates: Int64 = 0
    /// Messages from which something was removed before they were stored.
    package var redacted: Int64 = 0
    package var events: Int64 = 0
    /// Events for messages that feedrec could not read as what they claim to be.
    package var oddities: Int64 = 0
    /// Ticks that came too late for any bar that can still change.
    package var lateTicks: Int64 = 0
    /// Ticks whose venue time is more than five seconds ahead of their receive time.
    package var ticksAhead: Int64 = 0
    package var bars: Int64 = 0
    /// Gaps of this run; once data flows, an absence from before the run does not count.
    package var gaps: Int64 = 0
    /// Rows added to the ledger of gaps.
    package var gapRows: Int64 = 0

    /// The latency of the latest tick with a venue time: our time minus the venue's, negative if the venue's clock is
    /// ahead.
    package var latency: Duration?

    package init() {}

    mutating func add(_ other: CaptureTotals) {
        for count in Self.counts { self[keyPath: count] += other[keyPath: count] }
    }

    /// The totals since `earlier`.
    func since(_ earlier: CaptureTotals) -> CaptureTotals {
        var totals = self
        for count in Self.counts { totals[keyPath: count] -= earlier[keyPath: count] }
        return totals
    }

    private static var counts: [WritableKeyPath<CaptureTotals, Int64>] {
        [
            \.duplicates, \.messagesReceived, \.messagesSent, \.bytesReceived, \.dataMessages, \.quotes, \.trades,
            \.marginUpdates,
            \.events,
            \.oddities, \.lateTicks, \.ticksAhead, \.bars, \.gaps, \.gapRows,
        ]
    }
}
