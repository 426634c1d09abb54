import Interchange
import MarketModel
import Testing
import Venues

struct ExcerptTests {
    private func events(_ batch: MessageBatch) -> (events: MarketEvents, outcome: DialectOutcome) {
        var dialect = BinanceDialect(streams: [])
        var events = MarketEvents()
        var outgoing = MessageBatch()
        let outcome = dialect.receive(batch, now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        return (events, outcome)
    }

    @Test(
        "recorded messages of each file are read unchanged",
        arguments: [
            ("binance-spot.ns.txt", 80, "10362138a237feab4eeae414919bb8c2559270f2c621e30328736652b8e22f6e"),
            ("binance-spot.ns.two-members.gz", 80, "10362138a237feab4eeae414919bb8c2559270f2c621e30328736652b8e22f6e"),
            ("binance-spot.ns.two-frames.zst", 80, "10362138a237feab4eeae414919bb8c2559270f2c621e30328736652b8e22f6e"),
            ("binance-spot.cf.txt", 40, "88643dc00e3019af5a306c81f3a8452680071161cb6b6906e66600217cc316e5"),
            ("kraken-v1.cf.txt", 18, "3dae4a146c069112b0d7404d2e0f85de189f6118617eedc6d2fbaaba7214f873"),
        ]
    )
    func digests(name: String, count: Int, digest: String) throws {
        let contents = MessageFileContents(path: Excerpt.path(name))
        #expect(contents.error == nil && contents.messages.entries.filter { $0.direction == .received }.count == count)
        #expect(try receivedPayloadDigest(contents.messages) == digest)
    }

    @Test("real Binance messages are normalised, and others stay raw")
    func normalised() throws {
        let (ns, nsOutcome) = events(MessageFileContents(path: Excerpt.path("binance-spot.ns.txt")).messages)
        #expect(ns.quotes.count == 62 && ns.trades.count == 13 && ns.venueEvents.isEmpty)
        #expect(nsOutcome.dataMessages == 80)
        let quote = try #require(ns.quotes.first)
        #expect(quote.origin.message == 2 && quote.sequence == 50_093_239_212 && quote.tsEvent == nil)
        #expect(quote.bidPrice?.description == "61837.63000000" && quote.askSize?.description == "1.54698000")
        let ids = ns.trades.compactMap(\.tradeID)
        #expect(ids == Array(3_735_683_259...3_735_683_271))
        let (cf, cfOutcome) = events(MessageFileContents(path: Excerpt.path("binance-spot.cf.txt")).messages)
        #expect(cf.quotes.count == 25 && cf.trades.map(\.tradeID) == [15_683_430, 9_213_679])
        #expect(cfOutcome.dataMessages == 40 && cf.venueEvents.map(\.kind) == ["kline", "kline"])
    }

    @Test("a file with connections has their URLs and the sent messages")
    func connection() {
        let contents = MessageFileContents(path: Excerpt.path("kraken-v1.cf.txt"))
        #expect(contents.connections.map(\.opened.url) == ["wss://ws.kraken.com"])
        #expect(contents.connections.map(\.opened.ts.rawValue) == [1_618_678_132_368_463_000])
        #expect(contents.messages.entries.first?.direction == .sent)
    }
}
