package import MarketModel

/// How much of the sessions' time an instrument was recorded.
package struct InstrumentCoverage: Hashable, Sendable {
    package let venue: String
    package let symbol: String
    /// The time that should have been recorded, and in `coveredNS` the part that was, in nanoseconds.
    package fileprivate(set) var expectedNS: Int64 = 0
    package fileprivate(set) var coveredNS: Int64 = 0
    /// Hours with any expected time, in ascending order.
    package fileprivate(set) var hours: [Hour] = []

    package struct Hour: Hashable, Sendable {
        /// The start of the hour, UTC.
        package let start: UnixNanoseconds
        package let expectedNS: Int64
        package let coveredNS: Int64

        package var fraction: Double { InstrumentCoverage.fraction(coveredNS, of: expectedNS) }
    }

    package var fraction: Double { Self.fraction(coveredNS, of: expectedNS) }

    /// 1 if nothing was expected.
    private static func fraction(_ covered: Int64, of expected: Int64) -> Double {
        expected > 0 ? Double(covered) / Double(expected) : 1
    }
}

/// The coverage of a recording, instrument by instrument and hour by hour.
///
/// The expected time is that of the feeds that bring the instrument (see ``InstrumentFeeds``): their sessions from the
/// first connection or gap on, the time between two sessions of one feed, and gaps, excluding the times in which the
/// feed's market was closed. The covered time is the part that no gap touches. A gap touches the instrument that it
/// names, or all instruments that its feed brings. If several feeds bring an instrument, one of them is enough. Gaps
/// from damage count, because their received messages are no longer stored. A hole in an order book does not count,
/// because no tick is missing: ``BookHealth`` has it.
package struct Coverage: Hashable, Sendable {
    /// In order of venue and symbol; the rows of a symbol whose digits grew count as one instrument.
    package private(set) var instruments: [InstrumentCoverage] = []

    /// The lowest fraction of any instrument; 1 if there is none.
    package var least: Double { instruments.map(\.fraction).min() ?? 1 }

    init() {}

    package init(_ reader: ArchiveReader) throws(ArchiveError) {
        let (feeds, instruments) = (try reader.feeds(), try reader.instruments())
        self.init(
            sessions: try reader.sessions(),
            feeds: feeds,
            instruments: instruments,
            gaps: try reader.gaps(),
            closedSpans: try reader.closedSpans(),
            connections: try reader.connections(),
            owners: try InstrumentFeeds(reader, feeds: feeds, instruments: instruments),
            tsLast: try reader.lastMessageTime()
        )
    }

    /// Computes the coverage; a session that still runs, or was killed, counts up to its last message.
    ///
    /// Without `owners`, the feeds of the ticks are not known.
    package init(
        sessions: [SessionRow],
        feeds: [FeedRow],
        instruments: [InstrumentRow],
        gaps: [GapRow],
        closedSpans: [ClosedSpanRow] = [],
        connections: [ConnectionRow] = [],
        owners: InstrumentFeeds? = nil,
        tsLast: UnixNanoseconds?
    ) {
        let owners = owners ?? InstrumentFeeds(feeds)
        let end = tsLast ?? sessions.map(\.start.tsStart).max() ?? UnixNanoseconds(0)
        let names = Dictionary(instruments.map { ($0.instrumentID, Name($0)) }, uniquingKeysWith: { first, _ in first })
        var times = FeedTimes(
            feeds,
            sessions: sessions,
            connections: connections,
            gaps: gaps.filter { !$0.isOfBook } + Self.absences(sessions, feeds),
            closed: ClosedTimes(closedSpans, feeds: feeds, sessions: sessions),
            end: end
        )
        for name in Set(names.values).sorted() {
            let own = Set(names.filter { $0.value == name }.keys)
            let feedIDs = owners.feedIDs(venue: name.venue, symbol: name.symbol)
            let time = times.time(of: own, feedIDs, venue: name.venue)
            self.instruments.append(InstrumentCoverage(name: name, expected: time.expected, missing: time.missing))
        }
    }

    fileprivate struct Name: Hashable, Comparable {
        let venue: String
        let symbol: String

        init(_ row: InstrumentRow) { (venue, symbol) = (row.venue, row.symbol) }

        static func < (left: Name, right: Name) -> Bool { (left.venue, left.symbol) < (right.venue, right.symbol) }
    }

    /// The time between two sessions of a feed, for which earlier builds stored no gap.
    ///
    /// After a kill, every build stored a gap; after a rotation, there is none.
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
            expectedNS = expectedNS.addingSaturated(time.expected)
            coveredNS = coveredNS.addingSaturated(covered)
        }
    }

    /// A span with more hours than this has a damaged time.
    private static let hoursMax = 24 * 366 * 50

    private static func forEachHour(of span: TimeSpans.Span, _ body: (Int64, Int64) -> Void) {
        var from = span.from
        var count = 0
        while from < span.to, count < hoursMax {
            count += 1
            let start = from.subtractingSaturated(((from % hourNS) + hourNS) % hourNS)
            let (next, overflow) = start.addingReportingOverflow(hourNS)
            let to = overflow ? span.to : min(span.to, next)
            body(start, to - from)
            from = to
        }
    }
}
