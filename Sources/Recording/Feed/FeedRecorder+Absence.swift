import Archive
import MarketModel
import Venues

/// The absence of a feed: the time before it joined, in which it was not recorded.
extension FeedRecorder {
    /// Stores the time before the feed joined in which it was not recorded, as far as its market was open.
    ///
    /// This is the gap that an earlier recorder left open, or the time since `end`. Returns that gap if the market was
    /// always closed, so that nothing is missing.
    func declareAbsence(
        _ open: GapRow?,
        since end: (ts: UnixNanoseconds, detail: String)?,
        isPast: Bool
    ) -> GapRow? {
        // Before the ledger has the gap: it ends at the closing, not when this recorder finds the market closed.
        followMarket()
        guard let from = open?.tsFrom ?? end.map({ min($0.ts, now()) }) else { return nil }
        // A market that is closed now has a row from its closing on.
        noteClosedParts(of: from..<max(from, closedSpan?.tsFrom ?? now()))
        if let open { return goOn(with: open) }
        beginGap(.restart, detail: end?.detail ?? "", from: from, isPast: isPast)
        return nil
    }

    /// Continues a `restart` gap that an earlier recorder left open: one row for each part with an open market.
    private func goOn(with gap: GapRow) -> GapRow? {
        let detail = gap.detail ?? ""
        let parts = openParts(since: gap.tsFrom)
        guard !parts.isEmpty || market.isOpen else {
            excused.excuse(.init(cause: .restart, detail: detail, connectionID: nil))
            return gap
        }
        var row = gap
        row.tsFrom = parts.first?.lowerBound ?? gap.tsFrom
        ledger.adopt(row)
        store(begun: row)
        guard !market.isOpen || parts.count > 1 else { return nil }
        endGap(.connection, at: parts.first?.upperBound ?? row.tsFrom)
        let rest = parts.dropFirst().first?.lowerBound ?? now()
        beginGap(.restart, detail: detail, from: rest, isPast: true)
        return nil
    }

    /// Stores when the market was closed before this recorder began.
    private func noteClosedParts(of range: Range<UnixNanoseconds>) {
        for part in market.closedParts(of: range) {
            capture.append(
                ClosedSpanRow(
                    feedID: place.feedID,
                    tsFrom: part.lowerBound,
                    tsTo: part.upperBound,
                    source: market.source
                )
            )
        }
    }

    // MARK: Late sessions

    /// Remembers an absence that ended before the venue sent its sessions.
    func noteEnded(_ gap: GapRow) {
        guard gap.cause == GapCause.restart.rawValue, market.calendars.ofFeed == nil else { return }
        unjudgedAbsence = gap
    }

    /// Corrects an absence now that the venue has sent its sessions: one row for each part with an open market.
    func judgeAbsence() {
        guard let gap = unjudgedAbsence, let tsTo = gap.tsTo, gap.tsFrom < tsTo, market.calendars.ofFeed != nil else {
            return
        }
        unjudgedAbsence = nil
        let whole = gap.tsFrom..<tsTo
        noteClosedParts(of: whole)
        let parts = market.openParts(of: whole)
        guard parts != [whole] else { return }
        // If the market was never open, the row stays and is empty.
        for (number, part) in (parts.isEmpty ? [gap.tsFrom..<gap.tsFrom] : parts).enumerated() {
            var row = gap
            (row.tsFrom, row.tsTo) = (part.lowerBound, part.upperBound)
            row.estimatedCount = gap.estimatedCount.map {
                DeliveryRate.share(of: $0, part: part.nanoseconds, whole: whole.nanoseconds)
            }
            if number > 0 {
                row.gapID = place.writer.makeGapID()
                (row.sessionID, row.feedID) = (place.sessionID, place.feedID)
                ledger.notePastRow()
            }
            capture.append(row)
        }
    }
}

extension Range<UnixNanoseconds> {
    fileprivate var nanoseconds: Int64 { upperBound.since(lowerBound).wholeNanoseconds }
}
