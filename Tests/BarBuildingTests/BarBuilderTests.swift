import BarBuilding
import MarketModel
import Testing

struct BarBuilderTests {
    private let intervals = ["10ms", "1s", "1m"].compactMap(BarInterval.init)

    /// Ticks of two instruments around the epoch, in time order unless `lateness` shifts some back.
    private func ticks(_ count: Int, lateness: Int64, random: inout SplitMix64) -> [TestTick] {
        var time: Int64 = -Int64(count) * 2_000_000
        return (0..<count).map { _ in
            // Many ticks share a time.
            time += Int64.random(in: -2...4, using: &random).clamped(to: 0...4) * 1_000_000
            let back = random.next() % 4 == 0 && lateness > 0 ? Int64.random(in: 0...lateness, using: &random) : 0
            let price = Int64.random(in: -3...1000, using: &random)
            let sides: [AggressorSide?] = [.buyer, .seller, nil]
            let trade = TradeTick(
                price: price,
                size: Int64.random(in: 0...50, using: &random),
                aggressorSide: sides[Int(random.next() % 3)]
            )
            let quote = QuoteTick(bidPrice: price, askPrice: price + Int64.random(in: -1...5, using: &random))
            return TestTick(
                series: Int(random.next() % 2),
                time: time - back,
                source: random.next() % 20 == 0 ? .recv : .event,
                kind: random.next() % 2 == 0 ? .quote(quote) : .trade(trade)
            )
        }
    }

    /// Adds `ticks`, and takes changed bars and closes by the clock after about one of `takeEvery` ticks.
    private func build(
        _ ticks: [TestTick],
        takeEvery: UInt64,
        random: inout SplitMix64
    ) -> (bars: [BarKey: BarFacts], lateTicks: Int64) {
        var tape = BarTape(intervals: intervals)
        tape.builder.resume(at: UnixNanoseconds(.min))
        var clock = Int64.min
        for tick in ticks {
            tape.add(tick)
            clock = max(clock, tick.time)
            guard random.next() % takeEvery == 0 else { continue }
            if random.next() % 2 == 0 { tape.builder.close(clock: UnixNanoseconds(clock)) }
            tape.take()
        }
        tape.builder.close(clock: UnixNanoseconds(.max))
        tape.take()
        return (tape.bars, tape.builder.lateTicks)
    }

    @Test(
        "bars and the count of late ticks match the definition, for any split into batches",
        arguments: [0, 50_000_000, 1_000_000_000, 5_000_000_000] as [Int64],
        [1, 2, 3] as [UInt64]
    )
    func definition(lateness: Int64, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let ticks = ticks(4000, lateness: lateness, random: &random)
        var reference = ReferenceBars(intervals: intervals)
        for tick in ticks { reference.add(tick, instrumentID: BarTape.instrumentIDs[tick.series]) }
        let expected = reference.bars { _ in true }
        #expect((reference.lateTicks > 0) == (lateness > 1_500_000_000))
        for takeEvery in [1, 3, 40, 700, 1_000_000] as [UInt64] {
            let (bars, lateTicks) = build(ticks, takeEvery: takeEvery, random: &random)
            let note = Comment("every \(takeEvery), lateness \(lateness), seed \(seed)")
            #expect(BarTape.differences(bars, expected) == [], note)
            #expect(lateTicks == reference.lateTicks, note)
        }
    }

    @Test("the order of arrival matters only among ticks with the same time", arguments: [1, 2, 3] as [UInt64])
    func shuffledArrival(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        // Fewer bars than the late window holds; every time once.
        let ordered = ticks(150, lateness: 0, random: &random).enumerated().map { offset, tick in
            var tick = tick
            tick.time = Int64(offset - 75) * 7_000_003
            return tick
        }
        let expected = build(ordered, takeEvery: 10, random: &random)
        for takeEvery in [1, 10, 1000] as [UInt64] {
            let (bars, lateTicks) = build(ordered.shuffled(using: &random), takeEvery: takeEvery, random: &random)
            #expect(BarTape.differences(bars, expected.bars) == [], "every \(takeEvery), seed \(seed)")
            #expect(lateTicks == 0)
        }
    }

    @Test("bars are complete if the recording covers them completely", arguments: 1...20 as ClosedRange<UInt64>)
    func completeness(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var tape = BarTape(intervals: intervals)
        var reference = ReferenceBars(intervals: intervals)
        var covered: [Range<Int64>] = []
        var resumed: Int64?
        var clock: Int64 = -3_000_000_000
        for tick in ticks(1500, lateness: 0, random: &random) {
            clock = max(clock, tick.time)
            if random.next() % 50 == 0 {
                if let start = resumed {
                    tape.builder.interrupt(at: UnixNanoseconds(clock))
                    covered.append(start..<clock)
                    resumed = nil
                } else {
                    tape.builder.resume(at: UnixNanoseconds(clock))
                    resumed = clock
                }
            }
            tape.add(tick)
            reference.add(tick, instrumentID: BarTape.instrumentIDs[tick.series])
            if random.next() % 10 == 0 { tape.builder.close(clock: UnixNanoseconds(clock)) }
            if random.next() % 10 == 0 { tape.take() }
        }
        if let resumed { covered.append(resumed..<clock) }
        tape.builder.close(clock: UnixNanoseconds(clock))
        tape.take()
        let expected = reference.bars { range in
            covered.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
        }
        #expect(BarTape.differences(tape.bars, expected) == [], "seed \(seed)")
        #expect(Set(expected.values.map(\.isComplete)) == [true, false], "seed \(seed)")
    }
}

extension Int64 {
    fileprivate func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
