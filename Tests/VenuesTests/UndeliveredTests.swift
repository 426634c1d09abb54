import MarketModel
import Testing
import Venues

/// Subscriptions without data so far, as the dialects report them.
struct UndeliveredTests {
    /// The undelivered names after each message.
    private func left(_ streams: [String], _ messages: [String]) -> [[String]] {
        var dialect = BinanceDialect(streams: streams)
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
        let kline = SpotSample.combined("btcusdt@kline_1m", SpotSample.kline)
        let messages = [
            SpotSample.combined("btcusdt@trade", SpotSample.trade), SpotSample.trade, SpotSample.bookTicker,
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
            SpotSample.bookTicker, SpotSample.trade.replacing("BTCUSDT", with: "ETHUSDT"),
            #"{"error":{"code":2,"msg":"Invalid request"}}"#, #"{"result":null,"id":1}"#,
        ]
        #expect(left(["btcusdt@trade"], messages).allSatisfy { $0 == ["btcusdt@trade"] })
        #expect(
            left(["btcusdt@depth"], [SpotSample.combined("btcusdt@trade", SpotSample.trade)]).last == [
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

    /// A subscribed client of the trade platform "P", with the symbol `EURUSD`.
    private func subscribed() -> MT4DialectRun {
        var run = MT4DialectRun()
        _ = run.open()
        run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#)
        run.receive(#"{"type":3,"invocationId":"2","result":null}|"#)
        return run
    }

    private static func tick(_ arguments: String) -> String {
        #"{"type":1,"target":"OnTick","arguments":[\#(arguments)]}|"#
    }

    private static let bare = #"{"symbol":"EURUSD","bid":1.1,"ask":1.2}"#

    @Test(
        "kind 9 ticks of another trade platform are stored, but are not what was asked for",
        arguments: [
            tick(#"{"tradePlatform":"Q","tick":\#(bare)}"#), tick(#""Q",{"tick":\#(bare)}"#),
            #"{"type":1,"target":"OnTicks","arguments":[{"TradePlatform":"Q","ticks":[\#(bare)]}]}|"#,
            #"{"type":1,"target":"OnTicks","arguments":[{"ticks":[{"tradePlatform":"Q","tick":\#(bare)}]}]}|"#,
        ]
    )
    func otherPlatform(message: String) {
        var run = subscribed()
        run.receive(message)
        #expect(run.events.quotes.count == 1 && run.dialect.undelivered == ["EURUSD"])
        #expect(
            run.outcome.notices == [
                "data of the trade platform 'Q' arrives, but 'P' was asked for: is the trade platform right?"
            ]
        )
        #expect(run.dialect.undeliveredReason == "messages are of the trade platform 'Q', not of 'P'")
        run.receive(message)
        #expect(run.outcome.notices.isEmpty, "once per connection")
    }

    @Test("kind 9 names of a trade platform are the same in any case, and a tick without one counts as delivered")
    func samePlatform() {
        for message in [Self.tick(#"{"tradePlatform":"p","tick":\#(Self.bare)}"#), Self.tick(Self.bare)] {
            var run = subscribed()
            run.receive(message)
            #expect(run.dialect.undelivered.isEmpty && run.outcome.notices.isEmpty)
        }
    }

    @Test("kind 9 the state of another trade platform is a reason, but no notice")
    func otherStatus() {
        var run = subscribed()
        #expect(run.dialect.undeliveredReason == "no message of the trade platform 'P' has arrived")
        run.receive(
            #"{"type":1,"target":"OnMT4ConnectionStatus","arguments":[{"tradePlatform":"Q","connected":true}]}|"#
        )
        #expect(run.outcome.notices.isEmpty)
        #expect(run.dialect.undeliveredReason == "messages are of the trade platform 'Q', not of 'P'")
        run.receive(
            #"{"type":1,"target":"OnMT4ConnectionStatus","arguments":[{"tradePlatform":"P","connected":true}]}|"#
        )
        #expect(run.dialect.undeliveredReason == nil, "the platform is right, so a name must be wrong")
    }

    @Test("kind 9 a Connect that fails is reported with the trade platform, once for repeated attempts")
    func failedConnect() {
        for (answer, problem) in [
            (#""result":false"#, "the hub is not connected to its trade server"),
            (#""error":"unknown platform""#, "unknown platform"),
        ] {
            var run = MT4DialectRun()
            _ = run.open()
            run.receive("{}|", #"{"type":3,"invocationId":"1",\#(answer)}|"#)
            #expect(run.outcome.notices == ["Connect failed for 'P': \(problem)"])
            run.receive(#"{"type":3,"invocationId":"2","result":null}|"#)
            let again = run.keepAlive(after: .seconds(2))
            #expect(again.first?.contains("Connect") == true)
            run.receive(#"{"type":3,"invocationId":"3",\#(answer)}|"#)
            #expect(run.outcome.notices.isEmpty)
        }
    }
}
