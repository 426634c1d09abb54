import MarketModel
import OrderBooks
import Testing

struct BookTopTests {
    private static func book(_ levels: [(BookSide, String, String)]) throws -> OrderBook {
        var book = OrderBook()
        for (side, price, size) in levels {
            let (price, size) = (try #require(FixedDecimal(price)), try #require(FixedDecimal(size)))
            book.apply(BookLevel(side: side, price: price, size: size))
        }
        return book
    }

    @Test
    func `the top has the best level of each side`() throws {
        let book = try Self.book([(.bid, "9.5", "1"), (.bid, "9.7", "2"), (.ask, "10.2", "3"), (.ask, "10.1", "4")])
        #expect(book.top.bid?.price == FixedDecimal("9.7") && book.top.bid?.size == FixedDecimal("2"))
        #expect(book.top.ask?.price == FixedDecimal("10.1") && book.top.ask?.size == FixedDecimal("4"))
        #expect(OrderBook().top == BookTop())
    }

    @Test
    func `tops are the same if their numbers are, whatever the digits`() throws {
        let one = try Self.book([(.bid, "9.5", "1"), (.ask, "10", "2")]).top
        #expect(one.isSame(as: try Self.book([(.bid, "9.50", "1.0"), (.ask, "10.000", "2")]).top))
        for other in [
            [(BookSide.bid, "9.5", "1")], [(.bid, "9.5", "1.1"), (.ask, "10", "2")],
            [(.bid, "9.51", "1"), (.ask, "10", "2")], [(.bid, "9.5", "1"), (.ask, "10.0001", "2")], [],
        ] {
            #expect(!one.isSame(as: try Self.book(other).top))
        }
        #expect(BookTop().isSame(as: BookTop()))
    }
}
