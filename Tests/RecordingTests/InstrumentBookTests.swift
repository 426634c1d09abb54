import BarBuilding
import MarketModel
import Synchronization
import Testing

@testable import Recording

struct InstrumentBookTests {
    /// A book whose new rows are numbered from 100, with its bars.
    private struct Bench {
        var book: InstrumentBook
        var bars = BarBuilder(intervals: [])
        var instruments = SymbolInstruments()

        init(priceDigitsMin: UInt8 = 0, known: [(id: Int64, key: InstrumentBook.Known)] = []) {
            let ids = IDs()
            book = InstrumentBook(venue: "v", priceDigitsMin: priceDigitsMin, known: known, makeID: { _ in ids.next() })
        }

        /// Adopts numbers given as text for symbol 0, `S`; nil if no row can hold them.
        mutating func adopt(price: String..., size: String...) throws -> InstrumentBook.Instrument? {
            let instrument = book.adopt(
                "S",
                prices: try price.map { try #require(FixedDecimal($0)) },
                sizes: try size.map { try #require(FixedDecimal($0)) },
                bars: &bars
            )
            if let instrument { instruments.set(instrument, for: SymbolIndex(0)) }
            return instrument
        }

        /// The rows created so far as `price digits/size digits`.
        var rows: [String] { book.fresh.map { "\($0.id): \($0.key.priceDigits)/\($0.key.sizeDigits)" } }
    }

    private final class IDs: Sendable {
        private let last = Atomic<Int64>(99)
        func next() -> Int64 { last.add(1, ordering: .relaxed).newValue }
    }

    @Test("the first numbers of a symbol determine its digits as they are written, including trailing zeros")
    func first() throws {
        var bench = Bench()
        let instrument = try bench.adopt(price: "61837.63000000", size: "0.001")
        #expect(instrument?.priceDigits == 8 && instrument?.sizeDigits == 3)
        #expect(bench.rows == ["100: 8/3"])
        #expect(bench.book.notionalDigits(of: 100) == 11)
    }

    @Test("a venue whose numbers lose their zeros starts with more digits")
    func minimum() throws {
        var bench = Bench(priceDigitsMin: 5)
        #expect(try bench.adopt(price: "1.1", size: "1")?.priceDigits == 5)
        #expect(try bench.adopt(price: "1.1000001", size: "1")?.priceDigits == 7)
    }

    @Test("numbers that need more digits move to another row; those that need fewer stay")
    func growing() throws {
        var bench = Bench()
        #expect(try bench.adopt(price: "1.25", size: "1")?.id == 100)
        #expect(try bench.adopt(price: "1.5", size: "2.000")?.id == 100, "trailing zeros need no digits")
        #expect(try bench.adopt(price: "1.125", size: "1")?.id == 101)
        #expect(try bench.adopt(price: "1.25", size: "1")?.id == 101)
        #expect(bench.rows == ["100: 2/0", "101: 3/0"])
    }

    @Test("numbers too large for the digits move to a row with fewer digits, and back to the old row afterwards")
    func overflowing() throws {
        var bench = Bench()
        #expect(try bench.adopt(price: "1.5", size: "0.000000000000000001")?.id == 100)
        #expect(try bench.adopt(price: "1.5", size: "123456789012")?.id == 101)
        #expect(bench.rows == ["100: 1/18", "101: 1/0"])
        #expect(try bench.adopt(price: "1.5", size: "0.000000000000000002")?.id == 100)
        #expect(bench.rows.count == 2)
    }

    @Test("numbers that no row can hold together are rejected, and the current row stays")
    func unrepresentable() throws {
        var bench = Bench()
        #expect(try bench.adopt(price: "1.5", size: "1")?.id == 100)
        #expect(try bench.adopt(price: "9000000000000000000", "0.01", size: "1") == nil)
        #expect(bench.instruments[SymbolIndex(0)]?.id == 100)
        #expect(bench.rows == ["100: 1/0"])
    }

    @Test("a symbol continues under the row that the file has, the newest of several")
    func known() throws {
        let keys: [(id: Int64, key: InstrumentBook.Known)] = [
            (3, .init(symbol: "S", priceDigits: 2, sizeDigits: 0)),
            (4, .init(symbol: "S", priceDigits: 4, sizeDigits: 0)),
        ]
        var bench = Bench(known: keys)
        #expect(try bench.adopt(price: "1.25", size: "1")?.id == 4)
        #expect(bench.rows.isEmpty)
    }

    @Test("after a new connection has renumbered the symbols, no instrument is mistaken for another")
    func forgetting() throws {
        var bench = Bench()
        let before = try bench.adopt(price: "1.25", size: "1")
        bench.instruments.removeAll()
        #expect(bench.instruments[SymbolIndex(0)] == nil)
        #expect(try bench.adopt(price: "1.25", size: "1")?.id == before?.id)
    }
}
