import Archive
import FeedrecTestKit
import Testing

@testable import Recording

struct InstrumentNumbersTests {
    @Test("kind 1 a feed that joins after a rotation gets the numbers that other feeds took along")
    func rotated() async throws {
        let directory = try TemporaryDirectory()
        let lock = try ArchiveLock(directory: directory.path)
        let first = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05", lock: lock)
        let numbers = InstrumentNumbers(first)
        let known = ["BTCUSDT", "ETHUSDT"].map { InstrumentBook.Known(symbol: $0, priceDigits: 8, sizeDigits: 8) }
        let ids = known.map { numbers.number(of: $0, venue: "binance-spot") }
        let second = try ArchiveWriter.open(directory: directory.path, day: "2026-01-06", lock: lock)
        second.continueNumbers(of: first)
        let later = InstrumentNumbers(second, continuing: numbers)
        #expect(known.map { later.number(of: $0, venue: "binance-spot") } == ids)
        let new = InstrumentBook.Known(symbol: "ETHUSDT", priceDigits: 5, sizeDigits: 8)
        #expect(!ids.contains(later.number(of: new, venue: "binance-spot")))
        #expect(!ids.contains(later.number(of: known[0], venue: "mt4")))
        await first.close()
        await second.close()
    }
}
