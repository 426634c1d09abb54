import Archive
import FeedrecTestKit
import MarketModel
import Testing

@testable import Recording

/// Bars made by several imports together.
@Suite(.timeLimit(.minutes(5)))
struct ImportedBarsTests {
    private static let bars = """
        SELECT ts_open, open, high, low, close, tick_count, volume FROM bar WHERE side = 2 ORDER BY ts_open
        """

    /// A trade that arrives `milliseconds` after the start, with the event time `time`, in milliseconds after the
    /// start.
    private static func trade(_ id: Int, price: String, at milliseconds: Int, time: Int) -> String {
        let start = ImportBench.start
        let trade = SpotSample.trade(id: id, price: price, time: start / 1_000_000 + Int64(time))
        return "\(start + Int64(milliseconds) * 1_000_000 + 7) \(trade)\n"
    }

    /// Trades of which each `perTime` have the same time, so that open and close depend on the arrival.
    private static func lines(_ numbers: some Sequence<Int>, stepMilliseconds: Int, perTime: Int) -> String {
        numbers.map { number in
            let time = number / perTime * perTime * stepMilliseconds
            let price = "\(100 + number * 7 % 31).00000000"
            return trade(number, price: price, at: number * stepMilliseconds, time: time)
        }.joined()
    }

    private static func differences(in bench: ImportBench) throws -> [RebuildDifference] {
        let stamp = UpkeepStamp(now: UnixNanoseconds(ImportBench.start), programVersion: "test")
        return try ArchiveLocation(bench.archive).files.flatMap { file in
            try Rebuilder(stamp, isCheck: true, zones: { _ in nil }).run(file).differences
        }
    }

    @Test("A6 bars are the same in whatever order their ticks are imported", arguments: [0, 1, 2, 3, 4])
    func anyOrder(order: Int) async throws {
        let whole = try ImportBench()
        try await whole.run(Self.lines(1...200, stepMilliseconds: 20, perTime: 10))
        let bench = try ImportBench()
        let parts: [[Int]] =
            switch order {
            case 0: [Array(1...125), Array(100...200)]
            case 1: [Array(115...200), Array(1...124)]
            case 2: [Array(stride(from: 1, through: 199, by: 2)), Array(stride(from: 2, through: 200, by: 2))]
            case 3: [Array(60...130), Array(1...70), Array(120...200)]
            default: [Array(1...70) + Array(130...200), Array(71...129)]
            }
        for part in parts { try await bench.run(Self.lines(part, stepMilliseconds: 20, perTime: 10)) }
        #expect(try await bench.query(Self.bars) == whole.query(Self.bars))
        #expect(try bench.problems() == [])
    }

    @Test("A6 bars are the same if thousands of ticks of a second are imported in two parts")
    func busySeconds() async throws {
        let whole = try ImportBench()
        try await whole.run(Self.lines(1...5000, stepMilliseconds: 1, perTime: 4))
        let bench = try ImportBench()
        for remainder in [1, 0] {
            let part = (1...5000).filter { $0 % 2 == remainder }
            try await bench.run(Self.lines(part, stepMilliseconds: 1, perTime: 4))
        }
        #expect(try await bench.query(Self.bars) == whole.query(Self.bars))
        #expect(try Self.differences(in: bench) == [])
    }

    @Test("kind 4 files in one import give the same bars in either order, even if they are far apart")
    func farApart() async throws {
        let early = Self.lines(1...100, stepMilliseconds: 100, perTime: 1)
        let late = Self.lines(5001...7000, stepMilliseconds: 100, perTime: 1)
        let bench = try ImportBench()
        let files = [
            try bench.directory.write(late, to: "late.txt"), try bench.directory.write(early, to: "early.txt"),
        ]
        try await bench.run(files)
        #expect(try await bench.query("SELECT sum(tick_count) FROM bar WHERE side = 2") == [.integer(2100)])
        #expect(try Self.differences(in: bench) == [])
    }

    @Test("kind 5 a late tick after a restart gives the same bar as a rebuild", arguments: [1, 40, 126, 140, 190])
    func lateAfterRestart(secondsLate: Int) async throws {
        let bench = try ImportBench()
        try await bench.run(Self.lines(1...2000, stepMilliseconds: 100, perTime: 1))
        // The tick is in the middle of a stored bar, and above all of its prices.
        let time = 200_100 - secondsLate * 1000 + 450
        let late = Self.trade(2001, price: "900.00000000", at: 200_100, time: time)
        try await bench.run(late + Self.lines(2002...2040, stepMilliseconds: 100, perTime: 1))
        #expect(try Self.differences(in: bench) == [])
    }

    @Test("kind 5 a late tick after a restart is added to a bar whose ticks have other digits")
    func lateWithOtherDigits() async throws {
        let bench = try ImportBench()
        let first = [("100", 0), ("101.25", 200), ("99.5", 400)].enumerated().map { number, tick in
            Self.trade(number + 1, price: tick.0, at: tick.1 + 20, time: tick.1)
        }
        try await bench.run(first.joined())
        try await bench.run(Self.trade(4, price: "98.125", at: 5000, time: 100))
        let open = "SELECT open, high, low, close FROM bars WHERE side = 'trade' AND interval = '1s'"
        #expect(try await bench.query(open) == [.real(100), .real(101.25), .real(98.125), .real(99.5)])
        #expect(try Self.differences(in: bench) == [])
    }
}
