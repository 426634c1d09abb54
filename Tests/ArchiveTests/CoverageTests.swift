import Archive
import MarketModel
import Testing

struct CoverageTests {
    private static let hour: Int64 = 3_600_000_000_000
    /// 2026-01-05T00:00:00Z.
    private static let midnight: Int64 = 1_767_571_200_000_000_000

    private static func session(_ id: Int64, from: Double, to: Double?) -> SessionRow {
        SessionRow(
            sessionID: id,
            start: SessionStart(kind: .record, tsStart: at(from), host: nil, programVersion: "1", configuration: "{}"),
            tsEnd: to.map(at),
            endCause: nil,
            counts: nil
        )
    }

    private static func at(_ hours: Double) -> UnixNanoseconds {
        UnixNanoseconds(midnight + Int64(hours * Double(hour)))
    }

    private static func gap(_ from: Double, _ to: Double?, feed: Int64? = nil, instrument: Int64? = nil) -> GapRow {
        GapRow(
            gapID: 1,
            sessionID: 1,
            feedID: feed,
            instrumentID: instrument,
            tsFrom: at(from),
            tsTo: to.map(at),
            cause: "disconnect"
        )
    }

    private static func coverage(_ sessions: [SessionRow], _ gaps: [GapRow], last: Double? = nil) -> Coverage {
        Coverage(
            sessions: sessions,
            feeds: [
                FeedRow(feedID: 1, sessionID: 1, name: "a", venue: "binance-spot", url: nil),
                FeedRow(feedID: 2, sessionID: 1, name: "b", venue: "mt4", url: nil),
                FeedRow(feedID: 3, sessionID: 2, name: "a", venue: "binance-spot", url: nil),
            ],
            instruments: [instrument(1, "A"), instrument(2, "B"), instrument(3, "B", priceDigits: 9)],
            gaps: gaps,
            tsLast: last.map(at)
        )
    }

    @Test("without a gap every hour of a session is covered")
    func whole() {
        let coverage = Self.coverage([Self.session(1, from: 1.5, to: 4)], [])
        #expect(coverage.instruments.map(\.symbol) == ["A", "B"])
        #expect(coverage.least == 1)
        #expect(coverage.instruments[0].hours.map(\.expectedNS) == [Self.hour / 2, Self.hour, Self.hour])
        #expect(coverage.instruments[0].hours.map(\.start) == [1, 2, 3].map(Self.at))
    }

    @Test("a gap touches its instrument, or all instruments of its feed's venue, or everything")
    func gaps() {
        let session = [Self.session(1, from: 0, to: 4)]
        #expect(Self.coverage(session, [Self.gap(1, 2, instrument: 3)]).instruments.map(\.fraction) == [1, 0.75])
        #expect(Self.coverage(session, [Self.gap(1, 2, feed: 1)]).instruments.map(\.fraction) == [0.75, 0.75])
        #expect(Self.coverage(session, [Self.gap(1, 2, feed: 2)]).instruments.map(\.fraction) == [1, 1])
        #expect(Self.coverage(session, [Self.gap(1, 2)]).least == 0.75)
    }

    @Test("a hole in an order book lowers no coverage, because no tick is missing")
    func bookHole() {
        var hole = Self.gap(1, 2, feed: 1, instrument: 1)
        hole.cause = "sequence"
        hole.detail = GapRow.bookDetail + "depth@100ms of A has a hole: a message is missing"
        let session = [Self.session(1, from: 0, to: 4)]
        #expect(Self.coverage(session, [hole]).least == 1)
        hole.detail = nil
        #expect(Self.coverage(session, [hole]).instruments.map(\.fraction) == [0.75, 1])
    }

    @Test("overlapping gaps count once, an open one up to the last message")
    func overlapping() {
        let gaps = [Self.gap(0.5, 1.25), Self.gap(1, 1.5), Self.gap(3.5, nil)]
        let coverage = Self.coverage([Self.session(1, from: 0, to: nil)], gaps, last: 4)
        #expect(coverage.instruments[0].hours.map(\.fraction) == [0.5, 0.5, 1, 0.5])
        #expect(coverage.least == 0.625)
    }

    @Test("the hours of many gaps are counted in a time that grows with their number alone")
    func manyGaps() {
        let gaps = (0..<2000).map { Self.gap(Double($0) / 1000, Double($0) / 1000 + 0.0005) }
        let start = ContinuousClock.now
        let coverage = Self.coverage([Self.session(1, from: 0, to: 2)], gaps)
        // Each gap once cost half a million steps: a minute or more.
        #expect(ContinuousClock.now - start < .seconds(15))
        #expect(coverage.instruments.map(\.hours.count) == [2, 2])
    }

    @Test("kind 1 the time between two sessions of a feed is not covered, with or without a gap")
    func restart() {
        let sessions = [Self.session(1, from: 0, to: 1), Self.session(2, from: 3, to: 4)]
        #expect(Self.coverage(sessions, []).instruments.map(\.fraction) == [0.5, 0.5])
        let coverage = Self.coverage(sessions, [Self.gap(1, 3)])
        #expect(coverage.least == 0.5)
        #expect(coverage.instruments[0].hours.map(\.fraction) == [1, 0, 0, 1])
    }

    @Test("a complete bar that a gap touches is found", arguments: [(true, 1), (false, 0)])
    func gapBars(isComplete: Bool, problems: Int) async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A")]
        batch.gaps = [
            GapRow(gapID: 1, sessionID: 1, feedID: 1, tsFrom: time(1500), tsTo: time(2500), cause: "disconnect")
        ]
        batch.bars = [(0, true), (1000, isComplete), (2000, isComplete), (3000, true)].map { offset, isComplete in
            BarRow(
                instrumentID: 1,
                side: .bid,
                intervalNS: 1000,
                tsOpen: time(offset),
                tsClose: time(offset + 1000),
                open: 1,
                high: 1,
                low: 1,
                close: 1,
                tickCount: 1,
                isComplete: isComplete,
                timeSource: .recv
            )
        }
        try await recording.writer.write(batch)
        var counts = SessionCounts()
        (counts.gapCount, counts.barCount) = (1, 4)
        try await recording.end(counts)
        let report = try ArchiveVerifier.verify(ArchiveLocation(directory.path))
        #expect(report.problems.map(\.kind) == Array(repeating: .bar, count: problems))
        if problems > 0 { #expect(report.problems[0].reason.hasPrefix("2 bars are marked complete")) }
    }

    @Test(
        "kind 1 a gap does not touch a bar that ended before it, even if the venue's clock restarted in between",
        arguments: [(true, []), (false, [VerifyProblem.Kind.bar])] as [(Bool, [VerifyProblem.Kind])]
    )
    func timeBeginsAnew(wasOver: Bool, problems: [VerifyProblem.Kind]) async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        let second: Int64 = 1_000_000_000
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A")]
        batch.blocks = [try block(connectionID: 1, indexes: 0...60)]
        // One tick after the bar, then sixty ticks after the clock has restarted.
        batch.trades = (Int64(0)...60).map { message in
            var row = trade(1, message == 0 ? 0 : 5 * second + message, message: message)
            row.tsEvent = time(message > 0 ? message : wasOver ? 3 * second : second)
            return row
        }
        batch.bars = [
            BarRow(
                instrumentID: 1,
                side: .trade,
                intervalNS: second,
                tsOpen: time(2 * second),
                tsClose: time(3 * second),
                open: 1,
                high: 1,
                low: 1,
                close: 1,
                tickCount: 1,
                isComplete: true,
                timeSource: .event
            )
        ]
        let from = time(5 * second + 60)
        batch.gaps = [GapRow(gapID: 1, sessionID: 1, feedID: 1, tsFrom: from, cause: "restart")]
        try await recording.writer.write(batch)
        var counts = SessionCounts()
        (counts.messagesReceived, counts.tradeCount, counts.gapCount, counts.barCount) = (61, 61, 1, 1)
        try await recording.end(counts)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(directory.path)).problems.map(\.kind) == problems)
    }

    @Test(
        "kind 1 a gap does not touch a bar that began after it, even if the venue's clock restarted in between",
        arguments: [(true, []), (false, [VerifyProblem.Kind.bar])] as [(Bool, [VerifyProblem.Kind])]
    )
    func clockStartsOver(isRestarted: Bool, problems: [VerifyProblem.Kind]) async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        let second: Int64 = 1_000_000_000
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A")]
        batch.blocks = [try block(connectionID: 1, indexes: 0...100)]
        // A tick, a gap from 1 s to 6 s, and then a hundred ticks in six seconds. The first 50 end after the bar began.
        batch.trades = (Int64(0)...100).map { message in
            let sinceGap = (message - 1) * 60_000_000
            var row = trade(1, message == 0 ? 0 : 6 * second + sinceGap, message: message)
            row.tsEvent = message > 0 && isRestarted ? time(sinceGap) : row.tsRecv
            return row
        }
        batch.bars = [
            BarRow(
                instrumentID: 1,
                side: .trade,
                intervalNS: second,
                tsOpen: time(2 * second),
                tsClose: time(3 * second),
                open: 1,
                high: 1,
                low: 1,
                close: 1,
                tickCount: 1,
                isComplete: true,
                timeSource: .event
            )
        ]
        var gap = GapRow(gapID: 1, sessionID: 1, feedID: 1, tsFrom: time(second), cause: "restart")
        gap.tsTo = time(6 * second)
        batch.gaps = [gap]
        try await recording.writer.write(batch)
        var counts = SessionCounts()
        (counts.messagesReceived, counts.tradeCount, counts.gapCount, counts.barCount) = (101, 101, 1, 1)
        try await recording.end(counts)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(directory.path)).problems.map(\.kind) == problems)
    }
}
