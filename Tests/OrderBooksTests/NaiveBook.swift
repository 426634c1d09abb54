import MarketModel
import OrderBooks
import Testing

/// A book as two dictionaries: slow and simple, to compare with.
struct NaiveBook {
    private var sides: [BookSide: [FixedDecimal: BookLevel]] = [.bid: [:], .ask: [:]]

    mutating func apply(_ level: BookLevel) -> BookLadder.Effect {
        let key = level.price.withoutTrailingZeros
        let old = sides[level.side]?[key]
        sides[level.side]?[key] = level.size.isZero ? nil : level
        if level.size.isZero { return old == nil ? .absent : .removed }
        return old == nil ? .inserted : .replaced
    }

    mutating func removeAll() { sides = [.bid: [:], .ask: [:]] }

    mutating func cut(to depth: Int) {
        for side in BookSide.allCases {
            for level in levels(side).dropFirst(depth) { sides[side]?[level.price.withoutTrailingZeros] = nil }
        }
    }

    /// Best prices first.
    func levels(_ side: BookSide) -> [BookLevel] {
        let sorted = (sides[side] ?? [:]).values.sorted { $0.price.precedes($1.price) }
        return side == .ask ? sorted : sorted.reversed()
    }

    func expectEqual(_ book: OrderBook, _ comment: Comment, location: SourceLocation = #_sourceLocation) {
        for side in BookSide.allCases {
            let expected = levels(side)
            #expect(book[side].count == expected.count, comment, sourceLocation: location)
            #expect(Array(book[side]) == expected, comment, sourceLocation: location)
        }
    }
}
