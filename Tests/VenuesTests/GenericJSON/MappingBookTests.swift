import MarketModel
import OrderBooks
import Testing
import Venues

/// Order books of messages that a mapping describes.
struct MappingBookTests {
    private static let mapping =
        #"{"repair":["off {symbol}","on {symbol}"],"message":["#
        + #"{"kind":"book","update":"snapshot","match":{"e":"snap"},"symbol":"s","bids":"d.b","asks":"d.a","#
        + #""last":"u"},"#
        + #"{"kind":"book","update":"change","match":{"e":"diff"},"symbol":"s","bids":"d.b","asks":"d.a","#
        + #""first":"U","last":"u"}]}"#
    private static let snapshot = #"{"e":"snap","s":"X","u":5,"d":{"b":[["1.0","2"],["0.9","1"]],"a":[["1.1","3",7]]}}"#

    private func top(_ books: BookSet) -> String {
        let book = books[BookIndex(0)].flatMap { $0.isValid ? $0.book : nil }
        return "\(book?.bids.best?.price.description ?? "-") \(book?.asks.best?.price.description ?? "-")"
    }

    @Test("changes follow a snapshot by their numbers; a hole makes the book invalid and is repaired")
    func chain() throws {
        var run = try MappingRun(recording: Self.mapping, symbols: ["X"])
        var books = BookSet()
        func apply() {
            for place in run.events.bookMessages.indices {
                _ = books.apply(messageAt: place, of: run.events, books: run.dialect.books)
            }
        }
        run.receive(Self.snapshot)
        apply()
        #expect(top(books) == "1.0 1.1")
        run.receive(#"{"e":"diff","s":"X","U":6,"u":8,"d":{"b":[["1.0","0"]],"a":[]}}"#)
        apply()
        #expect(top(books) == "0.9 1.1" && run.dialect.books.entries.map(\.rule.chain) == [.following])
        run.receive(#"{"e":"diff","s":"X","U":10,"u":10,"d":{"b":[["1.05","1"]],"a":[]}}"#)
        apply()
        #expect(top(books) == "- -")
        run.repair(BookIndex(0), at: 1)
        #expect(run.sent == ["off X", "on X"])
    }

    @Test("a message that cannot be read ends its book, and no other")
    func unreadable() {
        var run = MappingRun(Self.mapping)
        run.receive(Self.snapshot, Self.snapshot.replacing("\"X\"", with: "\"Y\""))
        run.receive(#"{"e":"diff","s":"Y","U":6,"u":6,"d":{"b":[["x","1"]],"a":[]}}"#)
        #expect(run.events.bookMessages.map(\.kind) == [.unreadable] && run.events.bookLevels.isEmpty)
        #expect(run.events.bookMessages.map(\.book) == [BookIndex(1)] && run.oddities.count == 1)
        run.receive(#"{"e":"diff","s":"X","U":6,"d":{"b":[],"a":[]}}"#)
        #expect(run.events.bookMessages.map(\.book) == [BookIndex(0)])
        #expect(run.oddities.first?.contains("'last' (u) is missing") == true, "\(run.oddities)")
        run.receive(#"{"e":"diff","s":"X""#)
        #expect(run.events.bookMessages.map(\.book) == [BookIndex(0), BookIndex(1)])
    }

    @Test("levels may be objects, and one list may have both sides")
    func shapes() {
        var run = MappingRun(
            #"{"message":[{"kind":"book","update":"change","symbol_is":"A","levels":"changes","level_side":"s","#
                + #""level_price":"p.v","level_size":"q","buy":"B","sell":"A"}]}"#
        )
        run.receive(#"{"changes":[{"s":"b","p":{"v":"1.0"},"q":"2"},{"q":"0","p":{"v":2},"s":"A"}]}"#)
        #expect(run.events.bookLevels.map(\.side) == [.bid, .ask])
        #expect(run.events.bookLevels.map(\.price.description) == ["1.0", "2"])
        #expect(run.events.bookLevels.map(\.size.isZero) == [false, true])
        #expect(run.dialect.books.entries.map(\.rule.isUnverifiable) == [true])
    }
}
