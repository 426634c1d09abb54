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

    @Test("everything that is asked for is called, and taken back at the end")
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

    @Test("the form of arguments that worked is told once all calls are answered")
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

    @Test("a Connect that says no is a lost link, and called again after a while that doubles")
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

    @Test("the test hub is pinged and asked for its time; its clock is heard")
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
        #expect(run.events.venueEvents.map(\.kind) == ["pong", "subscription", "OnClock"])
    }

    @Test("the MT5 hub needs no more than Connect")
    func mt5() {
        var subscription = MT4Subscription(tradePlatform: "P")
        subscription.hub = .mt5
        var run = MT4DialectRun(subscription)
        _ = run.open()
        run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#)
        #expect(run.outcome.isSubscribed)
    }
}
