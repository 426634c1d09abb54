import Archive
import BarBuilding
import FeedrecTestKit
import MarketModel
import Testing
import Venues

@testable import Recording

/// Which rows bars use.
struct CountedExecutionsTests {
    private static let second: Int64 = 1_000_000_000

    /// A capture of a Binance feed, and the rows it creates.
    private struct Bench {
        let directory: TemporaryDirectory
        var capture: Capture
        var dialect: any VenueDialect = BinanceDialect(streams: [])
        var rows = WriteBatch()
        private var bars: [BarRowKey: BarRow] = [:]

        init() throws {
            directory = try TemporaryDirectory()
            let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
            capture = try Capture(
                venue: .binanceSpot,
                feedID: 1,
                barIntervals: [BarInterval(text: "1m")].compactMap { $0 },
                counter: MessageCounter(next: 0),
                writer: writer
            )
            capture.beginConnection(1)
        }

        /// Captures a message that is received `seconds` after the start of a minute.
        mutating func take(_ text: String, after seconds: Int64, lane: Int = 0) {
            let time = UnixNanoseconds(1_767_571_200_000_000_000 + seconds * CountedExecutionsTests.second)
            var outgoing = MessageBatch()
            let batch = MessageBatch(texts: [text], start: time)
            _ = capture.take(batch, lane: lane, dialect: &dialect, now: time, outgoing: &outgoing)
            let work = capture.takeWork(clock: time)
            rows.trades += work.rows.trades
            rows.events += work.rows.events
            for key in work.rows.removedBars { bars[key] = nil }
            for bar in work.rows.bars {
                let key = BarRowKey(
                    instrumentID: bar.instrumentID,
                    side: bar.side,
                    intervalNS: bar.intervalNS,
                    tsOpen: bar.tsOpen
                )
                bars[key] = bar
            }
        }

        /// The trade bars as `low/high/ticks/volume`, with the digits of their rows.
        var tradeBars: [[Int64?]] {
            bars.values.sorted { $0.tsOpen < $1.tsOpen }.map { [$0.low, $0.high, $0.tickCount, $0.volume] }
        }
    }

    private static func single(_ id: Int, _ price: String, _ size: String) -> String {
        SpotSample.trade(id: id, price: price, size: size)
    }

    private static func aggregate(_ id: Int, _ ids: ClosedRange<Int>, _ price: String, _ size: String) -> String {
        SpotSample.aggregate(id: id, trades: ids, price: price, size: size)
    }

    @Test("B3 trades 11 and 12 and the aggregate of both have volume 3, in any order of arrival")
    func bothKinds() throws {
        let texts = [
            Self.single(11, "1.00", "1.00"), Self.single(12, "1.00", "2.00"),
            Self.aggregate(7, 11...12, "1.00", "3.00"),
        ]
        for order in [[0, 1, 2], [2, 0, 1], [0, 2, 1], [2, 1, 0], [1, 2, 0]] {
            var bench = try Bench()
            for index in order { bench.take(texts[index], after: 1) }
            #expect(bench.tradeBars.map(\.last) == [300], "\(order)")
            #expect(bench.rows.trades.filter(\.isAggregate).map(\.tradeID) == [7])
            #expect(bench.rows.trades.first(where: \.isAggregate)?.firstTradeID == 11)
            #expect(bench.rows.trades.first(where: \.isAggregate)?.lastTradeID == 12)
        }
    }

    @Test("kind 5 a kind that starts late or stops drops no execution and counts none twice")
    func laterKind() throws {
        var bench = try Bench()
        bench.take(Self.aggregate(1, 1...3, "5", "3"), after: 0)
        bench.take(Self.single(3, "5", "1"), after: 1)
        bench.take(Self.single(4, "5", "10"), after: 2)
        bench.take(Self.aggregate(2, 4...5, "5", "110"), after: 2)
        bench.take(Self.single(5, "5", "100"), after: 3)
        // Single trades stop here.
        bench.take(Self.aggregate(3, 6...6, "5", "1000"), after: 20)
        #expect(bench.tradeBars.map(\.last) == [1113])
        #expect(bench.rows.trades.map(\.isInBars) == [true, false, true, false, true, true])
    }

    @Test("kind 5 aggregates alone are counted, even without the numbers of their executions")
    func aggregatesAlone() throws {
        var bench = try Bench()
        bench.take(Self.aggregate(1, 1...3, "5", "3"), after: 0)
        bench.take(Self.aggregate(2, 4...4, "6", "1").replacing(#""f":4,"l":4,"#, with: ""), after: 1)
        #expect(bench.tradeBars == [[5, 6, 2, 4]])
    }

    @Test("B4 administrative entries are events: they change no bar, and their numbers are not missing")
    func administrative() throws {
        var bench = try Bench()
        bench.capture.watchNumbers()
        bench.take(Self.single(1, "63219.4", "1"), after: 0)
        bench.take(Self.single(2, "0", "0").replacing(#""M":true"#, with: #""X":"NA""#), after: 1)
        bench.take(Self.single(3, "57000", "1").replacing(#""M":true"#, with: #""X":"INSURANCE_FUND""#), after: 2)
        bench.take(Self.single(4, "1.0", "0.00000000"), after: 2)
        bench.take(Self.single(5, "63226.0", "2"), after: 3)
        #expect(bench.tradeBars == [[632_194, 632_260, 2, 3]])
        #expect(bench.rows.trades.map(\.tradeID) == [1, 5])
        #expect(bench.rows.events.map(\.kind) == Array(repeating: EventRow.administrativeKind, count: 3))
        #expect(bench.rows.events.allSatisfy { !$0.isOddity && $0.symbol == "BTCUSDT" })
        #expect(String(decoding: bench.rows.events[1].json, as: UTF8.self).contains(#""kind":"INSURANCE_FUND""#))
        #expect(bench.capture.takeHoles(at: .seconds(100), isEnd: true) == [])
    }

    @Test("kind 5 duplicates of another connection are recognised after the digits of the symbol grew")
    func duplicateAfterGrowth() throws {
        var bench = try Bench()
        bench.take(Self.single(1, "100", "1"), after: 0)
        bench.take(Self.single(2, "101.25", "1"), after: 1)
        bench.capture.beginConnection(2, lane: 1)
        bench.take(Self.single(1, "100", "1"), after: 2, lane: 1)
        bench.take(Self.single(2, "101.25", "1"), after: 2, lane: 1)
        #expect(bench.rows.trades.count == 2 && bench.tradeBars == [[10_000, 10_125, 2, 2]])
    }

    @Test("kind 5 numbers that start over begin a new count")
    func restart() {
        var counted = CountedExecutions()
        let time = UnixNanoseconds(0)
        let first = counted.count(5_000_000...5_000_010, isAggregate: true, at: time)
        let covered = counted.count(5_000_005...5_000_005, isAggregate: false, at: time)
        let restarted = counted.count(1...1, isAggregate: false, at: time)
        #expect(first && !covered && restarted)
        var ranges = NumberRanges()
        for number in stride(from: Int64(0), to: 400, by: 2) { ranges.insert(number...number) }
        #expect(ranges.overlaps(398...399) && !ranges.overlaps(399...399) && !ranges.overlaps(0...0))
        ranges.insert(395...397)
        #expect(ranges.overlaps(395...395))
        ranges.insert(.max ... .max)
        #expect(ranges.overlaps(.max ... .max))
    }
}
