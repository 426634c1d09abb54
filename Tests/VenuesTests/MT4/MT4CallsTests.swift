import MarketModel
import Testing
import Venues

struct MT4CallsTests {
    private static func everything() -> MT4Subscription {
        var subscription = MT4Subscription(tradePlatform: "P", symbols: ["A"], allSymbols: true, margin: true)
        subscription.allTicks = true
        subscription.symbolUpdates = true
        subscription.onlineUpdates = true
        subscription.trades = true
        subscription.userUpdates = true
        return subscription
    }

    @Test("every requested subscription is called, and reversed at the end")
    func everything() {
        var run = MT4DialectRun(Self.everything())
        _ = run.open()
        let sent = run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#).dropFirst()
        let methods = sent.map { $0.split(separator: "\"target\":\"")[1].split(separator: "\"")[0] }
        #expect(
            methods == [
                "SubscribeToTicks", "SubscribeToAllTicks", "SubscribeToSymbols", "SubscribeToOnlineUpdates",
                "StreamAllTicks", "StreamTrades", "StreamMarginCallUpdates", "StreamUserUpdates",
            ]
        )
        for id in 2...5 { run.receive(#"{"type":3,"invocationId":"\#(id)"}|"#) }
        #expect(run.outcome.isSubscribed)
        var outgoing = MessageBatch()
        run.dialect.leave(now: run.now, outgoing: &outgoing)
        #expect(
            mt4Texts(outgoing) == [
                #"{"type":1,"invocationId":"10","target":"UnsubscribeFromTicks","arguments":[{"tradePlatform":"P","symbol":"A"}]}|"#,
                #"{"type":1,"invocationId":"11","target":"UnsubscribeFromAllTicks","arguments":[{"tradePlatform":"P"}]}|"#,
                #"{"type":1,"invocationId":"12","target":"UnsubscribeFromSymbols","arguments":[{"tradePlatform":"P"}]}|"#,
                #"{"type":1,"invocationId":"13","target":"UnsubscribeFromOnlineUpdates","arguments":[{"tradePlatform":"P"}]}|"#,
                #"{"type":5,"invocationId":"6"}|"#, #"{"type":5,"invocationId":"7"}|"#,
                #"{"type":5,"invocationId":"8"}|"#,
                #"{"type":5,"invocationId":"9"}|"#,
            ]
        )
        run.receive(#"{"type":3,"invocationId":"6"}|"#)
        #expect(run.outcome.ending == nil)
    }

    @Test("the accepted form of arguments is reported when all calls are answered")
    func subscription() {
        var run = MT4DialectRun()
        _ = run.open()
        run.receive(
            "{}|",
            #"{"type":3,"invocationId":"1","error":"Failed to invoke 'Connect' due to an error on the server."}|"#
        )
        run.receive(#"{"type":3,"invocationId":"2","result":true}|"#)
        run.receive(#"{"type":3,"invocationId":"3","result":null}|"#)
        #expect(
            run.events.venueEvents.map(run.json) == [
                #"{"hub":"mt4","calls":[{"method":"Connect","arguments":"positional"},"#
                    + #"{"method":"SubscribeToTicks","symbol":"EURUSD","arguments":"object"}]}"#
            ]
        )
    }

    @Test("a Connect that returns false is a lost link, and is retried after a delay that doubles")
    func connectAgain() {
        var run = MT4DialectRun()
        _ = run.open()
        run.receive("{}|", #"{"type":3,"invocationId":"1","result":false}|"#)
        run.receive(#"{"type":3,"invocationId":"2"}|"#)
        #expect(run.outcome.isSubscribed && run.events.linkChanges.map(\.isUp) == [false])
        #expect(run.keepAlive(after: .milliseconds(900)).isEmpty)
        #expect(
            run.keepAlive(after: .milliseconds(100)).first?.contains(#""invocationId":"3","target":"Connect""#) == true
        )
        run.receive(#"{"type":3,"invocationId":"3","error":"no"}|"#)
        #expect(run.keepAlive(after: .milliseconds(1900)).isEmpty)
        #expect(run.keepAlive(after: .milliseconds(100)).first?.contains("Connect") == true)
        run.receive(#"{"type":3,"invocationId":"4","result":true}|"#)
        #expect(run.events.linkChanges.map(\.isUp) == [false, true])
        #expect(run.keepAlive(after: .seconds(10)).isEmpty)
        #expect(run.oddities.count == 2 && run.events.venueEvents.allSatisfy { $0.isOwn })
    }

    @Test("a refused subscription is reported and retried after a delay that doubles; the others continue")
    func refusedAmongOthers() {
        var run = MT4DialectRun(MT4Subscription(tradePlatform: "P", symbols: ["A", "B"], margin: true))
        _ = run.open()
        run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#)
        run.receive(#"{"type":3,"invocationId":"2","error":"no such symbol"}|"#)
        #expect(
            run.outcome.notices == ["the hub refused SubscribeToTicks for 'A': no such symbol; the others continue"]
        )
        run.receive(#"{"type":3,"invocationId":"3"}|"#)
        #expect(run.outcome.isSubscribed && run.outcome.ending == nil)
        run.receive(#"{"type":3,"invocationId":"4","error":"Unknown hub method 'StreamMarginCallUpdates'"}|"#)
        #expect(run.outcome.ending == nil && run.outcome.notices.count == 1)
        #expect(
            run.oddities == [
                #"SubscribeToTicks {"reason":"no such symbol","symbol":"A"}"#,
                #"StreamMarginCallUpdates {"reason":"Unknown hub method 'StreamMarginCallUpdates'"}"#,
            ]
        )
        #expect(run.json(run.events.venueEvents[1]).contains(#""symbol":"A","arguments":"object","refused":true"#))
        #expect(run.keepAlive(after: .milliseconds(4900)).isEmpty)
        let again = run.keepAlive(after: .milliseconds(100))
        #expect(again.count == 2 && again[0].contains(#""invocationId":"5","target":"SubscribeToTicks""#))
        run.receive(#"{"type":3,"invocationId":"5","error":"no such symbol"}|"#)
        #expect(run.outcome.notices.isEmpty)
        #expect(run.keepAlive(after: .milliseconds(9900)).isEmpty)
        #expect(run.keepAlive(after: .milliseconds(100)).count == 1)
        run.receive(#"{"type":3,"invocationId":"7"}|"#)
        #expect(run.events.venueEvents.last.map(run.json)?.contains("refused") == false)
        var outgoing = MessageBatch()
        run.dialect.leave(now: run.now, outgoing: &outgoing)
        #expect(outgoing.count == 3)
    }

    @Test("a hub that refuses everything ends the conversation, and so does a stream that breaks")
    func nothingLeft() {
        var run = MT4DialectRun(MT4Subscription(tradePlatform: "P", symbols: ["A"], margin: true))
        _ = run.open()
        run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#)
        var other = run
        run.receive(#"{"type":3,"invocationId":"2","error":"no"}|"#, #"{"type":3,"invocationId":"3","error":"no!"}|"#)
        #expect(
            run.outcome.ending
                == .init(
                    reason: "the hub refused StreamMarginCallUpdates and all other subscriptions: no!",
                    kind: .refused
                )
        )
        other.receive(#"{"type":3,"invocationId":"2"}|"#)
        _ = other.keepAlive(after: .seconds(20))
        other.receive(#"{"type":3,"invocationId":"3","error":"gone"}|"#)
        #expect(
            other.outcome.ending == .init(reason: "the hub broke off StreamMarginCallUpdates: gone", kind: .failure)
        )
    }

    @Test("only the status of the recorded trade server is a lost link", arguments: [("p", 1), ("Q", 0)])
    func platforms(name: String, changes: Int) {
        for arguments in [#"{"TradePlatform":"\#(name)","connected":false}"#, #""\#(name)",false"#] {
            var run = MT4DialectRun()
            _ = run.open()
            run.receive("{}|", #"{"type":1,"target":"OnMT4ConnectionStatus","arguments":[\#(arguments)]}|"#)
            #expect(run.events.linkChanges.count == changes, "\(arguments)")
            #expect(run.events.venueEvents.count == 1)
        }
    }

    @Test("the test hub gets a ping and a request for its time, and its clock is received")
    func testHub() {
        var subscription = MT4Subscription(tradePlatform: "")
        subscription.hub = .test
        var run = MT4DialectRun(subscription)
        _ = run.open()
        #expect(
            run.receive("{}|") == [
                #"{"type":1,"invocationId":"1","target":"Ping","arguments":["feedrec"]}|"#,
                #"{"type":1,"invocationId":"2","target":"GetServerTime","arguments":[]}|"#,
            ]
        )
        run.receive(
            #"{"type":1,"target":"pong","arguments":["feedrec"]}|{"type":3,"invocationId":"1"}|"#,
            #"{"type":3,"invocationId":"2","result":"2026-01-05T09:30:00Z"}|"#,
            #"{"type":1,"target":"OnClock","arguments":["2026-01-05T09:30:01Z"]}|"#
        )
        #expect(run.outcome.isSubscribed)
        #expect(run.events.venueEvents.map(\.kind) == ["pong", "OnClock", "subscription"])
    }

    @Test("the MT5 hub needs only Connect")
    func mt5() {
        var subscription = MT4Subscription(tradePlatform: "P")
        subscription.hub = .mt5
        var run = MT4DialectRun(subscription)
        _ = run.open()
        run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#)
        #expect(run.outcome.isSubscribed)
    }
}
