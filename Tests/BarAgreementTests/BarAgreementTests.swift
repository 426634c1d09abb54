import Archive
import BarBuilding
import FeedrecTestKit
import JournalFormat
import MarketModel
import Testing
import Venues

@testable import Recording

/// Live, rebuilt, `/replay` and `/api/bars` give the same bars, whatever a market sends.
struct BarAgreementTests {
    @Test(
        "kind 5 stored, rebuilt, replayed and charted bars are equal for any sequence of events",
        arguments: [1, 2, 3, 5, 8, 13, 21, 34] as [UInt64]
    )
    func agreement(seed: UInt64) async throws {
        let script = EventScript(seed: seed)
        let directory = try TemporaryDirectory()
        let path = try await Self.record(script.steps, in: directory.file("bars"), bars: BarReadings.intervals)
        let readings = BarReadings(path: path)
        let stored = try readings.stored()
        #expect(stored.count > 100, "seed \(seed)")
        #expect(stored.values.allSatisfy { $0.count == 6 }, "seed \(seed): a bar is stored twice")
        try Self.expectSame(stored, readings.replayed(), "seed \(seed): stored and replayed")
        try Self.expectSame(stored, readings.charted(), "seed \(seed): stored and charted")
        let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")
        let rebuilt = try Rebuilder(stamp, isCheck: true, zones: { _ in nil }).run(path)
        #expect(rebuilt.differences == [], "seed \(seed): stored and rebuilt")
        let problems = try ArchiveVerifier.verify(ArchiveLocation(path)).problems
        #expect(problems == [], "seed \(seed): \(problems)")
    }

    @Test(
        "kind 5 bars charted from ticks equal the bars that would have been stored",
        arguments: [4, 7] as [UInt64]
    )
    func charts(seed: UInt64) async throws {
        let script = EventScript(seed: seed)
        let directory = try TemporaryDirectory()
        let with = try await Self.record(script.steps, in: directory.file("with"), bars: BarReadings.intervals)
        let without = try await Self.record(script.steps, in: directory.file("without"), bars: [])
        let stored = try BarReadings(path: with).stored()
        #expect(try BarReadings(path: without).stored().isEmpty)
        try Self.expectSame(stored, BarReadings(path: without).charted(), "seed \(seed): charted from ticks")
        try Self.expectSame(stored, BarReadings(path: without).replayed(), "seed \(seed): replayed")
    }

    @Test("kind 5 every execution counts once, however it is reported", arguments: [6, 9, 10] as [UInt64])
    func volume(seed: UInt64) async throws {
        let script = EventScript(seed: seed)
        let directory = try TemporaryDirectory()
        let path = try await Self.record(script.steps, in: directory.file("bars"), bars: ["1h"])
        let bars = try BarReadings(path: path).stored().filter { $0.key.side == "trade" }.values
        let volume = bars.compactMap { FixedDecimal($0[5])?.rescaled(to: 8) }.reduce(0, +)
        #expect(volume == script.executions.compactMap { $0.size.rescaled(to: 8) }.reduce(0, +), "seed \(seed)")
        let high = bars.compactMap { FixedDecimal($0[1])?.rescaled(to: 8) }.max()
        #expect(high == script.executions.compactMap { $0.price.rescaled(to: 8) }.max(), "seed \(seed)")
    }

    private static func expectSame(_ left: BarTable, _ right: BarTable, _ comment: String) {
        let found = differences(left, right)
        #expect(found == [], "\(comment): \(found.joined(separator: "; "))")
    }

    /// The single bar of a side and a minute, which all four readers must return alike: prices, ticks, volume.
    private static func bar(
        of texts: [String],
        side: String,
        venue: Venue = .binanceSpot,
        symbol: String = "BTCUSDT"
    ) async throws -> [String]? {
        let directory = try TemporaryDirectory()
        let steps = texts.enumerated().map { index, text in
            EventScript.Step(
                lane: 0,
                tsRecv: UnixNanoseconds(EventScript.start + Int64(index) * 1_000_000_000),
                texts: [text]
            )
        }
        let path = try await record(steps, in: directory.file("bars"), bars: ["1m"], venue: venue)
        let readings = BarReadings(path: path, symbol: symbol)
        let tables = [try readings.stored(), try readings.replayed(), try readings.charted()].map { table in
            table.filter { $0.key.side == side && $0.key.interval == "1m" }
        }
        #expect(tables.allSatisfy { $0 == tables[0] && $0.count == 1 }, "\(tables)")
        let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")
        #expect(try Rebuilder(stamp, isCheck: true, zones: { _ in nil }).run(path).isSame)
        return tables[0].values.first
    }

    @Test("B1 bids of -37.63, -40.32, -0.01, 0.0 and 1.10 make one bar of five ticks for all readers")
    func negative() async throws {
        let ticks = ["-37.63", "-40.32", "-0.01", "0.0", "1.10"].map { bid in
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"OIL","bid":\#(bid),"ask":2.0}}]}"# + "\u{1E}"
        }
        let bar = try await Self.bar(of: ticks, side: "bid", venue: .mt4, symbol: "OIL")
        #expect(bar == ["-37.63", "1.1", "-40.32", "1.1", "5", "-"])
    }

    @Test("B2 a quote without a bid between quotes of 5 does not make the low 0 for any reader")
    func oneSided() async throws {
        let quotes = [("5.00000000", "1.00000000"), ("0.00000000", "0.00000000"), ("5.00000000", "1.00000000")]
        let texts = quotes.enumerated().map { index, bid in
            #"{"stream":"btcusdt@bookTicker","data":{"u":\#(index + 1),"s":"BTCUSDT","b":"\#(bid.0)","B":"\#(bid.1)","#
                + #""a":"6.00000000","A":"1.00000000"}}"#
        }
        for side in ["bid", "ask"] {
            let price = side == "bid" ? "5" : "6"
            #expect(try await Self.bar(of: texts, side: side) == [price, price, price, price, "2", "-"])
        }
    }

    @Test("B15 trades at 100 and then at 101.25 make one bar for all readers")
    func growingDigits() async throws {
        let texts = [("100", "1"), ("101.25", "0.5"), ("99", "2")].enumerated().map { index, trade in
            SpotSample.trade(id: index + 1, price: trade.0, size: trade.1)
        }
        #expect(try await Self.bar(of: texts, side: "trade") == ["100", "101.25", "99", "99", "3", "3.5"])
    }

    @Test("B3 single trades and aggregates of the same executions make one bar of volume 3 for all readers")
    func bothKinds() async throws {
        let texts = [
            SpotSample.trade(id: 11, price: "1.00", size: "1.00"),
            SpotSample.trade(id: 12, price: "2.00", size: "2.00"),
            SpotSample.aggregate(id: 7, trades: 11...12, price: "2.00", size: "3.00"),
        ]
        #expect(try await Self.bar(of: texts, side: "trade") == ["1", "2", "1", "2", "2", "3"])
    }

    /// Records messages of up to two connections of one feed; returns the path of the recording.
    private static func record(
        _ steps: [EventScript.Step],
        in directory: String,
        bars: [String],
        venue: Venue = .binanceSpot
    ) async throws -> String {
        let writer = try ArchiveWriter.open(directory: directory, day: "2026-01-05")
        let start = UnixNanoseconds(EventScript.start)
        let session = try await writer.beginSession(
            SessionStart(
                kind: .record,
                tsStart: start,
                host: nil,
                programVersion: "test",
                configuration: #"{"bars":"\#(bars.joined(separator: ","))"}"#
            )
        )
        let feed = try await writer.addFeed(
            FeedRow(sessionID: session, name: "f", venue: venue.name, url: nil)
        )
        var capture = try Capture(
            venue: venue,
            feedID: feed,
            barIntervals: bars.compactMap { BarInterval(text: $0) },
            counter: MessageCounter(next: 0),
            writer: writer
        )
        var dialects: [any VenueDialect] = [venue.makeReader(), venue.makeReader()]
        for lane in 0...1 {
            let opened = ConnectionOpened(feedID: feed, tsOpened: start)
            capture.beginConnection(try await writer.openConnection(opened), lane: lane)
        }
        capture.resume(at: start)
        for (index, step) in steps.enumerated() {
            var outgoing = MessageBatch()
            let batch = MessageBatch(texts: step.texts, start: step.tsRecv)
            _ = capture.take(
                batch,
                lane: step.lane,
                dialect: &dialects[step.lane],
                now: step.tsRecv,
                outgoing: &outgoing
            )
            if index.isMultiple(of: 37) { try await write(&capture, to: writer) }
        }
        try await write(&capture, to: writer)
        let last = capture.tsLast ?? start
        try await writer.endSession(session, tsEnd: last, cause: "end", counts: SessionCounts(capture.totals))
        capture.closeHistory()
        await writer.close()
        return writer.path
    }

    private static func write(_ capture: inout Capture, to writer: ArchiveWriter) async throws {
        let work = capture.takeWork(clock: capture.tsLast ?? UnixNanoseconds(0))
        var rows = work.rows
        rows.blocks = try work.blocks.map {
            BlockRow(connectionID: $0.connectionID, try $0.builder.encode(with: nil))
        }
        try await writer.write(rows)
    }
}
