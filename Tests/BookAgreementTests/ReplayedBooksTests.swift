import Archive
import FeedrecTestKit
import MarketModel
import OrderBooks
import Testing

@testable import Replaying

/// Books on `/replay` against the books that `feedrec book` shows, at every message.
@Suite(.enabled(if: BookArchive.shared != nil, BookArchive.reason), .timeLimit(.minutes(10)))
struct ReplayedBooksTests {
    /// One tape: the books of a client, and those that the recordings have, at ascending instants.
    private struct Comparison {
        let readers: [ArchiveReader]
        let depth: Int?
        let seed: UInt64
        var walks: [ClientBooks.Name: BookWalk] = [:]
        var compared = 0

        mutating func compare(_ client: ClientBooks, at time: Int64) throws {
            for name in client.names {
                if walks[name] == nil {
                    let subject = BookSearch.Subject(venue: name.venue, symbol: name.symbol, channel: name.channel)
                    walks[name] = BookWalk(try BookSearch(readers), subject)
                }
                let expected: ClientBooks.Book?
                do {
                    let book = try walks[name]?.book(at: UnixNanoseconds(time)).book
                    expected = book.map {
                        ClientBooks.Book(
                            bids: Array($0.bids.prefix(depth ?? .max)),
                            asks: Array($0.asks.prefix(depth ?? .max))
                        )
                    }
                } catch is BookAbsence {
                    expected = nil
                }
                compared += 1
                let found = client.books[name]?.sorted
                #expect(found == expected, "\(name) at \(time), depth \(depth ?? 0), seed \(seed)")
                try #require(found == expected)
            }
        }
    }

    private static func reader(_ readers: [ArchiveReader], depth: Int?) throws -> EventReader {
        var order = EventOrder()
        order.selection.kinds = [.book]
        order.selection.bookDepth = depth
        return EventReader(try TapeCatalog(readers), order)
    }

    /// Applies `chunksMax` chunks, and compares after the events of each time.
    private static func play(
        _ reader: inout EventReader,
        chunksMax: Int,
        every stride: Int,
        _ comparison: inout Comparison
    ) throws -> ClientBooks {
        var client = ClientBooks()
        var (time, count, lastTime) = (Int64.min, 0, Int64.min)
        for _ in 0..<chunksMax {
            guard case .chunk(let chunk) = try reader.next() else { break }
            for (index, text) in chunk.batch.texts.enumerated() {
                #expect(chunk.kinds[index] == .book)
                let next = chunk.batch.entries[index].tsRecv.rawValue
                #expect(next >= lastTime)
                lastTime = next
                if next != time, time != .min {
                    count += 1
                    if count.isMultiple(of: stride) { try comparison.compare(client, at: next - 1) }
                }
                time = next
                try client.apply(text)
            }
        }
        return client
    }

    @Test(arguments: BookCapture.all, [1, 5, 20, nil] as [Int?])
    func `a client has the right levels after every message`(capture: BookCapture, depth: Int?) async throws {
        let readers = try await capture.read(BookArchive())
        var comparison = Comparison(readers: readers, depth: depth, seed: 0)
        var reader = try Self.reader(readers, depth: depth)
        let client = try Self.play(&reader, chunksMax: .max, every: depth == nil ? 17 : 3, &comparison)
        #expect(!client.names.isEmpty)
        #expect(client.kinds["snapshot", default: 0] >= client.names.count)
        #expect(comparison.compared > 0)
        let end = try #require(try readers.last?.lastMessageTime())
        try comparison.compare(client, at: end.rawValue)
    }

    @Test(arguments: BookCapture.all)
    func `a client that seeks gets the books of that instant, and stays right`(capture: BookCapture) async throws {
        let readers = try await capture.read(BookArchive())
        let bounds = try #require(try TapeCatalog(readers).bounds)
        var compared = 0
        for seed in 1...12 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let depth = [1, 5, 20, nil][Int(seed % 4)]
            let time = Int64.random(in: bounds, using: &random)
            var reader = try Self.reader(readers, depth: depth)
            if seed.isMultiple(of: 2) { _ = try reader.next() }
            try reader.open(at: time)
            var comparison = Comparison(readers: readers, depth: depth, seed: seed)
            let client = try Self.play(&reader, chunksMax: 3, every: 5, &comparison)
            #expect(client.kinds["snapshot", default: 0] >= client.names.count, "seed \(seed)")
            compared += comparison.compared
        }
        #expect(compared > 0)
    }
}
