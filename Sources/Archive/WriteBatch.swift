/// Rows that are stored together, in one transaction, or not at all.
///
/// Rows of one kind should come in the order of their messages; the writer sorts them by key.
package struct WriteBatch: Sendable {
    package var instruments: [InstrumentRow] = []
    package var blocks: [BlockRow] = []
    package var quotes: [QuoteRow] = []
    package var trades: [TradeRow] = []
    package var marginUpdates: [MarginUpdateRow] = []
    package var venueBars: [VenueBarRow] = []
    package var orderUpdates: [OrderUpdateRow] = []
    package var bars: [BarRow] = []
    package var events: [EventRow] = []
    package var gaps: [GapRow] = []
    package var clockSamples: [ClockSampleRow] = []
    /// Up to where the blocks hold what the journal has of their connections.
    package var watermarks: [JournalWatermark] = []

    package init() {}

    package var isEmpty: Bool { rowCount == 0 }

    package var rowCount: Int {
        instruments.count + blocks.count + quotes.count + trades.count + marginUpdates.count + bars.count
            + venueBars.count + orderUpdates.count + events.count + gaps.count + clockSamples.count + watermarks.count
    }

    /// Empties the batch but keeps its memory.
    package mutating func removeAll() {
        instruments.removeAll(keepingCapacity: true)
        blocks.removeAll(keepingCapacity: true)
        quotes.removeAll(keepingCapacity: true)
        trades.removeAll(keepingCapacity: true)
        marginUpdates.removeAll(keepingCapacity: true)
        venueBars.removeAll(keepingCapacity: true)
        orderUpdates.removeAll(keepingCapacity: true)
        bars.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
        gaps.removeAll(keepingCapacity: true)
        clockSamples.removeAll(keepingCapacity: true)
        watermarks.removeAll(keepingCapacity: true)
    }
}
