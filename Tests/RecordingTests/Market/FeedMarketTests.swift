import Archive
import MarketModel
import Testing

@testable import Recording

/// What the recorder does at an opening or a closing, without tasks and clocks.
struct FeedMarketTests {
    private static let friday = MarketHoursTests.time("2026-01-09T22:00:00Z")
    private static let sunday = MarketHoursTests.time("2026-01-11T22:00:00Z")
    private static let lost = ExcusedLosses.Loss(cause: .disconnect, detail: "lost", connectionID: 3)

    private static func after(_ time: UnixNanoseconds, _ seconds: Int64) -> UnixNanoseconds {
        time.advanced(by: .seconds(seconds))
    }

    /// A forex market that is open, a minute before it closes.
    private static func market() throws -> FeedMarket {
        var rules = MarketRules()
        rules.calendar = try MarketHoursTests.forex()
        var market = FeedMarket(rules)
        #expect(market.changes(at: after(friday, -60)).isEmpty && market.isOpen)
        return market
    }

    private static func feed(
        _ losses: [ExcusedLosses.Loss] = [],
        isSubscribed: Bool = true,
        isLinked: Bool = true
    ) -> FeedMarket.Feed {
        FeedMarket.Feed(
            feedID: 7,
            uptime: .seconds(100),
            losses: losses,
            isSubscribed: isSubscribed,
            isLinked: isLinked
        )
    }

    /// Follows the clock to `time`; returns what to do.
    private static func follow(
        _ market: inout FeedMarket,
        to time: UnixNanoseconds,
        _ feed: FeedMarket.Feed
    ) -> [FeedMarket.Action] {
        market.changes(at: time).flatMap { market.apply($0, to: feed) }
    }

    private static let span = ClosedSpanRow(feedID: 7, tsFrom: friday, tsTo: sunday)

    @Test("kind 13 a closing stores its span, and excuses what is lost")
    func closing() throws {
        var market = try Self.market()
        let actions = Self.follow(&market, to: Self.after(Self.friday, 1), Self.feed([Self.lost]))
        #expect(
            actions == [
                .store(Self.span), .endGap(.connection, at: Self.friday), .reportClosed(opensAt: Self.sunday),
            ]
        )
        #expect(!market.isOpen && market.closedSpan == Self.span)
    }

    @Test("kind 13 a loss becomes a gap at the opening, unless the feed is back", arguments: [true, false])
    func opening(isSubscribed: Bool) throws {
        var market = try Self.market()
        _ = Self.follow(&market, to: Self.after(Self.friday, 1), Self.feed([Self.lost]))
        let feed = Self.feed(isSubscribed: isSubscribed)
        let actions = Self.follow(&market, to: Self.after(Self.sunday, 1), feed)
        let gap: [FeedMarket.Action] = isSubscribed ? [] : [.beginGap(Self.lost, from: Self.sunday)]
        let closing = Self.after(Self.friday, 7 * 86_400)
        #expect(actions == [.listen] + gap + [.reportOpened(closesAt: closing)])
        #expect(market.isOpen && market.closedSpan == nil)
        #expect(market.openedAt == .seconds(100) && market.tsOpened == Self.sunday)
        market.sleptThroughChanges()
        #expect(market.tsOpened == nil)
    }

    @Test("kind 13 in an open market a loss has a gap; over a weekend it has one for each open part")
    func gapsWhileOpen() throws {
        var market = try Self.market()
        let from = Self.after(Self.friday, -120)
        let time = Self.after(Self.friday, -60)
        #expect(market.gaps(of: Self.lost, since: from, until: time) == .init(ended: [], openFrom: from))
        _ = Self.follow(&market, to: Self.after(Self.friday, 1), Self.feed())
        _ = Self.follow(&market, to: Self.after(Self.sunday, 60), Self.feed())
        let gaps = market.gaps(of: Self.lost, since: from, until: Self.after(Self.sunday, 60))
        #expect(gaps == .init(ended: [from..<Self.friday], openFrom: Self.sunday))
        let now = Self.after(Self.sunday, 60)
        #expect(market.gaps(of: Self.lost, since: now, until: now) == .init(ended: [], openFrom: now))
    }

    @Test("kind 13 in a closed market nothing is missing, except before the closing if nothing was heard")
    func gapsWhileClosed() throws {
        var market = try Self.market()
        let soon = Self.after(Self.friday, 30)
        _ = Self.follow(&market, to: soon, Self.feed())
        #expect(market.gaps(of: Self.lost, since: Self.after(Self.friday, -10), until: soon) == .init())
        let silent = ExcusedLosses.Loss(cause: .silence, detail: "", connectionID: nil)
        let from = Self.after(Self.friday, -10)
        #expect(market.gaps(of: silent, since: from, until: soon) == .init(ended: [from..<Self.friday]))
        #expect(market.gaps(of: silent, since: from, until: Self.after(Self.friday, 61)) == .init())
        let absent = ExcusedLosses.Loss(cause: .restart, detail: "", connectionID: nil)
        #expect(market.gaps(of: absent, since: from, until: soon) == .init(ended: [from..<Self.friday]))
    }

    @Test("kind 13 another file repeats the closed time from its own start")
    func files() throws {
        var market = try Self.market()
        #expect(market.endedSpan(at: Self.friday) == nil && market.beginFile(feedID: 8, at: Self.friday) == nil)
        _ = Self.follow(&market, to: Self.after(Self.friday, 1), Self.feed())
        let midnight = Self.after(Self.friday, 7200)
        var ended = Self.span
        ended.tsTo = midnight
        #expect(market.endedSpan(at: midnight) == ended)
        let repeated = ClosedSpanRow(feedID: 8, tsFrom: midnight, tsTo: Self.sunday)
        #expect(market.beginFile(feedID: 8, at: midnight) == repeated && market.closedSpan == repeated)
    }

    @Test("kind 13 an absence that ended before the venue sent its sessions is judged by them, once")
    func lateSessions() throws {
        var absence = UnjudgedAbsence()
        let (from, to) = (Self.after(Self.friday, -60), Self.after(Self.sunday, 60))
        var gap = GapRow(gapID: 1, sessionID: 1, feedID: 7, tsFrom: from, cause: GapCause.restart.rawValue)
        gap.tsTo = to
        var rules = MarketRules()
        absence.joined(hasCalendar: false)
        absence.noteEnded(gap)
        #expect(absence.judge(by: MarketHours(rules)) == nil)
        rules.calendar = try MarketHoursTests.forex()
        let verdict = absence.judge(by: MarketHours(rules))
        #expect(verdict?.gap == gap && verdict?.whole == from..<to)
        #expect(verdict?.parts == [from..<Self.friday, Self.sunday..<to])
        absence.noteEnded(gap)
        #expect(absence.judge(by: MarketHours(rules)) == nil)
    }
}
