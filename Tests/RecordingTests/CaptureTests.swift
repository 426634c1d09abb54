import Archive
import BarBuilding
import FeedrecTestKit
import JournalFormat
import MarketModel
import Testing
import Venues

@testable import Recording

/// Messages in, blocks and rows out.
struct CaptureTests {
    private static let start = UnixNanoseconds(1_767_571_200_000_000_000)

    /// A capture of a Binance feed into a temporary archive.
    private struct Bench {
        let directory: TemporaryDirectory
        let writer: ArchiveWriter
        var capture: Capture
        var dialect: any VenueDialect = BinanceDialect(streams: [])

        init(bars: [String] = []) throws {
            directory = try TemporaryDirectory()
            writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
            capture = try Capture(
                venue: .binanceSpot,
                feedID: 1,
                barIntervals: bars.compactMap { BarInterval(text: $0) },
                counter: MessageCounter(next: 0),
                writer: writer
            )
            capture.beginConnection(1)
        }

        mutating func take(_ texts: [String], at time: UnixNanoseconds = CaptureTests.start) {
            take(MessageBatch(texts: texts, start: time))
        }

        mutating func take(_ batch: MessageBatch) {
            var outgoing = MessageBatch()
            _ = capture.take(batch, dialect: &dialect, now: CaptureTests.start, outgoing: &outgoing)
        }

        mutating func takeWork(after offset: Duration = .zero) -> CaptureWork {
            capture.takeWork(clock: CaptureTests.start.advanced(by: offset))
        }
    }

    private static func decoded(_ work: CaptureWork) throws -> [DecodedBlock] {
        try work.blocks.map { try BlockDecoder().decode(try $0.builder.encode(with: nil).bytes) }
    }

    @Test("messages are numbered without gaps over both directions, and stored as they came")
    func numbering() throws {
        var bench = try Bench()
        var expected: [String] = []
        for round in 0..<10 {
            let received = (0..<7).map { "r\(round).\($0)" }
            bench.take(received)
            bench.capture.takeRaw(MessageBatch(texts: ["s\(round)"], direction: .sent, start: Self.start))
            expected += received + ["s\(round)"]
        }
        let blocks = try Self.decoded(bench.takeWork())
        #expect(blocks.flatMap(\.messageIndexes) == Array(0..<80))
        #expect(blocks.flatMap(\.batch.texts) == expected)
        #expect(bench.capture.totals.messagesReceived == 70 && bench.capture.totals.messagesSent == 10)
        let directions = blocks.flatMap(\.batch.entries).map(\.direction)
        #expect(directions.filter { $0 == .sent }.count == 10)
    }

    @Test("two captures of one recording share the numbers")
    func sharedCounter() {
        let counter = MessageCounter(next: 5)
        #expect(counter.take(3) == 5)
        #expect(counter.take(0) == 8)
        #expect(counter.take(1) == 8)
    }

    @Test("a block is closed at 64 KiB of payload", arguments: [1, 10, 1000])
    func blockBytes(batchCount: Int) throws {
        var bench = try Bench()
        let message = String(repeating: "x", count: 1000)
        for _ in 0..<(1000 / batchCount) { bench.take(Array(repeating: message, count: batchCount)) }
        let work = bench.takeWork()
        #expect(work.blocks.dropLast().allSatisfy { $0.builder.count == 66 }, "66 messages are the first beyond 64 KiB")
        #expect(work.blocks.reduce(0) { $0 + $1.builder.count } == 1000)
        #expect(try Self.decoded(work).flatMap(\.messageIndexes) == Array(0..<1000))
    }

    @Test("a block is closed at 16,384 messages", arguments: [1000, 40_000])
    func blockMessages(batchCount: Int) throws {
        var bench = try Bench()
        for _ in 0..<(40_000 / batchCount) { bench.take(Array(repeating: "", count: batchCount)) }
        #expect(bench.takeWork().blocks.map(\.builder.count) == [16_384, 16_384, 7232])
    }

    @Test("a message that fills a block has one of its own")
    func hugeMessage() throws {
        var bench = try Bench()
        let huge = String(repeating: "x", count: 300_000)
        bench.take(["a", "b"])
        bench.take(["c", huge, "d", huge, huge, "e"])
        let work = bench.takeWork()
        #expect(work.blocks.map(\.builder.count) == [3, 1, 1, 1, 1, 1])
        #expect(try Self.decoded(work).flatMap(\.messageIndexes) == Array(0..<8))
    }

    @Test("the unfinished block is handed over again when it has grown, and only then")
    func tailBlock() throws {
        var bench = try Bench()
        bench.take(["a"])
        #expect(bench.takeWork().blocks.map(\.builder.count) == [1])
        #expect(bench.takeWork().isEmpty)
        bench.take(["b", "c"])
        let grown = bench.takeWork()
        #expect(grown.blocks.map(\.builder.count) == [3])
        #expect(grown.blocks.map(\.builder.firstMessageIndex) == [0])
        bench.capture.beginConnection(2)
        #expect(bench.takeWork().isEmpty, "the first connection's block was handed over whole")
        bench.take(["d"])
        let next = bench.takeWork()
        #expect(next.blocks.map(\.connectionID) == [2])
        #expect(next.blocks.map(\.builder.firstMessageIndex) == [3])
    }

    @Test("a block that has grown since it was handed over is handed over again when its connection ends")
    func sealedTail() throws {
        var bench = try Bench()
        bench.take(["a"])
        _ = bench.takeWork()
        bench.take(["b"])
        bench.capture.beginConnection(2)
        bench.take(["c"])
        let work = bench.takeWork()
        #expect(work.blocks.map(\.connectionID) == [1, 2])
        #expect(try Self.decoded(work).map(\.batch.texts) == [["a", "b"], ["c"]])
    }

    @Test("every row refers to its message")
    func origins() throws {
        var bench = try Bench()
        bench.capture.takeRaw(MessageBatch(texts: ["hello"], direction: .sent, start: Self.start))
        let texts = [
            SpotSample.trade(id: 1), "nonsense", SpotSample.bookTicker(id: 2), SpotSample.trade(id: 3),
        ]
        bench.take(MessageBatch(texts: texts, start: Self.start, step: .seconds(1)))
        let rows = bench.takeWork().rows
        #expect(rows.trades.map(\.messageIndex) == [1, 4])
        #expect(rows.trades.map(\.tradeID) == [1, 3])
        #expect(rows.trades.map { $0.tsRecv.since(Self.start) } == [.seconds(0), .seconds(3)])
        #expect(rows.quotes.map(\.messageIndex) == [3])
        #expect(rows.quotes.map(\.sequence) == [2])
        #expect(rows.events.map(\.messageIndex) == [2])
        #expect(rows.events.map(\.isOddity) == [true])
        #expect(rows.instruments.map(\.symbol) == ["BTCUSDT"])
        #expect(bench.capture.totals.oddities == 1)
    }

    @Test("an instrument is written once, and its prices keep their digits")
    func instruments() throws {
        var bench = try Bench()
        bench.take([SpotSample.trade(id: 1, price: "1.50", size: "2"), SpotSample.trade(id: 2, price: "1.5")])
        let first = bench.takeWork().rows
        #expect(first.instruments.map(\.priceDigits) == [2, 2])
        #expect(first.instruments.map(\.sizeDigits) == [0, 3])
        #expect(first.trades.map(\.price) == [150, 150])
        #expect(first.trades.map(\.size) == [2, 1])
        bench.take([SpotSample.trade(id: 3, price: "1.50", size: "2")])
        let second = bench.takeWork().rows
        #expect(second.instruments.isEmpty)
        #expect(second.trades.map(\.instrumentID) == [first.instruments[1].instrumentID])
        #expect(second.trades.map(\.size) == [2000])
    }

    @Test("numbers that fit no row become an oddity, and their message is kept")
    func unstorable() throws {
        var bench = try Bench()
        bench.take([SpotSample.bookTicker(id: 1, bid: "9000000000000000000", ask: "0.01")])
        let work = bench.takeWork()
        #expect(work.rows.quotes.isEmpty)
        #expect(work.rows.events.map(\.kind) == ["quote_out_of_range"])
        #expect(work.rows.events.map(\.symbol) == ["BTCUSDT"])
        #expect(work.blocks.map(\.builder.count) == [1])
        #expect(bench.capture.totals.quotes == 0 && bench.capture.totals.oddities == 1)
    }

    @Test("only received messages advance the tape's clock")
    func tapeClock() throws {
        var bench = try Bench()
        #expect(bench.capture.tsLast == nil)
        bench.take(["a"])
        let later = Self.start.advanced(by: .seconds(9))
        bench.capture.takeRaw(MessageBatch(texts: ["ping"], direction: .sent, start: later))
        #expect(bench.capture.tsLast == Self.start)
    }

    // MARK: Bars

    @Test("a bar is complete if the feed was covered for its whole interval")
    func coverage() throws {
        var bench = try Bench(bars: ["1s"])
        bench.capture.resume(at: Self.start.advanced(by: .milliseconds(500)))
        for second in 0..<4 {
            let time = Self.start.advanced(by: .seconds(second) + .milliseconds(600))
            bench.take([SpotSample.trade(id: second, time: time.rawValue / 1_000_000)], at: time)
        }
        bench.capture.interrupt(at: Self.start.advanced(by: .milliseconds(3700)))
        let bars = bench.takeWork(after: .seconds(9)).rows.bars
        #expect(bars.map { $0.tsOpen.since(Self.start) } == [.seconds(0), .seconds(1), .seconds(2), .seconds(3)])
        // The first began before the coverage did; the last had not ended when the coverage ended.
        #expect(bars.map(\.isComplete) == [false, true, true, false])
        #expect(bars.allSatisfy { $0.timeSource == .event && $0.tickCount == 1 && $0.volume == 100_000 })
        #expect(bars.first?.notional == "61.83763")
    }

    @Test("a bar that is still open is handed over as incomplete, and again when it has closed")
    func growingBar() throws {
        var bench = try Bench(bars: ["1s"])
        bench.capture.resume(at: Self.start)
        bench.take([SpotSample.trade(id: 1)])
        #expect(bench.takeWork(after: .milliseconds(100)).rows.bars.map(\.isComplete) == [false])
        #expect(bench.takeWork(after: .milliseconds(200)).rows.bars.isEmpty)
        #expect(bench.takeWork(after: .seconds(1)).rows.bars.map(\.isComplete) == [true])
        #expect(bench.capture.totals.bars == 1)
    }
}
