package import MarketModel

/// How much of the time that sessions ran an instrument was recorded.
package struct InstrumentCoverage: Hashable, Sendable {
    package let venue: String
    package let symbol: String
    /// Nanoseconds that should have been recorded, and those that were.
    package fileprivate(set) var expectedNS: Int64 = 0
    package fileprivate(set) var coveredNS: Int64 = 0
    /// Hours with any expected time, in order.
    package fileprivate(set) var hours: [Hour] = []

    package struct Hour: Hashable, Sendable {
        /// The beginning of the hour, UTC.
        package let start: UnixNanoseconds
        package let expectedNS: Int64
        package let coveredNS: Int64

        package var fraction: Double { InstrumentCoverage.fraction(coveredNS, of: expectedNS) }
    }

    package var fraction: Double { Self.fraction(coveredNS, of: expectedNS) }

    /// 1 where nothing was expected.
    private static func fraction(_ covered: Int64, of expected: Int64) -> Double {
        expected > 0 ? Double(covered) / Double(expected) : 1
    }
}

/// The coverage of a recording, instrument by instrument and hour by hour.
///
/// The expected time is that of sessions with a feed of the instrument's venue, between two sessions of one feed, and
/// of gaps, excluding the times in which the feed's market was closed. The covered time is the part that no gap
/// touches. Overlapping gaps count once. A gap touches the instrument that it names, or all instruments of its feed's
/// venue if it names none. Gaps from damage count, because their received messages are no longer stored.
package struct Coverage: Hashable, Sendable {
    /// In order of venue and symbol; an instrument whose digits grew is one.
    package private(set) var instruments: [InstrumentCoverage] = []

    /// The least fraction of any instrument; 1 where there is none.
    package var least: Double { instruments.map(\.fraction).min() ?? 1 }

    init() {}

    /// A session that still runs, or was killed, counts up to its last message.
    package init(_ reader: ArchiveReader) throws(ArchiveError) {
        let last = try reader.lastMessageTime()
        self.init(
            sessions: try reader.sessions(),
            feeds: try reader.feeds(),
            instruments: try reader.instruments(),
            gaps: try reader.gaps(),
            closedSpans: try reader.closedSpans(),
            tsLast: last
        )
    }

    package init(
        sessions: [SessionRow],
        feeds: [FeedRow],
        instruments: [InstrumentRow],
        gaps: [GapRow],
        closedSpans: [ClosedSpanRow] = [],
        tsLast: UnixNanoseconds?
    ) {
        let closed = ClosedTimes(closedSpans, feeds: feeds, sessions: sessions)
        let gaps = gaps + Self.absences(sessions, feeds)
        let end = tsLast?.rawValue ?? sessions.map(\.start.tsStart.rawValue).max() ?? 0
        // Sessions that brought nothing may have ended later; a gap that is open lasts at least as long.
        let gapsEnd = sessions.compactMap(\.tsEnd?.rawValue).reduce(end, max)
        var venues: [String: TimeSpans] = [:]
        var venueOfFeed: [Int64: String] = [:]
        let bySession = Dictionary(grouping: sessions, by: \.sessionID)
        for feed in feeds {
            venueOfFeed[feed.feedID] = feed.venue
            guard let session = bySession[feed.sessionID]?.first else { continue }
            let start = session.start.tsStart.rawValue
            for part in closed.openParts(of: feed.feedID, start, session.tsEnd?.rawValue ?? end) {
                venues[feed.venue, default: TimeSpans()].add(part.from, part.to)
            }
        }
        let names = Dictionary(instruments.map { ($0.instrumentID, Name($0)) }, uniquingKeysWith: { first, _ in first })
        for name in Set(names.values).sorted() {
            var missing = TimeSpans()
            for gap in gaps where Self.touches(gap, name, names, venueOfFeed) {
                for part in closed.openParts(of: gap.feedID, gap.tsFrom.rawValue, gap.tsTo?.rawValue ?? gapsEnd) {
                    missing.add(part.from, part.to)
                }
            }
            var expected = venues[name.venue] ?? TimeSpans()
            for span in missing.spans { expected.add(span.from, span.to) }
            self.instruments.append(InstrumentCoverage(name: name, expected: expected, missing: missing))
        }
    }

    fileprivate struct Name: Hashable, Comparable {
        let venue: String
        let symbol: String

        init(_ row: InstrumentRow) { (venue, symbol) = (row.venue, row.symbol) }

        static func < (left: Name, right: Name) -> Bool { (left.venue, left.symbol) < (right.venue, right.symbol) }
    }

    private static func touches(
        _ gap: GapRow,
        _ name: Name,
        _ names: [Int64: Name],
        _ venueOfFeed: [Int64: String]
    ) -> Bool {
        if let instrumentID = gap.instrumentID { return names[instrumentID] == name }
        guard let feedID = gap.feedID, let venue = venueOfFeed[feedID] else { return true }
        return venue == name.venue
    }

    /// The time between two sessions of a feed, of which earlier builds wrote nothing into the ledger.
    ///
    /// After a kill every build has written a gap, and a rotation leaves none.
    private static func absences(_ sessions: [SessionRow], _ feeds: [FeedRow]) -> [GapRow] {
        let recorded = Dictionary(
            sessions.filter { $0.start.kind == .record }.map { ($0.sessionID, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let byFeed = Dictionary(grouping: feeds.sorted { $0.feedID < $1.feedID }) {
            FeedKey(name: $0.name, venue: $0.venue)
        }
        return byFeed.values.flatMap { feeds in
            zip(feeds, feeds.dropFirst()).compactMap { earlier, later -> GapRow? in
                guard let before = recorded[earlier.sessionID], let after = recorded[later.sessionID],
                    let ended = before.tsEnd, !["killed", "rotation"].contains(before.endCause),
                    ended < after.start.tsStart
                else { return nil }
                return GapRow(
                    gapID: 0,
                    sessionID: later.sessionID,
                    feedID: later.feedID,
                    tsFrom: ended,
                    tsTo: after.start.tsStart,
                    cause: "restart"
                )
            }
        }
    }
}

extension InstrumentCoverage {
    private static let hourNS: Int64 = 3_600_000_000_000

    fileprivate init(name: Coverage.Name, expected: TimeSpans, missing: TimeSpans) {
        (venue, symbol) = (name.venue, name.symbol)
        var byHour: [Int64: (expected: Int64, missing: Int64)] = [:]
        for span in expected.spans {
            Self.forEachHour(of: span) { byHour[$0, default: (0, 0)].expected += $1 }
        }
        for span in missing.spans {
            Self.forEachHour(of: span) { byHour[$0, default: (0, 0)].missing += $1 }
        }
        for (start, time) in byHour.sorted(by: { $0.key < $1.key }) where time.expected > 0 {
            let covered = max(0, time.expected - time.missing)
            hours.append(Hour(start: UnixNanoseconds(start), expectedNS: time.expected, coveredNS: covered))
            expectedNS += time.expected
            coveredNS += covered
        }
    }

    /// More hours than that in one span are no session but a damaged time.
    private static let hoursMax = 24 * 366 * 50

    private static func forEachHour(of span: TimeSpans.Span, _ body: (Int64, Int64) -> Void) {
        var from = span.from
        var count = 0
        while from < span.to, count < hoursMax {
            count += 1
            let start = from - ((from % hourNS) + hourNS) % hourNS
            let (next, overflow) = start.addingReportingOverflow(hourNS)
            let to = overflow ? span.to : min(span.to, next)
            body(start, to - from)
            from = to
        }
    }
}

/// Stretches of time, `[from, to)`, in order and apart from each other.
struct TimeSpans {
    struct Span: Hashable {
        var from: Int64
        var to: Int64
    }

    private(set) var spans: [Span] = []

    mutating func add(_ from: Int64, _ to: Int64) {
        guard from < to else { return }
        var added = Span(from: from, to: to)
        spans.removeAll { span in
            guard span.from <= added.to, added.from <= span.to else { return false }
            added = Span(from: min(span.from, added.from), to: max(span.to, added.to))
            return true
        }
        spans.insert(added, at: spans.firstIndex { $0.from > added.from } ?? spans.endIndex)
    }

    func overlaps(_ from: Int64, _ to: Int64) -> Bool {
        spans.contains { $0.from < to && from < $0.to }
    }
}
