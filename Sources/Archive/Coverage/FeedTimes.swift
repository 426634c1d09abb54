import MarketModel

/// The times in which feeds should have recorded, and in which they did not.
struct FeedTimes {
    /// The time that should have been recorded, and the missing part of it.
    struct Time {
        var expected = TimeSpans()
        var missing = TimeSpans()
    }

    /// Feeds that deliver an instrument together.
    private struct Group: Hashable {
        let venue: String
        /// `nil` for all feeds of the venue.
        let feedIDs: Set<Int64>?
    }

    private let feeds: [FeedRow]
    /// The gaps that name no instrument, by feed; gaps without a feed, or whose feed has no row, are under `nil`.
    private let gaps: [Int64?: [GapRow]]
    /// The gaps that name an instrument.
    private let gapsOfInstruments: [GapRow]
    private let closed: ClosedTimes
    /// Where a gap that is open ends: sessions that brought nothing may have ended after the last message.
    private let gapsEnd: UnixNanoseconds
    /// The time of each feed in its session while its market was open.
    private var sessions: [Int64: TimeSpans] = [:]
    private let venueOfFeed: [Int64: String]
    /// A cache: most gaps refer to no instrument, so their sum is computed once per group.
    private var known: [Group: Time] = [:]

    init(
        _ feeds: [FeedRow],
        sessions: [SessionRow],
        connections: [ConnectionRow],
        gaps: [GapRow],
        closed: ClosedTimes,
        end: UnixNanoseconds
    ) {
        self.feeds = feeds
        self.closed = closed
        gapsEnd = sessions.compactMap(\.tsEnd).reduce(end, max)
        let venueOfFeed = Dictionary(feeds.map { ($0.feedID, $0.venue) }, uniquingKeysWith: { first, _ in first })
        self.venueOfFeed = venueOfFeed
        gapsOfInstruments = gaps.filter { $0.instrumentID != nil }
        self.gaps = Dictionary(grouping: gaps.filter { $0.instrumentID == nil }) { gap in
            gap.feedID.flatMap { venueOfFeed[$0] == nil ? nil : $0 }
        }
        let bySession = Dictionary(sessions.map { ($0.sessionID, $0) }, uniquingKeysWith: { first, _ in first })
        let byFeed = Dictionary(grouping: connections, by: \.opened.feedID)
        let gapsOfFeed = Dictionary(grouping: gaps.filter { $0.feedID != nil }, by: \.feedID)
        for feed in feeds {
            guard let session = bySession[feed.sessionID] else { continue }
            let (from, to) = Self.bounds(session, byFeed[feed.feedID] ?? [], gapsOfFeed[feed.feedID] ?? [], end)
            for part in closed.openParts(of: feed.feedID, from.rawValue, to.rawValue) {
                self.sessions[feed.feedID, default: TimeSpans()].add(part.from, part.to)
            }
        }
    }

    /// When a feed was recorded in a session: a reload may have added it later or removed it earlier.
    private static func bounds(
        _ session: SessionRow,
        _ connections: [ConnectionRow],
        _ gaps: [GapRow],
        _ end: UnixNanoseconds
    ) -> (from: UnixNanoseconds, to: UnixNanoseconds) {
        let (from, to) = (session.start.tsStart, session.tsEnd ?? end)
        guard session.start.kind == .record, !connections.isEmpty else { return (from, to) }
        let first = (connections.map(\.opened.tsOpened) + gaps.map(\.tsFrom)).min() ?? from
        let closings = connections.compactMap { $0.closed?.tsClosed } + gaps.compactMap(\.tsTo)
        let isOver = connections.allSatisfy { $0.closed != nil } && gaps.allSatisfy { $0.tsTo != nil }
        let last = isOver ? closings.max() ?? to : to
        return (max(from, min(first, to)), max(from, min(last, to)))
    }

    /// The time of an instrument with the rows `instrumentIDs`; `feedIDs` deliver it, or all feeds of its venue if
    /// `nil`.
    mutating func time(of instrumentIDs: Set<Int64>, _ feedIDs: Set<Int64>?, venue: String) -> Time {
        let own = gapsOfInstruments.filter { $0.instrumentID.map(instrumentIDs.contains) ?? false }
        let group = Group(venue: venue, feedIDs: feedIDs)
        if own.isEmpty, let time = known[group] { return time }
        let time = time(of: group, own)
        if own.isEmpty { known[group] = time }
        return time
    }

    private func time(of group: Group, _ own: [GapRow]) -> Time {
        guard let feedIDs = group.feedIDs else {
            // Any feed of the venue may deliver it, so the gaps of all feeds count.
            let ids = Set(feeds.filter { $0.venue == group.venue }.map(\.feedID))
            return time(ids, gaps(of: ids) + own)
        }
        let keys = Dictionary(grouping: feeds.filter { feedIDs.contains($0.feedID) }, by: FeedKey.init)
        // A gap that refers to the instrument counts, whatever its feed.
        let strays = own.filter { $0.feedID.map { !feedIDs.contains($0) } ?? true }
        var sum = Time()
        var covered = TimeSpans()
        for rows in keys.values {
            let ids = Set(rows.map(\.feedID))
            let one = time(ids, gaps(of: ids) + own.filter { touches($0, ids) } + strays)
            sum.expected.add(one.expected)
            covered.add(one.expected.subtracting(one.missing))
        }
        sum.missing = sum.expected.subtracting(covered)
        return sum
    }

    private func time(_ feedIDs: Set<Int64>, _ gaps: [GapRow]) -> Time {
        var time = Time()
        for feedID in feedIDs { if let spans = sessions[feedID] { time.expected.add(spans) } }
        for gap in gaps {
            for part in closed.openParts(of: gap.feedID, gap.tsFrom.rawValue, (gap.tsTo ?? gapsEnd).rawValue) {
                time.missing.add(part.from, part.to)
            }
        }
        time.expected.add(time.missing)
        return time
    }

    /// The gaps that name no instrument and may be of these feeds.
    private func gaps(of feedIDs: Set<Int64>) -> [GapRow] {
        feedIDs.flatMap { gaps[$0] ?? [] } + (gaps[nil] ?? [])
    }

    /// True for a gap of one of these feeds, and for a gap without a feed or with a feed that has no row.
    private func touches(_ gap: GapRow, _ feedIDs: Set<Int64>) -> Bool {
        guard let feedID = gap.feedID, venueOfFeed[feedID] != nil else { return true }
        return feedIDs.contains(feedID)
    }
}
