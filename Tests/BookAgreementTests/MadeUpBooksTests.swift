import Archive
import FeedrecTestKit
import MarketModel
import OrderBooks
import Testing
import Venues

@testable import Replaying

/// Books of made-up messages: holes, and clients of a venue that numbers all messages of a connection.
struct MadeUpBooksTests {
    private static func events(_ readers: [ArchiveReader], depth: Int?, from: Int64? = nil) throws -> [String] {
        var order = EventOrder()
        order.selection.kinds = [.book, .trade]
        order.selection.bookDepth = depth
        var reader = EventReader(try TapeCatalog(readers), order)
        try reader.open(at: from)
        var texts: [String] = []
        while case .chunk(let chunk) = try reader.next() { texts += chunk.batch.texts }
        return texts.map(Self.essence)
    }

    /// What an event says, without its times.
    private static func essence(_ text: String) -> String {
        let names = /"(ts_recv|ts_event|message_index)":\d+,?/
        return text.replacing(names, with: "").replacing(",}", with: "}")
    }

    private static let head = #"{"type":"book","kind":"#
    private static let name = #""venue":"bybit-linear","symbol":"BTCUSDT","channel":"orderbook.50","#

    @Test func `a hole ends a book, and a snapshot begins it again`() async throws {
        let venue = try #require(Venue(named: "bybit-linear"))
        let readers = try await BookArchive().importing(
            lines: [
                BybitLines.book("snapshot", 7, bids: [#"["99","1"]"#, #"["98.0","2"]"#], asks: [#"["101","1"]"#]),
                BybitLines.book("delta", 8, bids: [#"["99.0","0"]"#, #"["97","3"]"#]),
                BybitLines.book("delta", 10, bids: [#"["96","3"]"#]),
                BybitLines.book("delta", 11, bids: [#"["95","3"]"#]),
                BybitLines.book("snapshot", 20, bids: [#"["90","1"]"#], asks: [#"["91","1"]"#]),
            ],
            venue
        )
        let ending = #"\#(Self.name)"cause":"sequence","detail":"a message is missing","expected":9,"found":10}"#
        let last = #"\#(Self.name)"bids":[[90,1]],"asks":[[91,1]],"sequence":20}"#
        #expect(
            try Self.events(readers, depth: nil) == [
                #"\#(Self.head)"snapshot",\#(Self.name)"bids":[[99,1],[98.0,2]],"asks":[[101,1]],"sequence":7}"#,
                #"\#(Self.head)"change",\#(Self.name)"bids":[[99.0,0],[97,3]],"asks":[],"sequence":8}"#,
                #"\#(Self.head)"invalid",\#(ending)"#, #"\#(Self.head)"snapshot",\#(last)"#,
            ]
        )
        #expect(
            try Self.events(readers, depth: 1) == [
                #"\#(Self.head)"snapshot",\#(Self.name)"bids":[[99,1]],"asks":[[101,1]],"sequence":7}"#,
                #"\#(Self.head)"change",\#(Self.name)"bids":[[99,0],[98.0,2]],"asks":[],"sequence":8}"#,
                #"\#(Self.head)"invalid",\#(ending)"#, #"\#(Self.head)"snapshot",\#(last)"#,
            ]
        )
        // A tape that begins inside the hole has no book before the next snapshot.
        let inside = try Self.events(readers, depth: nil, from: BookArchive.start + 2_500_000)
        #expect(inside == [#"\#(Self.head)"snapshot",\#(last)"#])
        // Just before the hole, the tape begins with the book of that instant.
        let before = try Self.events(readers, depth: 1, from: BookArchive.start + 1_500_000)
        #expect(
            before.first
                == #"\#(Self.head)"snapshot",\#(Self.name)"bids":[[98.0,2]],"asks":[[101,1]],"sequence":8}"#
        )
        #expect(before.count == 3)
    }

    private static func coinbase(_ number: Int, _ type: String, _ product: String, _ levels: [String]) -> String {
        #"{"channel":"l2_data","timestamp":"2026-01-05T00:00:00Z","sequence_num":\#(number),"#
            + #""events":[{"type":"\#(type)","product_id":"\#(product)","#
            + #""updates":[\#(levels.joined(separator: ","))]}]}"#
    }

    private static func level(_ side: String, _ price: Int, _ size: Int) -> String {
        #"{"side":"\#(side)","event_time":"2026-01-05T00:00:00Z","price_level":"\#(price)","new_quantity":"\#(size)"}"#
    }

    /// Two books on one connection, whose messages have one sequence of numbers.
    private static func coinbaseLines(seed: UInt64) -> [String] {
        var random = SplitMix64(seed: seed)
        var lines: [String] = []
        for product in ["BTC-USD", "ETH-USD"] {
            let levels = (1...5).flatMap { [level("bid", 100 - $0, $0), level("offer", 100 + $0, $0)] }
            lines.append(coinbase(lines.count, "snapshot", product, levels))
        }
        for _ in 0..<300 {
            let product = Bool.random(using: &random) ? "BTC-USD" : "ETH-USD"
            let offset = Int.random(in: 1...9, using: &random)
            let size = Int.random(in: 0...3, using: &random)
            let isBid = Bool.random(using: &random)
            let change = level(isBid ? "bid" : "offer", isBid ? 100 - offset : 100 + offset, size)
            lines.append(coinbase(lines.count, "update", product, [change]))
        }
        return lines
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `a client of a numbered connection joins anywhere without a hole`(seed: UInt64) async throws {
        let venue = try #require(Venue(named: "coinbase"))
        let readers = try await BookArchive().importing(lines: Self.coinbaseLines(seed: seed), venue)
        var random = SplitMix64(seed: seed)
        let time = BookArchive.start + Int64.random(in: 2_500_000...299_000_000, using: &random)
        var reader = VenueReader(try TapeCatalog(readers), venue: venue, range: ReadRange(), follows: false)
        try reader.open(at: time)
        let path = try #require(venue.definition.examplePaths.first)
        var client = try VenueClient(venue, path: path)
        client.send(#"{"type":"subscribe","product_ids":["BTC-USD","ETH-USD"],"channel":"level2"}"#)
        while case .chunk(let chunk) = try reader.next() { client.take(chunk, 0..<chunk.count) }
        #expect(client.holes == [], "seed \(seed)")
        let entries = client.dialect.books.entries
        try #require(entries.count == 2, "seed \(seed)")
        for (index, entry) in entries.enumerated() {
            let symbol = client.dialect.symbols.text(of: entry.symbol)
            let subject = BookSearch.Subject(venue: venue.name, symbol: symbol, channel: entry.channel)
            let end = UnixNanoseconds(BookArchive.start + 301_000_000)
            let expected = try BookSearch(readers).book(subject, at: end).book
            #expect(client.set[BookIndex(Int32(index))]?.book == expected, "\(symbol), seed \(seed)")
        }
    }
}
