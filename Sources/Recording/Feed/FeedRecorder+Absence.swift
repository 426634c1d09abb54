import Archive
import MarketModel
import Venues

/// The absence of a feed: the time before it joined, in which it was not recorded.
extension FeedRecorder {
    /// Stores the time before the feed joined in which it was not recorded, as far as its market was open.
    ///
    /// This is the gap that an earlier recorder left open, or the time since `end`. Returns the rows that must be
    /// stored before the feed connects: if this recorder is killed soon after, they cannot be determined again.
    func declareAbsence(
        _ open: GapRow?,
        since end: (ts: UnixNanoseconds, detail: String)?,
        isPast: Bool
    ) -> WriteBatch {
        market.absence.joined(hasCalendar: market.hours.calendars.ofFeed != nil)
        // Before the ledger has the gap: it ends at the closing, not when this recorder finds the market closed.
        followMarket()
        if let from = open?.tsFrom ?? end.map({ min($0.ts, now()) }) {
            // A market that is closed now has a row from its closing on.
            noteClosedParts(of: from..<max(from, market.closedSpan?.tsFrom ?? now()))
            if let open {
                goOn(with: open)
            } else {
                beginGap(.restart, detail: end?.detail ?? "", from: from, isPast: isPast)
            }
        }
        return capture.takeWork(clock: now()).rows
    }

    /// Continues a `restart` gap that an earlier recorder left open: one row for each part with an open market, and
    /// no row if the market was closed all the time.
    private func goOn(with gap: GapRow) {
        let detail = gap.detail ?? ""
        let parts = market.openParts(since: gap.tsFrom, until: now())
        guard !parts.isEmpty || market.isOpen else {
            market.excused.excuse(.init(cause: .restart, detail: detail, connectionID: nil))
            return capture.remove(gap)
        }
        var row = gap
        // Without a part, the market has just opened.
        row.tsFrom = parts.first?.lowerBound ?? max(gap.tsFrom, now())
        ledger.adopt(row)
        store(begun: row)
        guard !market.isOpen || parts.count > 1 else { return }
        endGap(.connection, at: parts.first?.upperBound ?? row.tsFrom)
        let rest = parts.dropFirst().first?.lowerBound ?? now()
        beginGap(.restart, detail: detail, from: rest, isPast: true)
    }

    /// Stores when the market was closed before this recorder began.
    private func noteClosedParts(of range: Range<UnixNanoseconds>) {
        for span in market.closedSpans(in: range, feedID: place.feedID) { capture.append(span) }
    }

    // MARK: Late sessions

    /// Remembers an absence that began before the venue sent its sessions.
    func noteEnded(_ gap: GapRow) {
        market.absence.noteEnded(gap)
        judgeAbsence()
    }

    /// Corrects an absence now that the venue has sent its sessions: one row for each part with an open market.
    func judgeAbsence() {
        guard let verdict = market.absence.judge(by: market.hours) else { return }
        let (gap, whole, parts) = (verdict.gap, verdict.whole, verdict.parts)
        noteClosedParts(of: whole)
        guard parts != [whole] else { return }
        if parts.isEmpty { withdraw(gap) }
        for (number, part) in parts.enumerated() {
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

extension FeedRecorder {
    /// Removes a gap that has ended, because nothing turned out to be missing.
    func withdraw(_ gap: GapRow) {
        ledger.withdraw(gap)
        capture.remove(gap)
    }
}

extension Range<UnixNanoseconds> {
    fileprivate var nanoseconds: Int64 { upperBound.since(lowerBound).wholeNanoseconds }
}
