import Archive
import MarketModel

/// Gaps in the venue's numbers, for recorders and imports alike.
extension Capture {
    /// The ledger row for the numbers missing in `hole`.
    func gap(of hole: SequenceHole, sessionID: Int64, feedID: Int64) -> GapRow {
        GapRow(
            gapID: writer.makeGapID(),
            sessionID: sessionID,
            feedID: feedID,
            instrumentID: hole.kind == .message ? nil : instrumentID(of: hole.symbol),
            tsFrom: hole.tsFrom,
            tsTo: max(hole.tsFrom, hole.tsTo),
            cause: GapCause.sequence.rawValue,
            detail: hole.detail,
            sequenceFrom: hole.numbers.lowerBound,
            sequenceTo: hole.numbers.upperBound,
            estimatedCount: hole.count
        )
    }

    /// Stores the gap of a hole and marks the bars that it touches as incomplete.
    mutating func append(_ gap: GapRow, of hole: SequenceHole) {
        append(gap)
        guard hole.touchesBars else { return }
        miss(hole.symbol, from: hole.tsFrom, to: max(hole.tsFrom, hole.tsTo))
    }
}
