import MarketModel
import OrderBooks
import RecorderStatus

/// Full order books, and what they cost.
struct FullBooks {
    /// Levels of each side.
    let levels: Int
    let seed: UInt64

    private static let changes = 1_000_000
    private static let repeats = 3
    /// The lowest ask, in ticks of 0.01; bids are below.
    private static let middle: Int64 = 10_000_000

    private func book(_ number: Int = 0) -> OrderBook {
        var book = OrderBook()
        for place in 0..<Int64(levels) {
            for side in BookSide.allCases { book.apply(Self.level(side, place, size: place + Int64(number) + 1)) }
        }
        return book
    }

    private static func level(_ side: BookSide, _ place: Int64, size: Int64) -> BookLevel {
        BookLevel(
            side: side,
            price: FixedDecimal(mantissa: side == .ask ? middle + place : middle - 1 - place, digits: 2),
            size: FixedDecimal(mantissa: size, digits: 5)
        )
    }

    /// The resident memory of a number of books; `nil` if the system does not say.
    func bytes(ofBooks count: Int) -> Int64? {
        func resident() -> Int64? { ProcessFigures.read(archive: "/", file: nil).residentBytes }
        let before = resident()
        let books = (0..<count).map { book($0) }
        let after = resident()
        // The books must live until here.
        guard books.allSatisfy({ $0.bids.count == levels }), let before, let after else { return nil }
        return max(0, after - before)
    }

    /// The CPU time of a change of one level: the least of some runs, because other programs can only add to it.
    ///
    /// A quarter of the changes remove a price, and the others set one; the book stays as deep as it was.
    func nanosecondsPerLevel(_ cpuSeconds: () -> Double) -> Double {
        var random = SplitMix64(seed: seed)
        let places = UInt64(levels * 4 / 3 + 1)
        let changes = (0..<Self.changes).map { _ in
            let bits = random.next()
            let size = bits & 3 == 0 ? 0 : Int64(bits >> 44) + 1
            return Self.level(bits & 4 == 0 ? .bid : .ask, Int64((bits >> 3) % places), size: size)
        }
        var secondsMin = Double.infinity
        for _ in 0..<Self.repeats {
            var book = book()
            let start = cpuSeconds()
            for change in changes { book.apply(change) }
            secondsMin = min(secondsMin, cpuSeconds() - start)
            guard !book.isEmpty else { return .infinity }
        }
        return secondsMin * 1e9 / Double(Self.changes)
    }
}
