import Archive
import MarketModel
import Venues

/// Closed markets: no data is expected, so none is missing; see ``FeedMarket``.
extension FeedRecorder {
    /// Follows the hours of the market up to now; called by the ticker, and before a connection is lost or made.
    func followMarket() {
        // While the file changes, a row would have no place; the next tick follows soon.
        guard !file.isChanging else { return }
        let changes = market.changes(at: now())
        for change in changes {
            for action in market.apply(change, to: stateForMarket) { perform(action) }
        }
        if changes.count > 1 { market.sleptThroughChanges() }
        let ticks = capture.totals.quotes + capture.totals.trades
        if let warning = market.sessionWarning(ticks: ticks, at: now()) { report(.notice(warning)) }
    }

    private var stateForMarket: FeedMarket.Feed {
        FeedMarket.Feed(
            feedID: place.feedID,
            uptime: elapsed,
            losses: [.connection, .venue].compactMap { ledger.loss(of: $0) },
            isSubscribed: lanes.contains { $0.connection != nil && $0.isSubscribed },
            isLinked: ledger.isLinked
        )
    }

    private func perform(_ action: FeedMarket.Action) {
        switch action {
        case .store(let span): capture.append(span)
        case .endGap(let group, let time):
            let gap = ledger.row(of: group)
            closeGap(group, at: time)
            if let gap, gap.tsFrom >= time { withdraw(gap) }
        case .beginGap(let loss, let time): openGap(loss, from: time)
        case .listen: for lane in lanes { lane.watch.listeningResumed(at: elapsed) }
        case .reportClosed(let time): report(.marketClosed(opensAt: time))
        case .reportOpened(let time): report(.marketOpened(closesAt: time))
        }
    }

    /// Uses the sessions that the venue sent.
    func takeVenueSessions() {
        let sessions = capture.takeVenueSessions()
        guard !sessions.isEmpty else { return }
        if let notice = market.zoneNotice() { report(.notice(notice)) }
        guard market.learn(sessions) else { return }
        followMarket()
        judgeAbsence()
    }

    /// Uses the sessions that an earlier recorder stored, until the venue sends its sessions again.
    func recall(sessions: [String: [TradingSchedule.Session]]) {
        market.learn(sessions)
    }

    /// Ends the closed time when this recorder stops following the market.
    func endClosedSpan(at time: UnixNanoseconds) {
        if let span = market.endedSpan(at: time) { capture.append(span) }
    }
}
