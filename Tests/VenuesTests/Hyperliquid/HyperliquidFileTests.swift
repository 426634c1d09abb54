import MarketModel
import Testing
import Venues

@Suite(.enabled(if: HyperliquidSample.shared != nil, "FEEDREC_SHARED does not name the data folder"))
struct HyperliquidFileTests {
    @Test("a real book of twenty levels a side is read")
    func realBook() throws {
        let reading = HyperliquidReading([try HyperliquidSample.file("shapes/hyperliquid/book-btc-20250810.json")])
        #expect(reading.events.bookMessages.map(\.kind) == [.snapshot] && reading.oddities.isEmpty)
        let bids = reading.events.bookLevels.filter { $0.side == .bid }
        let asks = reading.events.bookLevels.filter { $0.side == .ask }
        #expect(bids.count == 20 && asks.count == 20)
        #expect(bids.first?.price.description == "119292.0" && asks.first?.price.description == "119293.0")
        #expect(reading.events.bookMessages[0].tsEvent == UnixNanoseconds(1_754_870_444_265_000_000))
    }

    /// The excerpts have a request, the answer, and one message.
    @Test("the documented messages are read", arguments: ["bookticker", "klines", "orderbook", "prices", "trades"])
    func documented(name: String) throws {
        let text = try HyperliquidSample.file("shapes/hyperliquid/\(name).txt")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let answer = try #require(lines.first { $0.hasPrefix("< ") }).dropFirst(2)
        let message = lines.drop { !$0.hasPrefix("=") }.dropFirst().joined(separator: "\n")
        let reading = HyperliquidReading([String(answer), message])
        #expect(reading.outcome.recognised == 2 && reading.outcome.dataMessages == 1 && reading.oddities.isEmpty)
        let events = reading.events
        let rows = events.trades.count + events.quotes.count + events.bookMessages.count + events.venueEvents.count
        #expect(rows == (name == "prices" ? 0 : 1))
    }

    @Test(
        "the documented lists of instruments are read",
        arguments: [("meta", 3), ("metaAndAssetCtxs", 3), ("spotMeta", 1), ("spotMetaAndAssetCtxs", 1)]
    )
    func instruments(type: String, count: Int) throws {
        let body = try HyperliquidSample.file("rest/hyperliquid/\(type).json")
        let request = #"{"type":"\#(type)"}"#
        let reading = HyperliquidReading(
            ["POST https://api.hyperliquid.xyz/info \(request) 200\n\(body)"],
            kind: .rest
        )
        let details = reading.events.instrumentDetails
        #expect(details.count == count && reading.oddities.isEmpty)
        #expect(details.allSatisfy { $0.priceDigits != nil && $0.terms.lotSize != nil })
        let first = try #require(details.first)
        if type.hasPrefix("spot") {
            #expect(reading.symbol(first.symbol) == "PURR/USDC" && first.priceDigits == 8)
            #expect(first.terms.kind == "spot" && first.terms.base == "PURR" && first.terms.quote == "USDC")
            #expect(first.terms.lotSize?.description == "1")
        } else {
            #expect(reading.symbol(first.symbol) == "BTC" && first.priceDigits == 1)
            #expect(first.terms.kind == "perpetual" && first.terms.lotSize?.description == "0.00001")
        }
        let exchange = RESTExchange(method: "POST", url: "https://api.hyperliquid.xyz/info", requestBody: request)
        let names = Array(body.utf8).withUnsafeBytes { Venue.hyperliquid.definition.instrumentNames(exchange, $0) }
        #expect(names == details.map { reading.symbol($0.symbol) })
    }

    @Test("other answers over HTTP are no instruments", arguments: ["l2Book", "recentTrades", "fundingHistory"])
    func otherAnswers(type: String) throws {
        let body = try HyperliquidSample.file("rest/hyperliquid/\(type).json")
        let head = #"POST https://api.hyperliquid.xyz/info {"type":"\#(type)","coin":"BTC"} 200"#
        let reading = HyperliquidReading([head + "\n" + body], kind: .rest)
        #expect(reading.events.instrumentDetails.isEmpty && reading.outcome.recognised == 1)
        #expect(reading.events.venueEvents.isEmpty)
    }
}
