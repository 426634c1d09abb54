import MarketModel
import OrderBooks
import Testing

@testable import Replaying

/// The changes that a client of a limited depth gets, against the best levels of the book.
struct BookViewTests {
    /// What a client has of a book.
    private struct Client {
        var levels: [BookLevel] = []

        /// Applies one event, in which each price occurs once and changes something.
        mutating func apply(_ changes: [BookLevel], _ seed: UInt64) {
            var prices: Set<String> = []
            for change in changes {
                let name = "\(change.side) \(change.price.withoutTrailingZeros)"
                #expect(prices.insert(name).inserted, "\(name) occurs twice, seed \(seed)")
                let known = levels.firstIndex {
                    $0.side == change.side && !$0.price.precedes(change.price) && !change.price.precedes($0.price)
                }
                if let known {
                    #expect(levels[known] != change, "\(name) has not changed, seed \(seed)")
                    levels.remove(at: known)
                } else {
                    #expect(!change.size.isZero, "\(name) is not known, seed \(seed)")
                }
                if !change.size.isZero { levels.append(change) }
            }
        }

        func side(_ side: BookSide) -> [BookLevel] {
            levels.filter { $0.side == side }.sorted {
                side == .bid ? $1.price.precedes($0.price) : $0.price.precedes($1.price)
            }
        }
    }

    private static func change(_ random: inout SplitMix64) -> BookLevel {
        let side: BookSide = Bool.random(using: &random) ? .bid : .ask
        let offset = Int64.random(in: 1...25, using: &random)
        let price = side == .bid ? 100 - offset : 100 + offset
        // The same price with other digits is the same level.
        let hasDigit = Int.random(in: 0..<4, using: &random) == 0
        return BookLevel(
            side: side,
            price: FixedDecimal(mantissa: hasDigit ? price * 10 : price, digits: hasDigit ? 1 : 0),
            size: FixedDecimal(mantissa: Int64.random(in: 0...2, using: &random), digits: 0)
        )
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `a client has the best levels after each change`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let depth = Int.random(in: 1...8, using: &random)
        var (book, view, client) = (OrderBook(), BookView(), Client())
        var levels: [BookLevel] = []
        view.show(book, depth: depth, into: &levels)
        #expect(levels.isEmpty)
        for _ in 0..<400 {
            let changes = (0..<Int.random(in: 1...6, using: &random)).map { _ in Self.change(&random) }
            for change in changes { book.apply(change) }
            view.showChanges(of: book, changes[...], depth: depth, into: &levels)
            client.apply(levels, seed)
            #expect(client.side(.bid) == Array(book.bids.prefix(depth)), "depth \(depth), seed \(seed)")
            #expect(client.side(.ask) == Array(book.asks.prefix(depth)), "depth \(depth), seed \(seed)")
        }
    }
}
