import BarBuilding
import MarketModel
import Testing

/// Single situations that could get lost in the random tests of ``BarBuilderTests``.
struct BarBuilderCasesTests {
    private var tape = BarTape(intervals: [BarInterval(text: "1s")].compactMap { $0 })

    private mutating func takeOne(_ comment: Comment? = nil) throws -> Bar {
        let bars = tape.take()
        #expect(bars.count == 1, comment)
        return try #require(bars.first, comment)
    }

    @Test("a bar is returned in full when it changes, and not again until it changes")
    mutating func changes() throws {
        tape.builder.resume(at: UnixNanoseconds(0))
        #expect(tape.take() == [])
        tape.trade(5, at: 1_000_000_000)
        tape.trade(9, at: 1_500_000_000)
        var bar = try takeOne("a new bar")
        #expect(bar.tsOpen == 1_000_000_000 && bar.tsClose == 2_000_000_000)
        #expect(bar.tickCount == 2 && bar.open == 5 && bar.close == 9 && bar.volume == 2 && !bar.isComplete)
        #expect(tape.take() == [])
        tape.builder.close(clock: UnixNanoseconds(1_999_999_999))
        #expect(tape.take() == [])
        tape.builder.close(clock: UnixNanoseconds(2_000_000_000))
        bar = try takeOne("a closed bar")
        #expect(bar.isComplete && bar.tickCount == 2)
        tape.builder.close(clock: UnixNanoseconds(3_000_000_000))
        #expect(tape.take() == [])
        tape.trade(1, at: 1_200_000_000)
        bar = try takeOne("a revised bar")
        #expect(bar.isComplete && bar.tickCount == 3 && bar.low == 1 && bar.open == 5 && bar.close == 9)
    }

    @Test("bars are ordered by instrument, interval and kind, oldest first, and empty intervals have none")
    mutating func order() {
        for time in [5, 1, 3] as [Int64] {
            tape.trade(1, at: time * 1_000_000_000)
            let quote = QuoteTick(bidPrice: 2, askPrice: 3)
            tape.add(TestTick(series: 1, time: time * 1_000_000_000, source: .recv, kind: .quote(quote)))
        }
        let bars = tape.take()
        let ids = BarTape.instrumentIDs
        #expect(bars.map(\.instrumentID) == Array(repeating: ids[0], count: 3) + Array(repeating: ids[1], count: 6))
        #expect(bars.map(\.side) == [.trade, .trade, .trade, .bid, .ask, .bid, .ask, .bid, .ask])
        #expect(bars.map { $0.tsOpen / 1_000_000_000 } == [1, 3, 5, 1, 1, 3, 3, 5, 5])
        #expect(bars.map { $0.volume == nil && $0.notional == nil } == bars.map { $0.side != .trade })
    }

    @Test("a late tick revises the 128 youngest bars, and is counted if it is too late for them")
    mutating func lateWindow() {
        for second in 1...128 as ClosedRange<Int64> { tape.trade(1, at: second * 1_000_000_000) }
        tape.trade(2, at: 1_000_000_000)
        #expect(tape.builder.lateTicks == 0)
        tape.trade(2, at: 0)
        #expect(tape.builder.lateTicks == 1)
        tape.trade(1, at: 129_000_000_000)
        tape.trade(3, at: 1_000_000_000)
        #expect(tape.builder.lateTicks == 2)
        tape.trade(3, at: 2_000_000_000)
        #expect(tape.builder.lateTicks == 2)
        let bars = tape.take()
        #expect(bars.count == 129)
        #expect(bars.prefix(3).map(\.high) == [2, 3, 1])
    }

    @Test("a tick that is late for several intervals counts once")
    func lateForSeveralIntervals() {
        var tape = BarTape(intervals: ["1s", "2s"].compactMap(BarInterval.init))
        for second in 1...300 as ClosedRange<Int64> { tape.trade(1, at: second * 1_000_000_000) }
        tape.trade(1, at: 0)
        #expect(tape.builder.lateTicks == 1)
        tape.trade(1, at: 100_000_000_000)
        #expect(tape.builder.lateTicks == 2)
    }

    @Test("bars of times before the epoch start at multiples of the interval too")
    mutating func negativeTimes() {
        for time in [-1_000_000_001, -1_000_000_000, -1, 0] as [Int64] { tape.trade(1, at: time) }
        #expect(tape.take().map(\.tsOpen) == [-2_000_000_000, -1_000_000_000, 0])
    }

    @Test("ticks at the very ends of time are counted as late and not built into bars")
    mutating func endsOfTime() {
        tape.trade(1, at: .min)
        tape.trade(1, at: .max)
        #expect(tape.builder.lateTicks == 2)
        #expect(tape.take() == [])
    }

    @Test("an interruption that is detected late affects closed bars")
    mutating func lateInterruption() {
        tape.builder.resume(at: UnixNanoseconds(0))
        for second in 0..<5 as Range<Int64> { tape.trade(1, at: second * 1_000_000_000) }
        tape.builder.close(clock: UnixNanoseconds(4_000_000_000))
        #expect(tape.take().map(\.isComplete) == [true, true, true, true, false])
        tape.builder.interrupt(at: UnixNanoseconds(2_500_000_000))
        tape.builder.resume(at: UnixNanoseconds(4_500_000_000))
        #expect(tape.take().map(\.tsOpen) == [2_000_000_000, 3_000_000_000])
        tape.trade(1, at: 4_600_000_000)
        tape.builder.close(clock: UnixNanoseconds(9_000_000_000))
        tape.take()
        #expect(tape.bars.filter(\.value.isComplete).map(\.key.tsOpen).sorted() == [0, 1_000_000_000])
    }

    @Test("sums beyond 64 bits are nil, and so is a notional beyond 128 bits")
    mutating func largeSums() throws {
        let trade = TradeTick(price: .max, size: .max, aggressorSide: .seller)
        for count in 1...3 {
            tape.add(TestTick(series: 0, time: 0, source: .event, kind: .trade(trade)))
            let bar = try takeOne()
            #expect(bar.volume == (count == 1 ? .max : nil))
            #expect(bar.takerBuyVolume == 0)
            #expect(bar.notional == (count <= 2 ? Int128(Int64.max) * Int128(Int64.max) * Int128(count) : nil))
        }
    }

    @Test("a builder without intervals makes no bars")
    func noIntervals() {
        var tape = BarTape(intervals: [])
        tape.trade(1, at: 0)
        tape.builder.close(clock: UnixNanoseconds(.max))
        #expect(tape.take() == [])
        #expect(tape.builder.lateTicks == 0)
    }
}
