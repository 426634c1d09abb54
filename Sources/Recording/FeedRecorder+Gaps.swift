import Archive
import MarketModel
import Venues

/// The ledger of what is missing.
extension FeedRecorder {
    /// Writes down that data is missing from the last message on; an open gap of the same group goes on.
    ///
    /// Nothing is missing while the market is closed. A gap that reaches back over such a time is one row for each part
    /// before it, and one that would begin in it waits for the opening. What cannot be stored is missing at any time.
    func beginGap(
        _ cause: GapCause,
        detail: String,
        from: UnixNanoseconds? = nil,
        connectionID: Int64? = nil,
        isPast: Bool = false
    ) {
        followMarket()
        let loss = ExcusedLosses.Loss(cause: cause, detail: detail, connectionID: connectionID)
        let from = from ?? max(capture.tsLast ?? now(), tsMarketOpened ?? UnixNanoseconds(0))
        guard let group = cause.group, group != .storage, ledger.row(of: group) == nil else {
            return openGap(loss, from: from, isPast: isPast)
        }
        guard market.isOpen else {
            excused.excuse(loss)
            for part in isPast ? openParts(since: from) : unheard(loss, since: from) {
                addGap(loss, part, isPast: isPast)
            }
            return
        }
        let parts = openParts(since: from)
        for part in parts.dropLast() { addGap(loss, part, isPast: isPast) }
        openGap(loss, from: parts.last?.lowerBound ?? from, isPast: isPast)
    }

    /// Opens a gap, or goes on with that of its group.
    func openGap(_ loss: ExcusedLosses.Loss, from: UnixNanoseconds, isPast: Bool = false) {
        ledger.noteRate(capture.totals.dataMessages, at: elapsed)
        let gap = ledger.begin(
            loss.cause,
            id: place.writer.makeGapID(),
            from: from,
            detail: loss.detail,
            connectionID: loss.connectionID,
            isPast: isPast
        )
        if let gap { store(begun: gap) }
    }

    /// Adds a gap that is over.
    private func addGap(_ loss: ExcusedLosses.Loss, _ range: Range<UnixNanoseconds>, isPast: Bool) {
        guard let group = loss.cause.group else { return }
        openGap(loss, from: range.lowerBound, isPast: isPast)
        if let gap = ledger.end(group, at: range.upperBound) {
            store(ended: gap)
            if !ledger.isOpen { capture.resume(at: range.upperBound) }
        }
    }

    /// The parts of the time since `from` in which the market was open.
    func openParts(since from: UnixNanoseconds) -> [Range<UnixNanoseconds>] {
        let time = now()
        return from < time ? market.openParts(of: from..<time) : []
    }

    /// What may be missing of the time before the market closed, of a connection that was found dead right after that.
    private func unheard(_ loss: ExcusedLosses.Loss, since from: UnixNanoseconds) -> [Range<UnixNanoseconds>] {
        guard loss.cause == .noPong || loss.cause == .silence, let closing = closedSpan?.tsFrom, from < closing,
            now().since(closing) <= .seconds(60)
        else { return [] }
        return market.openParts(of: from..<closing)
    }

    /// Says that the open gap of a group, if there is one, is over; bars are whole again after the last one.
    func endGap(_ group: GapGroup, at time: UnixNanoseconds, isFinal: Bool = false) {
        excused.forget(group)
        guard let gap = ledger.end(group, at: time, isFinal: isFinal) else { return }
        store(ended: gap)
        if !ledger.isOpen { capture.resume(at: time) }
    }

    func store(begun gap: GapRow) {
        capture.interrupt(at: gap.tsFrom)
        capture.append(gap)
        report(.gapBegan(cause: gap.cause))
    }

    func store(ended gap: GapRow) {
        noteEnded(gap)
        capture.append(gap)
        report(.gapEnded(cause: gap.cause))
    }

    /// A venue without its own source sends nothing, over a connection that is in good health.
    func follow(_ change: LinkChange, at time: UnixNanoseconds, _ lane: FeedLane) {
        ledger.isLinked = change.isUp
        if !change.isUp {
            beginGap(.upstream, detail: change.detail, from: time, connectionID: lane.connectionID)
        } else if lane.isSubscribed {
            endGap(.venue, at: time)
        }
    }

    /// Has the open gaps stored while nothing else can be.
    func keepLedger() {
        guard pause.isPaused else { return }
        // Storing may have gone on for a moment, and stopped before the end of the gap before was stored.
        pause.note(ledger.unsettled)
    }
}

extension GapLedger.Place {
    init(_ place: RecordingPlace) {
        self.init(sessionID: place.sessionID, feedID: place.feedID)
    }
}
