import BarBuilding
import MarketModel
import Testing

/// Bars of a symbol whose digits grow.
struct BarGrowthTests {
    private static let second: Int64 = 1_000_000_000

    /// A builder of one symbol with two rows, and the bars that a file would contain.
    private struct Bench {
        var builder: BarBuilder
        let coarse: BarBuilder.SeriesIndex
        let fine: BarBuilder.SeriesIndex
        var stored: [BarKey: Bar] = [:]
        private var arrived: Int64 = 0

        init(fineDigits: UInt8 = 2) {
            builder = BarBuilder(intervals: [BarInterval(text: "1m")].compactMap { $0 })
            coarse = builder.addSeries(BarInstrument(id: 1, priceDigits: 0, sizeDigits: 0))
            fine = builder.addInstrument(BarInstrument(id: 2, priceDigits: fineDigits, sizeDigits: 1), to: coarse)
        }

        mutating func trade(_ price: Int64, _ size: Int64, of row: BarBuilder.SeriesIndex, at time: Int64) {
            let tick = TradeTick(price: price, size: size, aggressorSide: .buyer)
            let arrival = TickArrival(tsRecv: UnixNanoseconds(time), messageIndex: arrived, item: 0)
            builder.add(tick, to: row, tsEvent: UnixNanoseconds(time), arrival: arrival)
            arrived += 1
        }

        mutating func store() {
            var changes = BarChanges()
            builder.takeChanged(into: &changes)
            for key in changes.removed {
                stored = stored.filter { BarGrowthTests.name($0.value) != BarGrowthTests.name(key) }
            }
            for bar in changes.bars { stored[BarKey(bar)] = bar }
        }
    }

    private static func name(_ bar: Bar) -> [Int64] { [bar.instrumentID, Int64(bar.side.rawValue), bar.tsOpen] }

    private static func name(_ key: BarBuilding.BarKey) -> [Int64] {
        [key.instrumentID, Int64(key.side.rawValue), key.tsOpen]
    }

    @Test("B15 trades at 100 and 101.25 within a minute make one bar, even if the first part is stored already")
    func growth() throws {
        for storesBetween in [false, true] {
            var bench = Bench()
            bench.trade(100, 1, of: bench.coarse, at: Self.second)
            if storesBetween { bench.store() }
            bench.trade(10_125, 25, of: bench.fine, at: 2 * Self.second)
            bench.trade(99, 2, of: bench.coarse, at: 3 * Self.second)
            bench.store()
            let bar = try #require(bench.stored.values.first)
            #expect(bench.stored.count == 1 && bar.instrumentID == 2 && bar.tickCount == 3)
            #expect([bar.open, bar.high, bar.low, bar.close] == [10_000, 10_125, 9_900, 9_900])
            #expect(bar.volume == 55 && bar.takerBuyVolume == 55)
            #expect(bar.notional.map { "\($0)" } == "551125")
            #expect(bench.builder.barCount == 1)
        }
    }

    @Test("kind 5 the order in which digits arrive never changes a bar")
    func order() throws {
        var bars: [Bar] = []
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]] {
            var bench = Bench()
            for index in order {
                let time = Int64(index + 1) * Self.second
                if index == 1 {
                    bench.trade(10_125, 25, of: bench.fine, at: time)
                } else {
                    bench.trade(Int64(100 - index), 1, of: bench.coarse, at: time)
                }
                bench.store()
            }
            #expect(bench.stored.count == 1)
            bars += bench.stored.values
        }
        #expect(Set(bars).count == 1)
    }

    @Test("kind 5 bars of other minutes stay in place")
    func others() {
        var bench = Bench()
        bench.trade(100, 1, of: bench.coarse, at: Self.second)
        bench.trade(10_125, 25, of: bench.fine, at: 61 * Self.second)
        bench.store()
        #expect(Set(bench.stored.values.map(\.instrumentID)) == [1, 2])
    }

    @Test("kind 5 each row has its own bar if no digits hold all prices of a minute exactly")
    func overflow() {
        var bench = Bench(fineDigits: 18)
        bench.trade(1_000_000, 1, of: bench.coarse, at: Self.second)
        bench.trade(1, 10, of: bench.fine, at: 2 * Self.second)
        bench.trade(2_000_000, 1, of: bench.coarse, at: 3 * Self.second)
        bench.store()
        #expect(bench.stored.values.map(\.tickCount).sorted() == [1, 2])
    }

    @Test("kind 5 among ticks with the same time, open and close are the first and last to arrive")
    func arrival() throws {
        var builder = BarBuilder(intervals: [BarInterval(text: "1m")].compactMap { $0 })
        let series = builder.addSeries(BarInstrument(id: 1, priceDigits: 0, sizeDigits: 0))
        // Read in turns from two connections: the last one read arrived in the middle.
        for (price, recv) in [(1, 10), (3, 30), (2, 20)] as [(Int64, Int64)] {
            builder.add(
                TradeTick(price: price, size: 1, aggressorSide: nil),
                to: series,
                tsEvent: UnixNanoseconds(5),
                arrival: TickArrival(tsRecv: UnixNanoseconds(recv), messageIndex: 0, item: 0)
            )
        }
        var changes = BarChanges()
        builder.takeChanged(into: &changes)
        let bar = try #require(changes.bars.first)
        #expect(bar.open == 1 && bar.close == 3)
    }
}
