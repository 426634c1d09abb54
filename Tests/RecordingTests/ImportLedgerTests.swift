import Archive
import FeedrecTestKit
import Interchange
import MarketModel
import Testing
import Venues

@testable import Recording

/// Missing data in imported files, and messages that are not understood.
@Suite(.timeLimit(.minutes(5)))
struct ImportLedgerTests {
    private static let holes = """
        SELECT g.sequence_from, g.sequence_to, g.estimated_count FROM gap g JOIN instrument i USING (instrument_id)
        WHERE g.cause = 'sequence' AND i.symbol = 'BTCUSDT' ORDER BY 1
        """

    @Test("B6 a hole in the numbers of trades is a gap of its symbol, and affects its bars and the coverage")
    func hole() async throws {
        let bench = try ImportBench()
        let outcome = try await bench.run(ImportBench.trades([11, 12, 5000]))
        #expect(outcome.summary.totals.gaps == 1)
        #expect(try await bench.query(Self.holes) == [.integer(13), .integer(4999), .integer(4987)])
        let reader = try ArchiveReader(path: outcome.summary.file)
        let gap = try #require(try reader.gaps().first)
        #expect(gap.tsFrom.rawValue == ImportBench.start + 12_000_007)
        #expect(gap.tsTo?.rawValue == ImportBench.start + 5_000_000_007)
        #expect(try Coverage(reader).least < 0.1)
        #expect(try await bench.count("bar WHERE is_complete = 1") == .integer(0))
        #expect(try bench.problems() == [])
    }

    @Test("B6 a hole is found between known and new messages")
    func seam() async throws {
        let bench = try ImportBench()
        try await bench.run(ImportBench.trades(1...20))
        let outcome = try await bench.run(ImportBench.trades(Array(10...20) + [30, 31]))
        #expect(outcome.counts.new == 2 && outcome.summary.totals.gaps == 1)
        #expect(try await bench.query(Self.holes) == [.integer(21), .integer(29), .integer(9)])
    }

    @Test("B6 a hole is stored once, however often its file is imported")
    func again() async throws {
        let bench = try ImportBench()
        try await bench.run(ImportBench.trades([1, 2, 10, 11]))
        let outcome = try await bench.run(ImportBench.trades([1, 2, 10, 11, 12]))
        #expect(outcome.counts.new == 1 && outcome.summary.totals.gaps == 0)
        #expect(try await bench.count("gap") == .integer(1))
    }

    @Test("kind 4 an unreadable message accounts only for its own number")
    func unreadable() async throws {
        let bench = try ImportBench()
        let trade = ImportBench.trades([12])
        let odd = trade.replacing("\"p\":", with: "\"p\":x")
        let other = trade.replacing("\"BTCUSDT\"", with: "\"ETHUSDT\"")
        // 12 is the unreadable message; 14 to 19 are missing, whatever came between.
        try await bench.run(ImportBench.trades([11]) + odd + ImportBench.trades([13]) + odd + ImportBench.trades([20]))
        #expect(try await bench.query(Self.holes) == [.integer(14), .integer(19), .integer(6)])
        let second = try ImportBench()
        try await second.run(ImportBench.trades([11, 12]) + odd + other + ImportBench.trades([40]))
        #expect(try await second.query(Self.holes) == [.integer(13), .integer(39), .integer(27)])
    }

    @Test("kind 4 numbers that the archive has from another file are not missing")
    func filled() async throws {
        let bench = try ImportBench()
        try await bench.run(ImportBench.trades(3...9))
        let outcome = try await bench.run(ImportBench.trades([1, 2, 10, 11]))
        #expect(outcome.summary.totals.gaps == 0)
        #expect(try await bench.count("gap") == .integer(0))
    }

    @Test("kind 4 numbers out of order, over two connections or of two symbols leave no hole")
    func noHoles() async throws {
        let bench = try ImportBench()
        let seconds = ImportBench.start / 1_000_000_000
        func line(_ second: Int64, _ symbol: String, _ id: Int) -> String {
            "\(seconds + second).5: \(SpotSample.trade(symbol, id: id))\n"
        }
        let text =
            line(0, "A", 5) + line(0, "B", 900) + line(1, "A", 7) + line(1, "A", 6) + line(2, "B", 901)
            + "wss://example.org/stream <-> \(seconds + 4).25\n" + line(5, "A", 8) + line(5, "B", 902)
        let outcome = try await bench.run(text)
        #expect(try await bench.query("SELECT cause FROM gap") == [.text("disconnect")])
        #expect(outcome.summary.totals.gaps == 1)
    }

    @Test("kind 4 the break between two connections is stored once")
    func breakAgain() async throws {
        let bench = try ImportBench()
        let seconds = ImportBench.start / 1_000_000_000
        let opened = "wss://example.org/stream <-> \(seconds + 4).25\n"
        let head = "\(seconds).5: \(SpotSample.trade(id: 1))\n"
        let tail = (0..<3 as Range<Int64>).map { "\(seconds + 5 + $0).5: \(SpotSample.trade(id: Int($0) + 2))\n" }
        try await bench.run(head + opened + tail[0])
        try await bench.run(head + opened + tail.joined())
        #expect(try await bench.count("gap") == .integer(1))
        #expect(try await bench.count("trade") == .integer(4))
        #expect(try bench.problems() == [])
    }

    @Test("kind 4 a file of another venue is rejected before anything is stored", arguments: [1, 50, 6000])
    func otherVenue(count: Int) async throws {
        let bench = try ImportBench()
        let lines = (0..<count).map { "\(ImportBench.start + Int64($0)) {\"type\":\"ticker\",\"price\":\"1.0\"}\n" }
        let error = await failure { try await bench.run(lines.joined()) }
        #expect((error as? ImportError)?.code == .notUnderstood)
        #expect("\(try #require(error))".contains("from 'binance-spot', so nothing was imported"))
        #expect(throws: ArchiveError.self) { try ArchiveLocation(bench.archive) }
        var forced = bench
        forced.isForced = true
        let outcome = try await forced.run(lines.joined())
        #expect(outcome.counts.new == Int64(count) && outcome.counts.unrecognised == Int64(count))
        #expect(outcome.summary.totals.oddities == Int64(count))
    }

    @Test("kind 4 the error names the venue that the messages look like")
    func guess() async throws {
        let record = #"{"type":1,"target":"OnTick","arguments":[{"symbol":"A","bid":1,"ask":2}]}"# + "\u{1E}"
        let bench = try ImportBench()
        let error = await failure { try await bench.run("\(ImportBench.start) \(record)\n") }
        #expect("\(try #require(error))".contains("it looks like 'mt4'"))
        var hub = try ImportBench()
        hub.venue = .mt4
        let other = await failure { try await hub.run(ImportBench.trades(1...10)) }
        #expect("\(try #require(other))".contains("none of its first 10 messages is from 'mt4'"))
        #expect("\(try #require(other))".contains("'binance-spot'"))
    }

    @Test("kind 4 messages that are not understood are counted if others are understood")
    func partly() async throws {
        let bench = try ImportBench()
        let odd = "\(ImportBench.start) {\"topic\":\"x\"}\n"
        let outcome = try await bench.run(odd + odd + ImportBench.trades(1...10) + odd)
        #expect(outcome.counts.unrecognised == 3 && outcome.counts.new == 13)
        #expect(try await bench.count("event WHERE kind = 'unrecognised' AND is_oddity = 1") == .integer(3))
    }

    @Test("kind 6 a time that cannot be right makes no bar, neither by import nor by rebuild")
    func wrongTimes() async throws {
        let bench = try ImportBench()
        let good = ImportBench.trades([1])
        let text =
            good
            + good.replacing("\"t\":1,", with: "\"t\":2,").replacing("\"T\":1767571200001", with: "\"T\":4072000000000")
            + good.replacing("\"t\":1,", with: "\"t\":3,").replacing("\"T\":1767571200001", with: "\"T\":0")
        let outcome = try await bench.run(text)
        #expect(outcome.summary.totals.trades == 3 && outcome.summary.totals.oddities == 2)
        let start = ImportBench.start
        let bars = try await bench.query("SELECT ts_open, tick_count, time_source FROM bar WHERE side = 2")
        #expect(bars == [.integer(start), .integer(3), .integer(1)], "one bar, by the receive time")
        #expect(try await bench.count("trade WHERE ts_event IS NULL") == .integer(2))
        #expect(try await bench.query("SELECT DISTINCT kind FROM event") == [.text("wrong_time")])
        let rebuilt = try Rebuilder(
            UpkeepStamp(now: UnixNanoseconds(start), programVersion: "test"),
            isCheck: true,
            zones: { _ in nil }
        )
        .run(outcome.summary.file)
        #expect(rebuilt.isSame)
    }

    @Test("B11 an import warns once about times that run ahead")
    func timesAhead() async throws {
        var bench = try ImportBench()
        bench.venue = .mt4
        let record =
            #"{"type":1,"target":"OnTick","arguments":[{"symbol":"A","bid":1,"ask":2,"lastTime":"2026-01-05T01:00:00"}]}"#
        let line = "\(ImportBench.start) \(record)\u{1E}\n"
        let outcome = try await bench.run(line + line)
        #expect(outcome.notices.count == 1 && outcome.notices.first?.contains("3600 s ahead") == true)
        #expect(outcome.summary.totals.ticksAhead == 2)
    }
}
