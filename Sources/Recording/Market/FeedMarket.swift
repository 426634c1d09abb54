import Archive
import MarketModel

/// Applies the hours of a feed's market: while it is closed, no data is expected, so none is missing.
///
/// It follows the wall clock in ``changes(at:)``, and says for each change what the recorder must do.
struct FeedMarket: Sendable {
    /// What the recorder does, in order.
    enum Action: Hashable, Sendable {
        /// Stores when the market is closed; a row replaces one with the same start.
        case store(ClosedSpanRow)
        /// Ends the gap of a loss that was excused; if it began at that time or later, nothing was missing.
        case endGap(GapGroup, at: UnixNanoseconds)
        /// Begins a gap for a loss that has lasted until the opening.
        case beginGap(ExcusedLosses.Loss, from: UnixNanoseconds)
        /// Silence is measured from now, and the closed time is not learned as a usual pause.
        case listen
        case reportClosed(opensAt: UnixNanoseconds?)
        case reportOpened(closesAt: UnixNanoseconds?)
    }

    /// The state of the feed when the market changes.
    struct Feed: Sendable {
        var feedID: Int64
        /// The time on the monotonic clock.
        var uptime: Duration
        /// The losses with an open gap.
        var losses: [ExcusedLosses.Loss]
        var isSubscribed: Bool
        /// False while the venue reports that it has lost its own source.
        var isLinked: Bool
    }

    private(set) var hours: MarketHours
    /// The span in which the market is closed, while it is.
    private(set) var closedSpan: ClosedSpanRow?
    /// When the market last opened, on the monotonic clock; `nil` if it was open from the start.
    private(set) var openedAt: Duration?
    /// The same on the wall clock; only set if the recorder saw the market open.
    private(set) var tsOpened: UnixNanoseconds?
    var excused = ExcusedLosses()
    var absence = UnjudgedAbsence()
    private var closedTicks = ClosedTicks()
    private var hasReportedZone = false

    init(_ rules: MarketRules) {
        hours = MarketHours(rules)
    }

    var isOpen: Bool { hours.isOpen }

    // MARK: Following the clock

    /// The changes up to `time` since the last call, in order; ``apply(_:to:)`` takes each of them.
    mutating func changes(at time: UnixNanoseconds) -> [MarketHours.Change] {
        hours.changes(at: time)
    }

    /// Takes an opening or a closing; returns what to do.
    mutating func apply(_ change: MarketHours.Change, to feed: Feed) -> [Action] {
        change.isOpen ? open(change, feed) : close(change, feed)
    }

    /// Notes that several changes came at once: a machine that slept did not see what happened in between.
    mutating func sleptThroughChanges() { tsOpened = nil }

    private mutating func close(_ change: MarketHours.Change, _ feed: Feed) -> [Action] {
        let span = ClosedSpanRow(
            feedID: feed.feedID,
            tsFrom: change.time,
            tsTo: change.until,
            source: hours.source
        )
        closedSpan = span
        var actions: [Action] = [.store(span)]
        for loss in feed.losses {
            guard let group = loss.cause.group, group != .storage else { continue }
            actions.append(.endGap(group, at: change.time))
            excused.excuse(loss)
        }
        return actions + [.reportClosed(opensAt: change.until)]
    }

    private mutating func open(_ change: MarketHours.Change, _ feed: Feed) -> [Action] {
        var actions: [Action] = []
        if var span = closedSpan, span.tsTo != change.time {
            span.tsTo = max(span.tsFrom, change.time)
            actions.append(.store(span))
        }
        closedSpan = nil
        openedAt = feed.uptime
        tsOpened = change.time
        actions.append(.listen)
        if let loss = excused.take(.connection), !feed.isSubscribed {
            actions.append(.beginGap(loss, from: change.time))
        }
        if let loss = excused.take(.venue), !feed.isLinked { actions.append(.beginGap(loss, from: change.time)) }
        return actions + [.reportOpened(closesAt: change.until)]
    }

    // MARK: Sessions of the venue

    /// Takes sessions that the venue sent; true if they change when the feed is open.
    @discardableResult
    mutating func learn(_ sessions: [String: [TradingSchedule.Session]]) -> Bool { hours.learn(sessions) }

    /// A notice, once, that sessions of the venue cannot be used.
    mutating func zoneNotice() -> String? {
        guard hours.calendars.lacksVenueZone, !hasReportedZone else { return nil }
        hasReportedZone = true
        return "the hub sends the sessions of its symbols, but they cannot be used without 'broker_time_zone'"
    }

    /// A warning, once, that sessions look wrong and would hide missing data; `ticks` is the number so far.
    mutating func sessionWarning(ticks: Int64, at time: UnixNanoseconds) -> String? {
        let sinceClosing = hours.leisure(at: time) == nil ? nil : closedSpan.map { time.since($0.tsFrom) }
        guard closedTicks.isWrong(ticks, sinceClosing: sinceClosing) else { return nil }
        return "prices keep arriving although the market is closed according to its sessions: check the sessions, the "
            + "holidays and their time zone"
    }

    // MARK: Another file

    /// The row of the closed time when this recorder, or its file, ends; the next one finds out whether it continues.
    func endedSpan(at time: UnixNanoseconds) -> ClosedSpanRow? {
        guard var span = closedSpan, span.tsTo.map({ $0 > time }) ?? true else { return nil }
        span.tsTo = max(span.tsFrom, time)
        return span
    }

    /// Starts a new file; returns its row if the market is closed.
    mutating func beginFile(feedID: Int64, at time: UnixNanoseconds) -> ClosedSpanRow? {
        absence.forget()
        guard var span = closedSpan else { return nil }
        span.feedID = feedID
        span.tsFrom = max(span.tsFrom, time)
        closedSpan = span
        return span
    }

    /// The times in `range` in which the market was closed, as rows.
    func closedSpans(in range: Range<UnixNanoseconds>, feedID: Int64) -> [ClosedSpanRow] {
        hours.closedParts(of: range).map {
            ClosedSpanRow(feedID: feedID, tsFrom: $0.lowerBound, tsTo: $0.upperBound, source: hours.source)
        }
    }
}
