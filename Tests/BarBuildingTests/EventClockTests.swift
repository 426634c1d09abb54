import BarBuilding
import MarketModel
import Testing

struct EventClockTests {
    private static let second: Int64 = 1_000_000_000

    /// One tick per second for ten seconds, received from second 100.5 on; the venue is `ahead` seconds ahead.
    private func bars(ahead: Int64, staleFirst: Bool = false) throws -> [Int64: Bool] {
        let interval = try #require(BarInterval(text: "1s"))
        var builder = BarBuilder(intervals: [interval])
        let series = builder.addSeries(BarInstrument(id: 1, priceDigits: 0, sizeDigits: 0))
        var changes = BarChanges()
        let start = 100 * Self.second + Self.second / 2
        builder.resume(at: UnixNanoseconds(start))
        for index in 0..<10 {
            let recv = start + Int64(index) * Self.second
            let isStale = staleFirst && index == 0
            let event = recv + (ahead - (isStale ? 3600 : 0)) * Self.second
            builder.add(
                QuoteTick(bidPrice: 1, askPrice: 2),
                to: series,
                tsEvent: UnixNanoseconds(event),
                arrival: TickArrival(tsRecv: UnixNanoseconds(recv), messageIndex: Int64(index), item: 0)
            )
            if index.isMultiple(of: 2) { builder.close(clock: UnixNanoseconds(recv)) }
        }
        builder.close(clock: UnixNanoseconds(start + 9 * Self.second))
        builder.takeChanged(into: &changes)
        return Dictionary(
            changes.bars.filter { $0.side == .bid }.map { ($0.tsOpen / Self.second - ahead, $0.isComplete) },
            uniquingKeysWith: { _, last in last }
        )
    }

    @Test("a venue's clock may be hours away from ours", arguments: [0, 2 * 3600, -1, -7200])
    func skewedVenue(ahead: Int64) throws {
        let complete = try bars(ahead: ahead)
        // The recording began in the middle of the first bar and ended in the middle of the last.
        #expect(complete[100] == false)
        for second in Int64(101)...108 { #expect(complete[second] == true) }
        #expect(complete[109] == false)
    }

    @Test("a first tick with an old time does not make earlier intervals count as covered")
    func staleFirstTick() throws {
        let complete = try bars(ahead: 7200, staleFirst: true)
        #expect(complete[100 - 3600] == false)
        #expect(complete[105] == true)
    }
}
