import MarketModel
import OrderBooks
import Testing

struct OrderBookTests {
    private func level(_ side: BookSide, _ price: String, _ size: String) throws -> BookLevel {
        BookLevel(side: side, price: try #require(FixedDecimal(price)), size: try #require(FixedDecimal(size)))
    }

    private func texts(_ ladder: BookLadder) -> [String] { ladder.map { "\($0.price) \($0.size)" } }

    @Test func `best prices come first on both sides`() throws {
        var book = OrderBook()
        for price in ["10.5", "9", "10.25", "11"] {
            book.apply(try level(.bid, price, "1"))
            book.apply(try level(.ask, price, "2"))
        }
        #expect(texts(book.bids) == ["11 1", "10.5 1", "10.25 1", "9 1"])
        #expect(texts(book.asks) == ["9 2", "10.25 2", "10.5 2", "11 2"])
        #expect(book.bids.best == (try level(.bid, "11", "1")))
        #expect(book.asks.best == (try level(.ask, "9", "2")))
    }

    @Test func `a level is a number, with the digits of the latest text`() throws {
        var book = OrderBook()
        #expect(book.apply(try level(.bid, "61.7", "1")) == .inserted)
        #expect(book.apply(try level(.bid, "61.70", "2.50")) == .replaced)
        #expect(texts(book.bids) == ["61.70 2.50"])
        #expect(book.bids.size(at: try #require(FixedDecimal("61.700")))?.description == "2.50")
        #expect(book.apply(try level(.bid, "61.7000", "0.000")) == .removed)
        #expect(book.apply(try level(.bid, "61.7", "0")) == .absent)
        #expect(book.isEmpty)
    }

    @Test func `prices of any size and sign are ordered exactly`() throws {
        let prices = [
            "-9223372036854775808", "-9223372036854775807", "-1", "-0.5", "-0.000000000000000001", "0",
            "0.000000000000000001", "0.5", "9.223372036854775807", "9.3", "922337203685477580.7", "9223372036854775807",
        ]
        for side in BookSide.allCases {
            var book = OrderBook()
            for price in prices.shuffled() { book.apply(try level(side, price, "1")) }
            #expect(book[side].map(\.price.description) == (side == .ask ? prices : prices.reversed()))
        }
    }

    @Test func `a cut keeps the best levels`() throws {
        var book = OrderBook()
        for price in 1...300 {
            book.apply(try level(.bid, "\(price)", "1"))
            book.apply(try level(.ask, "\(price)", "1"))
        }
        book.cut(to: 100)
        #expect(book.bids.count == 100 && book.asks.count == 100)
        #expect(book.bids.map(\.price.mantissa) == (201...300).reversed())
        #expect(book.asks.map(\.price.mantissa) == Array(1...100))
        book.cut(to: 0)
        #expect(book.isEmpty && book.bids.best == nil)
    }

    @Test func `the last of several entries for a price wins`() throws {
        var book = OrderBook()
        book.replace(with: [
            try level(.ask, "2", "1"), try level(.ask, "1", "0"), try level(.ask, "2", "5"), try level(.ask, "3", "1"),
            try level(.ask, "3", "0"),
        ])
        #expect(texts(book.asks) == ["2 5"])
    }

    @Test(arguments: [("1", "2", OrderBook.Spread.open), ("2", "2.0", .locked), ("2.01", "2", .crossed)])
    func `the spread compares numbers`(bid: String, ask: String, spread: OrderBook.Spread) throws {
        var book = OrderBook()
        book.apply(try level(.bid, bid, "1"))
        #expect(book.spread == .open)
        book.apply(try level(.ask, ask, "1"))
        #expect(book.spread == spread)
    }

    /// Narrow ranges replace and remove most of the time, wide ones insert; cuts and restarts come now and then.
    @Test(arguments: [(1, 40), (2, 400), (3, 4_000), (4, 20_000)])
    func `it equals a dictionary after any changes`(seed: UInt64, prices: Int) {
        var random = SplitMix64(seed: seed)
        var book = OrderBook()
        var model = NaiveBook()
        for step in 0..<20_000 {
            let side = BookSide.allCases[Int.random(in: 0..<2, using: &random)]
            // A price of `digits` digits after the point, so that one number has several texts.
            let digits = UInt8.random(in: 0...3, using: &random)
            let scale = [1, 10, 100, 1000][Int(digits)]
            let price = FixedDecimal(
                mantissa: Int64.random(in: 0..<Int64(prices), using: &random) * Int64(scale),
                digits: digits
            )
            let isRemoval = Int.random(in: 0..<5, using: &random) < 2
            let size = FixedDecimal(mantissa: isRemoval ? 0 : Int64(step + 1), digits: digits)
            let level = BookLevel(side: side, price: price, size: size)
            #expect(book.apply(level) == model.apply(level), "seed \(seed), step \(step)")
            if Int.random(in: 0..<2_000, using: &random) == 0 {
                let depth = Int.random(in: 0..<max(1, book.bids.count), using: &random)
                book.cut(to: depth)
                model.cut(to: depth)
            }
            if step % 500 == 0 { model.expectEqual(book, "seed \(seed), step \(step)") }
        }
        model.expectEqual(book, "seed \(seed)")
    }
}
