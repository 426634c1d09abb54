import Archive
import MarketModel
import Venues

/// Closed markets: no data is expected, so none is missing.
extension FeedRecorder {
    /// Follows the hours of the market up to now; called by the ticker, and before a connection is lost or made.
    func followMarket() {
        // While the file changes, a row would have no place; the next tick follows soon.
        guard !file.isChanging else { return }
        let changes = market.changes(at: now())
        for change in changes {
            if change.isOpen { marketOpened(change) } else { marketClosed(change) }
        }
        // A machine that slept through more than one change did not see what happened in between.
        if changes.count > 1 { tsMarketOpened = nil }
        watchClosedMarket()
    }

    /// Warns about wrong sessions, which would hide missing data.
    private func watchClosedMarket() {
        let time = now()
        let sinceClosing = market.leisure(at: time) == nil ? nil : closedSpan.map { time.since($0.tsFrom) }
        guard closedTicks.isWrong(capture.totals.quotes + capture.totals.trades, sinceClosing: sinceClosing) else {
            return
        }
        report(
            .notice(
                "prices keep coming although the market is closed by its sessions: are the sessions, the holidays and "
                    + "their time zone right?"
            )
        )
    }

    /// Uses the sessions that the venue sent.
    func takeVenueSessions() {
        let sessions = capture.takeVenueSessions()
        guard !sessions.isEmpty else { return }
        if market.calendars.lacksVenueZone, !hasToldOfZone {
            hasToldOfZone = true
            report(
                .notice(
                    "the hub sends the sessions of its symbols, which are not used without 'broker_time_zone'"
                )
            )
        }
        guard market.learn(sessions) else { return }
        followMarket()
        judgeAbsence()
    }

    /// Uses the sessions that an earlier recorder stored, until the venue sends its sessions again.
    func recall(sessions: [String: [TradingSchedule.Session]]) {
        market.learn(sessions)
    }

    private func marketClosed(_ change: MarketHours.Change) {
        closedSpan = ClosedSpanRow(
            feedID: place.feedID,
            tsFrom: change.time,
            tsTo: change.until,
            source: market.source
        )
        if let closedSpan { capture.append(closedSpan) }
        for group in [GapGroup.connection, .venue] {
            guard let gap = ledger.row(of: group), let cause = ledger.cause(of: group) else { continue }
            endGap(group, at: change.time)
            // Nothing was missing before the closing.
            if gap.tsFrom >= change.time { withdraw(gap) }
            excused.excuse(.init(cause: cause, detail: gap.detail ?? "", connectionID: gap.connectionID))
        }
        report(.marketClosed(opensAt: change.until))
    }

    private func marketOpened(_ change: MarketHours.Change) {
        if var span = closedSpan, span.tsTo != change.time {
            span.tsTo = max(span.tsFrom, change.time)
            capture.append(span)
        }
        closedSpan = nil
        marketOpenedAt = elapsed
        // Silence counts from the opening, and the pause over the weekend is not learned.
        for lane in lanes { lane.watch.listeningResumed(at: elapsed) }
        tsMarketOpened = change.time
        let isSubscribed = lanes.contains { $0.connection != nil && $0.isSubscribed }
        if let loss = excused.take(.connection), !isSubscribed { openGap(loss, from: change.time) }
        if let loss = excused.take(.venue), !ledger.isLinked { openGap(loss, from: change.time) }
        report(.marketOpened(closesAt: change.until))
    }

    /// Ends the closed time when this recorder stops following the market; the next recorder determines whether it
    /// continues.
    func endClosedSpan(at time: UnixNanoseconds) {
        guard var span = closedSpan, span.tsTo.map({ $0 > time }) ?? true else { return }
        span.tsTo = max(span.tsFrom, time)
        capture.append(span)
    }

    /// Stores in a new file that the market is closed.
    func repeatClosedSpan(from time: UnixNanoseconds) {
        guard var span = closedSpan else { return }
        span.feedID = place.feedID
        span.tsFrom = max(span.tsFrom, time)
        closedSpan = span
        capture.append(span)
    }
}
