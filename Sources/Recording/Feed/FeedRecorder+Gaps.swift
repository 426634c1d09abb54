import Archive
import MarketModel
import Venues

/// The ledger of gaps.
extension FeedRecorder {
    /// Stores that data is missing after the last message; an open gap of the same group continues.
    ///
    /// Nothing is missing while the market is closed. A gap that spans closed times gets one row for each open part,
    /// and a gap that would begin in a closed time waits for the opening. Messages that cannot be stored are missing at
    /// any time.
    func beginGap(
        _ cause: GapCause,
        detail: String,
        from: UnixNanoseconds? = nil,
        connectionID: Int64? = nil,
        isPast: Bool = false
    ) {
        followMarket()
        let loss = ExcusedLosses.Loss(cause: cause, detail: detail, connectionID: connectionID)
        let from = from ?? max(capture.tsLast ?? now(), market.tsOpened ?? UnixNanoseconds(0))
        guard let group = cause.group, group != .storage, ledger.row(of: group) == nil else {
            return openGap(loss, from: from, isPast: isPast)
        }
        let gaps = market.gaps(of: loss, since: from, until: now())
        for part in gaps.ended { addGap(loss, part, isPast: isPast) }
        if let from = gaps.openFrom { openGap(loss, from: from, isPast: isPast) }
    }

    /// Opens a gap, or continues the open gap of its group.
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

    /// Adds a gap that has ended.
    private func addGap(_ loss: ExcusedLosses.Loss, _ range: Range<UnixNanoseconds>, isPast: Bool) {
        guard let group = loss.cause.group else { return }
        openGap(loss, from: range.lowerBound, isPast: isPast)
        if let gap = ledger.end(group, at: range.upperBound) {
            store(ended: gap)
            if !ledger.isOpen { capture.resume(at: range.upperBound) }
        }
    }

    /// Ends the open gap of a group, if there is one; after the last gap, bars are complete again.
    func endGap(_ group: GapGroup, at time: UnixNanoseconds, isFinal: Bool = false) {
        market.excused.forget(group)
        closeGap(group, at: time, isFinal: isFinal)
    }

    /// Like ``endGap(_:at:isFinal:)``, but the loss may still be excused.
    func closeGap(_ group: GapGroup, at time: UnixNanoseconds, isFinal: Bool = false) {
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
        capture.append(gap)
        noteEnded(gap)
        report(.gapEnded(cause: gap.cause))
    }

    /// Follows the venue's own link: without it, the venue sends nothing over a healthy connection.
    func follow(_ change: LinkChange, at time: UnixNanoseconds, _ lane: FeedLane) {
        ledger.isLinked = change.isUp
        if !change.isUp {
            beginGap(.upstream, detail: change.detail, from: time, connectionID: lane.connectionID)
        } else if lane.isSubscribed {
            endGap(.venue, at: time)
        }
    }

    /// Stores the open gaps while nothing else can be stored.
    func keepLedger() {
        guard pause.isPaused else { return }
        // Storing may have resumed for a moment and stopped again before the end of the previous gap was stored.
        pause.note(ledger.unsettled)
    }
}

extension GapLedger.Place {
    init(_ place: RecordingPlace) {
        self.init(sessionID: place.sessionID, feedID: place.feedID)
    }
}
