import MarketModel
import Testing
import Venues

private let combinedTrade = SpotSample.combined("btcusdt@trade", SpotSample.trade)

/// JSON allows any character as an escape.
///
/// Readers must give the same result.
struct BinanceEscapeTests {
    @Test(
        "B9 a message is read the same with escapes in its symbol, its keys, its numbers and its stream",
        arguments: [
            combinedTrade.replacing(#""BTCUSDT""#, with: #""\u0042TCUSDT""#),
            combinedTrade.replacing(#""BTCUSDT""#, with: #""BTC\u0055SD\u0054""#),
            combinedTrade.replacing(#""s":"#, with: #""\u0073":"#),
            combinedTrade.replacing(#""p":"6"#, with: #""p":"\u0036"#),
            combinedTrade.replacing(#"@trade"#, with: #"\u0040trade"#),
            combinedTrade.replacing(#""stream""#, with: #""str\u0065am""#),
            combinedTrade.replacing(#""data""#, with: #""\u0064ata""#),
            combinedTrade.replacing(#""e":"trade""#, with: #""e":"trad\u0065""#),
            SpotSample.trade.replacing(#""e":"trade""#, with: #""\u0065":"tr\u0061de""#),
        ]
    )
    func trade(text: String) {
        let (plain, _, _) = read(batch([combinedTrade]))
        let (events, _, dialect) = read(batch([text]))
        #expect(events.trades == plain.trades && events.venueEvents.isEmpty)
        #expect(dialect.symbols.text(of: SymbolIndex(0)) == "BTCUSDT" && dialect.symbols.count == 1)
    }

    @Test("kind 5 a bookTicker with escaped keys and prices is a quote")
    func bookTicker() {
        let text = SpotSample.bookTicker.replacing(#""b":"#, with: #""\u0062":"#)
            .replacing(#""A":"1"#, with: #""A":"\u0031"#)
        let (plain, _, _) = read(batch([SpotSample.bookTicker]))
        let (events, _, _) = read(batch([text]))
        #expect(events.quotes == plain.quotes && events.quotes.count == 1)
    }

    @Test("kind 5 a symbol beyond ASCII is the same escaped and plain, also outside the first plane")
    func unicode() {
        let symbols = [#"币安人生USDT"#, #"\u5e01\u5b89\u4eba\u751fUSDT"#, #"\uD83D\uDE80USDT"#, "🚀USDT"]
        let (events, _, dialect) = read(
            batch(symbols.map { combinedTrade.replacing(#""BTCUSDT""#, with: "\"\($0)\"") })
        )
        #expect(events.trades.map(\.symbol.value) == [0, 0, 1, 1])
        #expect(dialect.symbols.text(of: SymbolIndex(0)) == "币安人生USDT")
        #expect(dialect.symbols.text(of: SymbolIndex(1)) == "🚀USDT")
    }

    @Test("kind 5 a replay delivers a message with escapes to subscribers of its stream, as it was received")
    func delivery() {
        let text = combinedTrade.replacing(#"@trade"#, with: #"\u0040trade"#)
        var session = BinanceSession(path: "/stream")
        _ = reply(&session, to: #"{"method":"SUBSCRIB\u0045","p\u0061rams":["btcusdt@trad\u0065"],"id":1}"#)
        var output = MessageBatch()
        let tape = batch([text])
        session.deliver(tape, 0..<1, into: &output)
        #expect(output.entries.indices.map { String(decoding: output.payload(at: $0), as: UTF8.self) } == [text])
    }

    @Test("kind 5 entries that are not executions keep their IDs and report their kind", arguments: ["NA", "ADL"])
    func administrative(kind: String) {
        let text = combinedTrade.replacing(#""M":true"#, with: #""X":"\#(kind)""#)
        let (events, _, _) = read(batch([text, combinedTrade.replacing(#""M":true"#, with: #""X":"MARKET""#)]))
        #expect(events.trades.map(\.administrativeKind) == [kind, nil])
        #expect(events.trades.map(\.isExecution) == [false, true] && events.trades.allSatisfy { $0.tradeID != nil })
    }

    @Test("B3 a connection that asks for trades and aggregates of one symbol reports it once")
    func notice() {
        let streams = ["btcusdt@trade", "BTCUSDT@aggTrade", "ethusdt@aggTrade", "bnbusdt@trade"]
        var dialect = BinanceDialect(streams: streams)
        var events = MarketEvents()
        var outgoing = MessageBatch()
        var notices: [String] = []
        for _ in 0..<2 {
            let outcome = dialect.receive(
                batch([combinedTrade]),
                now: UnixNanoseconds(0),
                events: &events,
                outgoing: &outgoing
            )
            notices += outcome.notices
        }
        #expect(notices.count == 1 && notices.first?.contains("btcusdt") == true)
    }
}
