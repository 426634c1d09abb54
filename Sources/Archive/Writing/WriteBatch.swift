/// Rows that are stored together in one transaction.
///
/// Rows of one kind should be in the order of their messages; the writer sorts them by key.
package struct WriteBatch: Sendable {
    package var instruments: [InstrumentRow] = []
    package var blocks: [BlockRow] = []
    package var quotes: [QuoteRow] = []
    package var trades: [TradeRow] = []
    package var marginUpdates: [MarginUpdateRow] = []
    package var venueBars: [VenueBarRow] = []
    package var orderUpdates: [OrderUpdateRow] = []
    package var bookCheckpoints: [BookCheckpointRow] = []
    package var bars: [BarRow] = []
    /// Bars that continue under another instrument of their symbol; they are removed before ``bars`` are written.
    package var removedBars: [BarRowKey] = []
    package var events: [EventRow] = []
    package var gaps: [GapRow] = []
    /// Gaps in which nothing turned out to be missing; they are removed after ``gaps`` are written.
    package var removedGaps: [GapRow] = []
    package var closedSpans: [ClosedSpanRow] = []
    package var clockSamples: [ClockSampleRow] = []
    /// The journal positions up to which the blocks have the messages of their connections.
    package var watermarks: [JournalWatermark] = []

    package init() {}

    package var isEmpty: Bool { rowCount == 0 }

    package var rowCount: Int {
        instruments.count + blocks.count + quotes.count + trades.count + marginUpdates.count + bars.count
            + venueBars.count + orderUpdates.count + events.count + gaps.count + clockSamples.count + watermarks.count
            + bookCheckpoints.count + removedBars.count + closedSpans.count + removedGaps.count
    }

    /// Raises the message numbers in all rows; blocks and bars are not changed.
    package mutating func raiseMessageIndexes(by offset: Int64) {
        guard offset != 0 else { return }
        for place in quotes.indices { quotes[place].messageIndex += offset }
        for place in trades.indices { trades[place].messageIndex += offset }
        for place in marginUpdates.indices { marginUpdates[place].messageIndex += offset }
        for place in venueBars.indices { venueBars[place].messageIndex += offset }
        for place in bookCheckpoints.indices { bookCheckpoints[place].messageIndex += offset }
        for place in orderUpdates.indices { orderUpdates[place].messageIndex += offset }
        for place in events.indices {
            if let index = events[place].messageIndex { events[place].messageIndex = index + offset }
        }
    }

    /// Empties the batch but keeps its memory.
    package mutating func removeAll() {
        instruments.removeAll(keepingCapacity: true)
        blocks.removeAll(keepingCapacity: true)
        quotes.removeAll(keepingCapacity: true)
        trades.removeAll(keepingCapacity: true)
        marginUpdates.removeAll(keepingCapacity: true)
        venueBars.removeAll(keepingCapacity: true)
        bookCheckpoints.removeAll(keepingCapacity: true)
        orderUpdates.removeAll(keepingCapacity: true)
        bars.removeAll(keepingCapacity: true)
        removedBars.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
        gaps.removeAll(keepingCapacity: true)
        removedGaps.removeAll(keepingCapacity: true)
        closedSpans.removeAll(keepingCapacity: true)
        clockSamples.removeAll(keepingCapacity: true)
        watermarks.removeAll(keepingCapacity: true)
    }
}
