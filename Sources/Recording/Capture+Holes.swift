import Archive
import MarketModel

/// Holes in the venue's numbers, for recorders and imports alike.
extension Capture {
    /// The row of the ledger that says what is missing in `hole`.
    func gap(of hole: SequenceHole, sessionID: Int64, feedID: Int64) -> GapRow {
        GapRow(
            gapID: writer.makeGapID(),
            sessionID: sessionID,
            feedID: feedID,
            instrumentID: instrumentID(of: hole.symbol),
            tsFrom: hole.tsFrom,
            tsTo: max(hole.tsFrom, hole.tsTo),
            cause: GapCause.sequence.rawValue,
            detail: hole.detail,
            sequenceFrom: hole.numbers.lowerBound,
            sequenceTo: hole.numbers.upperBound,
            estimatedCount: hole.count
        )
    }

    /// Stores the gap of a hole; bars that it touches are not complete.
    mutating func append(_ gap: GapRow, of hole: SequenceHole) {
        append(gap)
        guard hole.touchesBars else { return }
        miss(hole.symbol, from: hole.tsFrom, to: max(hole.tsFrom, hole.tsTo))
    }
}
