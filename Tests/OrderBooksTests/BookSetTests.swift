import MarketModel
import OrderBooks
import Testing

struct BookSetTests {
    private var books = BookTable()
    private let first: BookIndex
    private let second: BookIndex

    init() {
        var rule = BookRule()
        rule.chain = .following
        first = books.intern(SymbolIndex(0), channel: "book", rule: rule)
        second = books.intern(SymbolIndex(1), channel: "book", rule: rule)
    }

    private func events(_ messages: [(book: BookIndex, kind: BookMessage.Kind, number: Int64)]) -> MarketEvents {
        var events = MarketEvents()
        for (index, item) in messages.enumerated() {
            var message = BookMessage(origin: EventOrigin(message: index, item: 0), book: item.book, kind: item.kind)
            message.last = item.number
            message.levels = events.bookLevels.count..<events.bookLevels.count + 1
            events.bookLevels.append(
                BookLevel(
                    side: .bid,
                    price: FixedDecimal(mantissa: item.number, digits: 0),
                    size: FixedDecimal(mantissa: 1, digits: 0)
                )
            )
            events.bookMessages.append(message)
        }
        return events
    }

    @Test func `each message changes its own book`() throws {
        var set = BookSet()
        var outcomes: [BookOutcome] = []
        let batch = events([
            (first, .snapshot, 10), (second, .snapshot, 20), (first, .change, 11), (second, .change, 22),
            (first, .change, 12),
        ])
        set.apply(batch, books: books, outcomes: &outcomes)
        #expect(outcomes.map(\.message) == [0, 1, 2, 3, 4])
        #expect(
            outcomes.map(\.effect) == [
                .state(began: true), .state(began: true), .state(began: false), .invalidated, .state(began: false),
            ]
        )
        #expect(outcomes[3].invalidity == BookInvalidity(.sequence, expected: 21, found: 22))
        #expect(outcomes.map(\.needsSnapshot) == [false, false, false, true, false])
        #expect(try #require(set[first]).book.bids.map(\.price.mantissa) == [12, 11, 10])
        #expect(try #require(set[second]).book.isEmpty)
    }

    @Test func `the end of the connection ends the valid books`() throws {
        var set = BookSet()
        var outcomes: [BookOutcome] = []
        set.apply(events([(first, .snapshot, 10), (second, .change, 1)]), books: books, outcomes: &outcomes)
        outcomes = []
        set.disconnect(outcomes: &outcomes)
        #expect(outcomes.map(\.book) == [first])
        #expect(outcomes.map(\.effect) == [.invalidated] && outcomes[0].message == nil)
        #expect(outcomes[0].invalidity?.reason == .disconnected && !outcomes[0].needsSnapshot)
    }

    @Test func `a book that is not in the table is passed over`() {
        var set = BookSet()
        var outcomes: [BookOutcome] = []
        for book in [Int32(2), -1, .max, .min] {
            set.apply(events([(BookIndex(book), .snapshot, 1)]), books: books, outcomes: &outcomes)
        }
        #expect(outcomes.isEmpty && set.keepers.isEmpty && set[BookIndex(-1)] == nil)
    }

    @Test func `the table grows, and its rules may change`() throws {
        var set = BookSet()
        var table = books
        var outcomes: [BookOutcome] = []
        set.apply(events([(second, .snapshot, 1)]), books: table, outcomes: &outcomes)
        var rule = BookRule()
        rule.depth = 1
        let third = table.intern(SymbolIndex(2), channel: "book", rule: rule)
        #expect(table.intern(SymbolIndex(1), channel: "book", rule: rule) == second)
        set.apply(events([(third, .snapshot, 1), (second, .change, 2)]), books: table, outcomes: &outcomes)
        #expect(set.keepers.count == 3)
        #expect(try #require(set[second]).book.bids.map(\.price.mantissa) == [2])
    }

    @Test func `a set continues from stored books`() throws {
        var set = BookSet()
        var outcomes: [BookOutcome] = []
        set.apply(events([(first, .snapshot, 10)]), books: books, outcomes: &outcomes)
        let bytes = try #require(set[first]).checkpoint.bytes
        var other = BookSet()
        #expect(other.restore(try BookCheckpoint(bytes: bytes), of: first, books: books))
        #expect(!other.restore(try BookCheckpoint(bytes: bytes), of: BookIndex(7), books: books))
        outcomes = []
        other.apply(events([(first, .change, 11)]), books: books, outcomes: &outcomes)
        #expect(outcomes.map(\.effect) == [.state(began: false)])
    }
}
