import Archive
import MarketModel
import Venues

/// The ledger of what is missing.
extension FeedRecorder {
    /// Writes down that data is missing from the last message on; a gap that is open already goes on.
    func beginGap(cause: String, detail: String, from: UnixNanoseconds? = nil, connectionID: Int64? = nil) {
        guard openGap == nil else { return }
        let from = from ?? capture.tsLast ?? now()
        capture.interrupt(at: from)
        let gap = GapRow(
            gapID: place.writer.makeGapID(),
            sessionID: place.sessionID,
            feedID: place.feedID,
            connectionID: connectionID,
            tsFrom: from,
            cause: cause,
            detail: detail
        )
        capture.append(gap)
        openGap = gap
        droppedCount = 0
        gapCount += 1
        report(.gapBegan(cause: cause))
    }

    /// A venue without its own source sends nothing, over a connection that is in good health.
    func follow(_ change: LinkChange, at time: UnixNanoseconds, _ lane: FeedLane) {
        isLinked = change.isUp
        if !change.isUp {
            beginGap(
                cause: GapCause.upstream.rawValue,
                detail: change.detail,
                from: time,
                connectionID: lane.connectionID
            )
        } else if lane.isSubscribed {
            capture.resume(at: time)
            closeGap(at: time)
        }
    }

    /// Says that data flows again.
    func closeGap(at time: UnixNanoseconds) {
        guard var gap = openGap else { return }
        // A clock that was set back makes no gap that ends before it began.
        gap.tsTo = max(gap.tsFrom, time)
        gap.estimatedCount = estimate(of: gap)
        capture.append(gap)
        openGap = nil
        closedGap = gap
        report(.gapEnded(cause: gap.cause))
    }

    /// Has the open gap stored while nothing else can be.
    func keepLedger() {
        guard pause.isPaused else { return }
        // Storing may have gone on for a moment, and stopped before the end of the gap before was stored.
        pause.note([closedGap, openGap].compactMap { $0 })
    }
}
