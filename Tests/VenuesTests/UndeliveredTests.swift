import MarketModel
import Testing
import Venues

/// Subscriptions without data so far, as the dialects report them.
struct UndeliveredTests {
    /// The undelivered names after each message.
    private func left(_ streams: [String], _ messages: [String]) -> [[String]] {
        var dialect = BinanceSpotDialect(streams: streams)
        var events = MarketEvents()
        var outgoing = MessageBatch()
        return [dialect.undelivered]
            + messages.map { text in
                _ = dialect.receive(batch([text]), now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
                return dialect.undelivered
            }
    }

    @Test("C5 each stream counts as delivered by its own messages, in an envelope or without one")
    func streams() {
        let streams = ["btcusdt@bookTicker", "btcusdt@trade", "btcusdt@kline_1m"]
        let kline = #"{"stream":"btcusdt@kline_1m","data":{"e":"kline","s":"BTCUSDT"}}"#
        let messages = [
            BinanceSample.combined("btcusdt@trade", BinanceSample.trade), BinanceSample.trade, BinanceSample.bookTicker,
            kline,
        ]
        #expect(
            left(streams, messages) == [
                ["btcusdt@bookTicker", "btcusdt@kline_1m", "btcusdt@trade"],
                ["btcusdt@bookTicker", "btcusdt@kline_1m"],
                ["btcusdt@bookTicker", "btcusdt@kline_1m"], ["btcusdt@kline_1m"], [],
            ]
        )
    }

    @Test("kind 9 another symbol, another kind and an error do not count as delivered")
    func others() {
        let messages = [
            BinanceSample.bookTicker, BinanceSample.trade.replacing("BTCUSDT", with: "ETHUSDT"),
            #"{"error":{"code":2,"msg":"Invalid request"}}"#, #"{"result":null,"id":1}"#,
        ]
        #expect(left(["btcusdt@trade"], messages).allSatisfy { $0 == ["btcusdt@trade"] })
        #expect(
            left(["btcusdt@depth"], [BinanceSample.combined("btcusdt@trade", BinanceSample.trade)]).last == [
                "btcusdt@depth"
            ]
        )
    }

    @Test("kind 9 a hub's symbol is delivered by its first tick, and ticks of all symbols by any tick")
    func hub() {
        var subscription = MT4Subscription(tradePlatform: "P", symbols: ["EURUSD", "XAUUSDX"])
        subscription.allTicks = true
        var run = MT4DialectRun(subscription)
        _ = run.open()
        #expect(run.dialect.undelivered == ["EURUSD", "XAUUSDX", "ticks of any symbol"])
        let tick = #"{"tradePlatform":"P","tick":{"symbol":"EURUSD","bid":1.1,"ask":1.2}}"#
        run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#)
        #expect(run.dialect.undelivered.count == 3)
        run.receive(#"{"type":1,"target":"OnTick","arguments":[\#(tick)]}|"#)
        #expect(run.dialect.undelivered == ["XAUUSDX"])
    }
}
