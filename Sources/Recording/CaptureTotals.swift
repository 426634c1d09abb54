/// What a run has taken down so far.
package struct CaptureTotals: Sendable, Hashable {
    package var messagesReceived: Int64 = 0
    package var messagesSent: Int64 = 0
    /// Of the payloads of received messages.
    package var bytesReceived: Int64 = 0
    /// Received messages that carried market data or events.
    package var dataMessages: Int64 = 0
    package var quotes: Int64 = 0
    package var trades: Int64 = 0
    /// Ticks left out because another connection of the feed had brought them.
    package var duplicates: Int64 = 0
    package var marginUpdates: Int64 = 0
    /// Bars that the venue made.
    package var venueBars: Int64 = 0
    package var orderUpdates: Int64 = 0
    /// Messages with something taken out of them before they were stored.
    package var redacted: Int64 = 0
    package var events: Int64 = 0
    /// Events that are messages feedrec could not read as what they claim to be.
    package var oddities: Int64 = 0
    /// Ticks that came too late for any bar that may still change.
    package var lateTicks: Int64 = 0
    /// Ticks with a time of the venue's that is more than five seconds ahead of their receipt.
    package var ticksAhead: Int64 = 0
    package var bars: Int64 = 0
    /// Gaps of this run; an absence from before it is none of them, once data flows.
    package var gaps: Int64 = 0
    /// Rows that were added to the ledger of gaps.
    package var gapRows: Int64 = 0

    /// Of the latest tick with a time of the venue's: our time less that, negative where the venue is ahead.
    package var latency: Duration?

    package init() {}

    mutating func add(_ other: CaptureTotals) {
        for count in Self.counts { self[keyPath: count] += other[keyPath: count] }
    }

    /// What came after `earlier`.
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
