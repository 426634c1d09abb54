import Archive
import FeedrecReplay
import FeedrecTestKit
import MarketModel
import Testing

@testable import Replaying

/// The books of the library against those of `/replay`.
@Suite(.enabled(if: BookArchive.shared != nil, BookArchive.reason), .timeLimit(.minutes(10)))
struct LibraryBooksTests {
    private struct Key: Hashable {
        var symbol: String
        var channel: String
    }

    @Test(arguments: BookCapture.all, [FeedrecReplay.ReplayTape.Books.best(3), .whole])
    func `the library has the same books as the tape`(
        capture: BookCapture,
        books: FeedrecReplay.ReplayTape.Books
    ) async throws {
        let archive = try BookArchive()
        let readers = try await capture.read(archive)
        let bounds = try #require(try TapeCatalog(readers).bounds)
        for from in [bounds.lowerBound, bounds.lowerBound + (bounds.upperBound - bounds.lowerBound) / 3] {
            let tape = try ReplayTape(paths: readers.map(\.path), from: from, books: books)
            var found: [Key: FeedrecReplay.OrderBook] = [:]
            var (count, last) = (0, Int64.min)
            for try await event in tape.events() {
                guard case .book(let book) = event else {
                    #expect(event.tsRecv >= last)
                    last = event.tsRecv
                    continue
                }
                count += 1
                let key = Key(symbol: tape.instruments[book.instrument].symbol, channel: book.channel)
                found[key, default: FeedrecReplay.OrderBook()].apply(book)
            }
            var order = EventOrder()
            order.range.from = UnixNanoseconds(from)
            order.selection.kinds = [.book]
            if case .best(let depth) = books { order.selection.bookDepth = depth }
            var reader = EventReader(try TapeCatalog(readers), order)
            var (client, clientCount) = (ClientBooks(), 0)
            while case .chunk(let chunk) = try reader.next() {
                for text in chunk.batch.texts { try client.apply(text) }
                clientCount += chunk.count
            }
            #expect(count == clientCount && count > 0)
            for name in client.names {
                let book = found[Key(symbol: name.symbol, channel: name.channel)]
                let expected = client.books[name]?.sorted
                #expect(book?.isValid == (expected != nil))
                guard let book, let expected else { continue }
                #expect(book.bids().map(\.price.description) == expected.bids.map(\.price.description))
                #expect(book.asks().map(\.size.description) == expected.asks.map(\.size.description))
                #expect(book.bestBid == book.bids(1).first && book.askCount == expected.asks.count)
            }
        }
    }
}
