import Archive
import MarketModel
import Testing

/// Look-ups of bars, of ticks at the ends of bars, and of trade numbers.
struct BarLookupTests {
    private static let interval: Int64 = 1000

    private static func bar(_ id: Int64, _ side: BarSide, _ place: Int64, interval: Int64 = interval) -> BarRow {
        var row = BarRow(
            instrumentID: id,
            side: side,
            intervalNS: interval,
            tsOpen: time(place * interval),
            tsClose: time((place + 1) * interval),
            open: 1,
            high: place + 2,
            low: -1,
            close: 1,
            tickCount: place + 1,
            isComplete: place % 2 == 0,
            timeSource: place % 3 == 0 ? .recv : .event
        )
        if side == .trade { (row.volume, row.takerBuyVolume, row.notional) = (place, 0, "1.5") }
        return row
    }

    @Test("a series is read from a time on, up to a limit, and without its neighbours")
    func series() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A"), instrument(2, "B")]
        for (id, side) in [(1, BarSide.bid), (1, .ask), (1, .trade), (2, .bid)] as [(Int64, BarSide)] {
            batch.bars += (0..<50).map { Self.bar(id, side, $0) }
            batch.bars += (0..<5).map { Self.bar(id, side, $0, interval: 60_000) }
        }
        try await recording.writer.write(batch)
        await recording.writer.close()
        let reader = try ArchiveReader(path: recording.writer.path)
        for (id, side) in [(1, BarSide.bid), (1, .trade), (2, .bid), (2, .ask), (3, .bid)] as [(Int64, BarSide)] {
            let own = batch.bars.filter { $0.instrumentID == id && $0.side == side && $0.intervalNS == Self.interval }
            for (from, limit) in [(Int64.min, Int.max), (0, 10), (500, 10), (49_000, 10), (50_000, 10), (0, 0)] {
                let start = UnixNanoseconds(from == .min ? .min : sampleTime + from)
                let found = try reader.bars(
                    instrumentID: id,
                    side: side,
                    intervalNS: Self.interval,
                    from: start,
                    limit: limit
                )
                #expect(found == Array(own.filter { $0.tsOpen >= start }.prefix(limit)))
            }
            for place in [0, 7, 49, 50] as [Int64] {
                let found = try reader.bar(
                    instrumentID: id,
                    side: side,
                    intervalNS: Self.interval,
                    tsOpen: time(place * Self.interval)
                )
                #expect(found == own.first { $0.tsOpen == time(place * Self.interval) })
            }
            for (after, until, countMax) in [(0, 49_000, 100), (0, 49_000, 5), (-1, 0, 9), (49_000, 99_000, 9)] {
                let count = try reader.barCount(
                    instrumentID: id,
                    side: side,
                    intervalNS: Self.interval,
                    after: time(Int64(after)),
                    until: time(Int64(until)),
                    countMax: countMax
                )
                let expected = own.count { $0.tsOpen > time(Int64(after)) && $0.tsOpen <= time(Int64(until)) }
                #expect(count == min(expected, countMax))
            }
        }
        #expect(try reader.lastBarOpen() == time(4 * 60_000))
    }

    @Test("the ticks at the ends of a bar are those that a scan finds", arguments: Seeds.first(6))
    func edges(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A")]
        for message in 0..<200 as Range<Int64> {
            // One side may be missing or have size 0: such a quote makes no bar.
            var row = quote(
                1,
                message * 100,
                message: message,
                bid: random.oneIn(5) ? nil : 5,
                bidSize: random.number(0...2)
            )
            row.tsEvent = random.oneIn(6) ? nil : time(message * 100 - 40 - random.number(0...120))
            batch.quotes.append(row)
        }
        try await recording.writer.write(batch)
        await recording.writer.close()
        let reader = try ArchiveReader(path: recording.writer.path)
        let priced = batch.quotes.filter {
            $0.bidPrice != nil && $0.bidSize != 0 && $0.askPrice != nil && $0.askSize != 0
        }
        let lag = try #require(try reader.tickLag(instrumentID: 1, isTrade: false, near: time(10_000)))
        #expect(lag >= .zero && lag <= .nanoseconds(160))
        #expect(try reader.tickLag(instrumentID: 2, isTrade: false, near: time(10_000)) == nil)
        #expect(try reader.tickLag(instrumentID: 1, isTrade: true, near: time(10_000)) == nil)
        for place in stride(from: 0 as Int64, to: 20_000, by: 1000) {
            let inside = priced.map { (time: $0.tsEvent ?? $0.tsRecv, row: $0) }
                .filter { $0.time >= time(place) && $0.time < time(place + 1000) }
                .sorted { ($0.time.rawValue, $0.row.messageIndex) < ($1.time.rawValue, $1.row.messageIndex) }
            for isLast in [false, true] {
                let tick = try reader.edgeTick(
                    instrumentID: 1,
                    isTrade: false,
                    from: time(place),
                    to: time(place + 1000),
                    lag: lag,
                    isLast: isLast
                )
                let expected = isLast ? inside.last : inside.first
                #expect(tick?.messageIndex == expected?.row.messageIndex, "seed \(seed), bar \(place)")
                #expect(tick?.time == expected?.time)
            }
        }
    }

    @Test("trade numbers are counted once, whether they come as executions or in aggregates")
    func tradeNumbers() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A"), instrument(2, "A", priceDigits: 9)]
        func row(_ id: Int64, _ message: Int64, number: Int64, executions: ClosedRange<Int64>? = nil) -> TradeRow {
            var row = trade(id, message, message: message)
            row.tradeID = number
            guard let executions else { return row }
            (row.isAggregate, row.firstTradeID, row.lastTradeID) = (true, executions.lowerBound, executions.upperBound)
            return row
        }
        // Executions 100 to 109, of which 103 came twice, then aggregates 7 to 9 with executions 110 to 118.
        batch.trades = (0..<10).map { row(1, $0, number: 100 + $0) } + [row(1, 20, number: 103)]
        batch.trades += (0..<3).map { row(2, 30 + $0, number: 7 + $0, executions: 110 + $0 * 3...112 + $0 * 3) }
        batch.trades.append(row(2, 40, number: 8, executions: 113...115))
        try await recording.writer.write(batch)
        await recording.writer.close()
        let reader = try ArchiveReader(path: recording.writer.path)
        func count(_ numbers: ClosedRange<Int64>, aggregates: Bool = false, until: Int64 = 99) throws -> Int64 {
            try reader.tradeCount(
                instrumentIDs: [1, 2],
                numbers: numbers,
                ofAggregates: aggregates,
                received: time(0)...time(until)
            )
        }
        #expect(try count(100...109) == 10)
        #expect(try count(100...118) == 19)
        #expect(try count(110...118) == 9 && count(111...118) == 6, "an aggregate counts if it is inside")
        #expect(try count(100...109, until: 4) == 5)
        #expect(try count(7...9, aggregates: true) == 3 && count(7...9, aggregates: true, until: 31) == 2)
        #expect(try count(.min ... .max) == 19)
    }
}
