import Archive
import MarketModel
import Testing

/// Coverage of feeds whose markets close.
struct ClosedSpanTests {
    private static let hour: Int64 = 3_600_000_000_000

    private static func at(_ hours: Int64) -> UnixNanoseconds {
        UnixNanoseconds(1_767_571_200_000_000_000 + hours * hour)
    }

    private static func gap(_ from: Int64, _ to: Int64, feed: Int64?) -> GapRow {
        GapRow(gapID: 1, sessionID: 1, feedID: feed, tsFrom: at(from), tsTo: at(to), cause: "disconnect")
    }

    /// Two feeds over ten hours; feed 2 is a later session of the first feed, feed 3 is another one of its venue.
    private static func coverage(
        _ closed: [ClosedSpanRow],
        gaps: [GapRow] = [],
        hasOther: Bool = false
    ) -> InstrumentCoverage? {
        let sessions = [(1, 0, 4), (2, 6, 10)].map { id, from, to in
            SessionRow(
                sessionID: Int64(id),
                start: SessionStart(
                    kind: .record,
                    tsStart: at(Int64(from)),
                    host: nil,
                    programVersion: "1",
                    configuration: "{}"
                ),
                tsEnd: at(Int64(to)),
                // The time between the two is not an absence.
                endCause: "rotation",
                counts: nil
            )
        }
        var feeds = [
            FeedRow(feedID: 1, sessionID: 1, name: "fx", venue: "mt4", url: nil),
            FeedRow(feedID: 2, sessionID: 2, name: "fx", venue: "mt4", url: nil),
        ]
        if hasOther { feeds.append(FeedRow(feedID: 3, sessionID: 1, name: "coins", venue: "mt4", url: nil)) }
        return Coverage(
            sessions: sessions,
            feeds: feeds,
            instruments: [InstrumentRow(instrumentID: 1, venue: "mt4", symbol: "A", priceDigits: 5, sizeDigits: 0)],
            gaps: gaps,
            closedSpans: closed,
            tsLast: at(10)
        ).instruments.first
    }

    private static func closed(_ from: Int64, _ to: Int64?, feed: Int64 = 1) -> ClosedSpanRow {
        ClosedSpanRow(feedID: feed, tsFrom: at(from), tsTo: to.map(at))
    }

    @Test("kind 13 closed time is not expected; a span that extends past the session counts only within it")
    func expected() {
        #expect(Self.coverage([])?.expectedNS == 8 * Self.hour)
        #expect(Self.coverage([Self.closed(1, 3)])?.expectedNS == 6 * Self.hour)
        #expect(Self.coverage([Self.closed(3, 7)])?.expectedNS == 6 * Self.hour)
        #expect(Self.coverage([Self.closed(2, nil)])?.expectedNS == 2 * Self.hour)
        #expect(Self.coverage([Self.closed(1, 3), Self.closed(2, 4, feed: 2)])?.expectedNS == 5 * Self.hour)
    }

    @Test("kind 13 a gap only counts while the market is open, even between two sessions")
    func gaps() {
        let whole = Self.coverage([Self.closed(2, 8)], gaps: [Self.gap(4, 6, feed: 2)])
        #expect(whole?.expectedNS == 4 * Self.hour && whole?.fraction == 1)
        let half = Self.coverage([Self.closed(5, 8)], gaps: [Self.gap(4, 6, feed: 1)])
        #expect(half?.expectedNS == 7 * Self.hour && half?.coveredNS == 6 * Self.hour)
        let unknown = Self.coverage([Self.closed(5, 8)], gaps: [Self.gap(4, 6, feed: nil)])
        #expect(unknown?.expectedNS == 8 * Self.hour && unknown?.coveredNS == 6 * Self.hour)
    }

    @Test("kind 13 another feed of the venue that is open keeps its time")
    func otherFeed() {
        #expect(Self.coverage([Self.closed(0, 4)], hasOther: true)?.expectedNS == 8 * Self.hour)
        #expect(Self.coverage([Self.closed(0, 4)])?.expectedNS == 4 * Self.hour)
    }

    @Test("kind 13 a closed time is stored once for each start, and its end may change")
    func replaced() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.closedSpans = [Self.closed(1, 3)]
        try await recording.writer.write(batch)
        batch.closedSpans = [Self.closed(1, 2), Self.closed(5, nil)]
        try await recording.writer.write(batch)
        #expect(
            try ArchiveReader(path: recording.writer.path).closedSpans() == [Self.closed(1, 2), Self.closed(5, nil)]
        )
        try await recording.end(SessionCounts())
        #expect(try ArchiveVerifier.verify(ArchiveLocation(directory.path)).problems == [])
    }
}
