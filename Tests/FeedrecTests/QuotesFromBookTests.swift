import ArgumentParser
import Testing
import Venues

@testable import feedrec

/// The decision whether order books give quotes, and how it is stored.
struct QuotesFromBookTests {
    private static func feed(_ lines: String, venue: String = "binance-spot") throws -> FeedPlan {
        let text = "archive = \"t\"\n[[feed]]\nname = \"f\"\nvenue = \"\(venue)\"\n\(lines)\n"
        return try #require(try ConfigurationTests.read(text).feeds.first)
    }

    private static func decision(_ feed: FeedPlan) throws -> SymbolSelection {
        try feed.symbolsWithDerivedQuotes(feed.venuePlan())
    }

    private static let books = #"symbols = ["BTCUSDT"]"# + "\n" + #"channels = ["trades", "book"]"#
    private static let both = #"symbols = ["BTCUSDT"]"# + "\n" + #"channels = ["quotes", "book"]"#

    @Test(
        "books give quotes if the feed requests none, or as the configuration says",
        arguments: [
            (books, SymbolSelection.some(["BTCUSDT"])), (both, .none),
            (#"symbols = ["BTCUSDT"]"#, .none), (#"streams = ["btcusdt@depth"]"#, .some(["BTCUSDT"])),
            (books + "\nquotes_from_book = \"never\"", .none), (both + "\nquotes_from_book = \"always\"", .all),
            (books + "\nquotes_from_book = \"auto\"", .some(["BTCUSDT"])),
            ("symbols = [\"BTCUSDT\"]\nquotes_from_book = \"always\"", .none),
        ]
    )
    func decisions(lines: String, expected: SymbolSelection) throws {
        #expect(try Self.decision(Self.feed(lines)) == expected)
    }

    @Test("quotes over another connection of the feed count")
    func otherConnection() throws {
        let streams = (0..<200).map { "coin\($0)usdt@depth" } + ["coin0usdt@bookTicker"]
        let list = streams.map { "\"\($0)\"" }.joined(separator: ", ")
        let text = "archive = \"t\"\n[[feed]]\nname = \"f\"\nvenue = \"binance-usdm\"\nstreams = [\(list)]\n"
        let parts = try ConfigurationTests.read(text).feeds.flatMap(\.parts)
        #expect(parts.count == 2)
        let first = try #require(parts.first)
        let decision = try Self.decision(first)
        #expect(!decision.contains("COIN0USDT") && decision.contains("COIN1USDT"))
    }

    @Test("the decision is a member of the stored subscription")
    func stored() throws {
        let plan = VenuePlan(subscription: #"{"streams":["a"]}"#) { _ in Venue.binanceSpot.makeReader(VenueReading()) }
        #expect(plan.subscription(quotesFromBook: .none) == plan.subscription)
        #expect(plan.subscription(quotesFromBook: .all) == #"{"streams":["a"],"quotes_from_book":true}"#)
        let list = plan.subscription(quotesFromBook: .some(["B", "A"]))
        #expect(list == #"{"streams":["a"],"quotes_from_book":["A","B"]}"#)
    }

    @Test("another value is a mistake, in a file and as a flag")
    func mistakes() throws {
        let text = "archive = \"t\"\n[[feed]]\nname = \"f\"\nvenue = \"okx\"\nsymbols = [\"BTC-USDT\"]\n"
        let mistakes = ConfigurationTests.mistakes(text + "quotes_from_book = true\n")
        #expect(mistakes.contains { $0.contains(#""auto" or "always" or "never""#) }, "\(mistakes)")
        let flags = ["--venue", "okx", "--symbol", "BTC-USDT", "--channel", "book", "--quotes-from-book"]
        #expect(throws: (any Error).self) { try RecordCommand.parse(flags + ["sometimes"]) }
        _ = try RecordCommand.parse(flags + ["never"])
        let refused = #expect(throws: (any Error).self) {
            try RecordCommand.parse(["--config", "f.toml", "--quotes-from-book", "never"])
        }
        let message = refused.map { RecordCommand.message(for: $0) }
        #expect(message?.contains("into the file, instead of --quotes-from-book") == true)
    }
}
