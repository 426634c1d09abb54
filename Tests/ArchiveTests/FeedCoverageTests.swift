import Archive
import MarketModel
import Testing

/// Coverage where several feeds record one venue.
struct FeedCoverageTests {
    private static let second: Int64 = 1_000_000_000

    /// A recording of ten seconds by feeds `a` and `c`, whose connections are 1 and 2; `a` has a gap of five seconds.
    private struct Bench {
        let directory: TemporaryDirectory
        let recording: OpenRecording
        var batch = WriteBatch()
        private var counts = SessionCounts()

        init(asking: String? = nil, openedAt offset: Int64 = 0) async throws {
            directory = try TemporaryDirectory()
            recording = try await OpenRecording(directory)
            let other = FeedRow(sessionID: 1, name: "c", venue: "binance-spot", url: nil, subscription: asking)
            _ = try await recording.writer.addFeed(other)
            _ = try await recording.writer.openConnection(ConnectionOpened(feedID: 2, tsOpened: time(offset)))
            batch.instruments = [instrument(1, "EURUSD"), instrument(2, "GBPUSD")]
        }

        /// A message a second by each feed; those of feed `a` have even numbers.
        mutating func fill() throws {
            for feed in 1...2 as ClosedRange<Int64> {
                let messages = (0..<10 as Range<Int64>).map {
                    SampleMessage(index: 2 * $0 + feed - 1, offset: $0 * second, payload: "m")
                }
                batch.blocks.append(try block(connectionID: feed, messages))
            }
            counts.messagesReceived = 20
        }

        /// Gives ticks of an instrument to all messages of a feed.
        mutating func quoteAll(_ instrumentID: Int64, of feed: Int64) {
            batch.quotes += (0..<10 as Range<Int64>).map {
                quote(instrumentID, $0 * second, message: 2 * $0 + feed - 1)
            }
        }

        mutating func gap(of feed: Int64?) {
            batch.gaps.append(
                GapRow(
                    gapID: Int64(batch.gaps.count) + 1,
                    sessionID: 1,
                    feedID: feed,
                    tsFrom: time(2 * second),
                    tsTo: time(7 * second),
                    cause: "upstream"
                )
            )
        }

        mutating func report() async throws -> [InstrumentCoverage] {
            counts.quoteCount = Int64(batch.quotes.count)
            counts.gapCount = Int64(batch.gaps.count)
            try await recording.writer.write(batch)
            for id in 1...2 as ClosedRange<Int64> {
                var closed = ConnectionClosed(connectionID: id, tsClosed: time(10 * second), closedBy: .none)
                closed.messagesReceived = 10
                try await recording.writer.closeConnection(closed)
            }
            try await recording.writer.endSession(1, tsEnd: time(10 * second), cause: "signal", counts: counts)
            await recording.writer.close()
            return try ArchiveVerifier.verify(ArchiveLocation(directory.path)).recordings[0].coverage.instruments
        }

        /// The covered fractions by symbol.
        mutating func coverage() async throws -> [String: Double] {
            let pairs = try await report().map { ($0.symbol, ($0.fraction * 1000).rounded() / 1000) }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
    }

    @Test("kind 13 a gap of one feed does not count for instruments that another feed of the venue brings")
    func otherFeed() async throws {
        var bench = try await Bench()
        try bench.fill()
        bench.quoteAll(1, of: 1)
        bench.quoteAll(2, of: 2)
        bench.gap(of: 1)
        #expect(try await bench.coverage() == ["EURUSD": 0.5, "GBPUSD": 1])
    }

    @Test("kind 13 an instrument that two feeds bring is missing only while neither does", arguments: [false, true])
    func bothFeeds(areBothAway: Bool) async throws {
        var bench = try await Bench()
        try bench.fill()
        for feed in 1...2 as ClosedRange<Int64> { bench.quoteAll(1, of: feed) }
        bench.gap(of: 1)
        if areBothAway { bench.gap(of: 2) }
        #expect(try await bench.coverage()["EURUSD"] == (areBothAway ? 0.5 : 1))
    }

    @Test("kind 13 a gap without a feed counts for all")
    func noFeed() async throws {
        var bench = try await Bench()
        try bench.fill()
        bench.quoteAll(1, of: 1)
        bench.quoteAll(2, of: 2)
        bench.gap(of: nil)
        #expect(try await bench.coverage() == ["EURUSD": 0.5, "GBPUSD": 0.5])
    }

    @Test("kind 13 an instrument without ticks belongs to the feed that asked for it, or else to all of the venue")
    func noTicks() async throws {
        for (asking, fraction) in [(#"{"streams":["gbpusd@trade"]}"#, 1.0), (nil, 0.5)] {
            var bench = try await Bench(asking: asking)
            try bench.fill()
            bench.quoteAll(1, of: 1)
            bench.gap(of: 1)
            #expect(try await bench.coverage() == ["EURUSD": 0.5, "GBPUSD": fraction])
        }
    }

    @Test("kind 13 a rare instrument is found in blocks that no sample holds")
    func rare() async throws {
        var bench = try await Bench()
        // Fifty blocks of each feed, one message each; one of them has the tick.
        for place in 0..<100 as Range<Int64> {
            let message = SampleMessage(index: place, offset: place * 100_000_000, payload: "m")
            bench.batch.blocks.append(try block(connectionID: 1 + place % 2, [message]))
        }
        bench.batch.quotes = [quote(1, 0, message: 0), quote(2, 4_500_000_000, message: 45)]
        bench.gap(of: 1)
        #expect(try await bench.coverage() == ["EURUSD": 0.5, "GBPUSD": 1])
    }

    @Test("kind 13 a gap of one of many feeds counts only for the instruments that it brings", arguments: [65, 300])
    func manyFeeds(count: Int64) async throws {
        var bench = try await Bench()
        let first = SampleMessage(index: 0, offset: 0, payload: "m")
        bench.batch.blocks.append(try block(connectionID: 1, [first]))
        bench.batch.quotes = [quote(1, 0, message: 0)]
        for feed in 3...count {
            let row = FeedRow(sessionID: 1, name: "feed \(feed)", venue: "binance-spot", url: nil)
            let feedID = try await bench.recording.writer.addFeed(row)
            let opened = ConnectionOpened(feedID: feedID, tsOpened: time(0))
            let connection = try await bench.recording.writer.openConnection(opened)
            let message = SampleMessage(index: feed, offset: feed * 1_000_000, payload: "m")
            bench.batch.blocks.append(try block(connectionID: connection, [message]))
            bench.batch.instruments.append(instrument(feed, "S\(feed)"))
            bench.batch.quotes.append(quote(feed, message.offset, message: feed))
        }
        bench.gap(of: 1)
        let coverage = try await bench.coverage()
        #expect(coverage["EURUSD"] == 0.5)
        #expect(coverage.filter { $0.key.hasPrefix("S") && $0.value == 1 }.count == Int(count - 2))
    }

    @Test("kind 13 a feed that a reload added is expected from its first connection on")
    func added() async throws {
        var bench = try await Bench(openedAt: 6 * Self.second)
        let messages = (0..<4 as Range<Int64>).map {
            SampleMessage(index: $0, offset: (6 + $0) * Self.second, payload: "m")
        }
        bench.batch.blocks = [try block(connectionID: 2, messages)]
        bench.batch.quotes = [quote(2, 6 * Self.second, message: 0)]
        #expect(try await bench.report().map(\.expectedNS) == [10 * Self.second, 4 * Self.second])
    }
}
