import MarketModel
import Testing
import Venues

/// How the dialect handles hubs that refuse.
struct MT4RefusalTests {
    private static func margin() -> MT4Subscription { MT4Subscription(tradePlatform: "P", margin: true) }

    private func open(_ subscription: MT4Subscription) -> MT4DialectRun {
        var run = MT4DialectRun(subscription)
        _ = run.open()
        run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#)
        return run
    }

    @Test("C1 a refused stream never counts as a subscription")
    func refusedStream() {
        var run = open(Self.margin())
        #expect(!run.outcome.isSubscribed)
        run.receive(#"{"type":3,"invocationId":"2","error":"no"}|"#)
        #expect(!run.outcome.isSubscribed)
        #expect(run.outcome.ending == .init(reason: "the hub refused StreamMarginCallUpdates: no", kind: .refused))
        #expect(run.events.venueEvents.isEmpty)
    }

    @Test("kind 8 the first item of a stream confirms it, even in the message that ends the conversation")
    func streamItem() {
        var run = open(Self.margin())
        run.receive(#"{"type":2,"invocationId":"2","item":{"login":1}}|{"type":7}|"#)
        #expect(run.outcome.isSubscribed && run.outcome.ending?.kind == .goodbye)
    }

    @Test("kind 8 if one of several symbols is refused, the notice names it")
    func oneSymbol() {
        var run = open(MT4Subscription(tradePlatform: "P", symbols: ["EURUSD", "NOPE", "GBPUSD"]))
        run.receive(#"{"type":3,"invocationId":"3","error":"unknown symbol"}|"#)
        #expect(
            run.outcome.notices == ["the hub refused SubscribeToTicks for 'NOPE': unknown symbol; the others continue"]
        )
        run.receive(#"{"type":3,"invocationId":"2"}|{"type":3,"invocationId":"4"}|"#)
        #expect(run.outcome.isSubscribed && run.outcome.ending == nil)
        let report = run.events.venueEvents.last.map(run.json) ?? ""
        #expect(report.contains(#""symbol":"NOPE","arguments":"object","refused":true"#))
    }

    @Test("kind 8 an MT5 hub that refuses Connect refuses everything")
    func mt5() {
        var subscription = MT4Subscription(tradePlatform: "P")
        subscription.hub = .mt5
        var run = MT4DialectRun(subscription)
        _ = run.open()
        run.receive("{}|", #"{"type":3,"invocationId":"1","error":"no"}|"#)
        #expect(run.outcome.ending == .init(reason: "the hub refused Connect: no", kind: .refused))
    }

    @Test("kind 10 the work for a hub's answers grows linearly with their number")
    func manySymbols() {
        let count = 20_000
        var run = open(MT4Subscription(tradePlatform: "P", symbols: (0..<count).map { "S\($0)" }))
        // Every second symbol is refused, each in its own message, after all had counted as accepted.
        for start in stride(from: 2, to: count + 2, by: 100) {
            run.receive(
                (start..<start + 100).map { id in
                    #"{"type":3,"invocationId":"\#(id)"\#(id.isMultiple(of: 2) ? #","error":"no""# : "")}|"#
                }.joined()
            )
        }
        #expect(run.outcome.isSubscribed)
        #expect(run.events.venueEvents.count(where: \.isOddity) == count / 2)
        // When retried, the refused calls are accepted; each report has only the changes.
        let again = run.keepAlive(after: .seconds(5)).count
        #expect(again == count / 2)
        run.events.removeAll()
        for id in count + 2..<count + 2 + again { run.receive(#"{"type":3,"invocationId":"\#(id)"}|"#) }
        let bytes = run.events.venueEvents.reduce(0) { $0 + $1.json.count }
        #expect(bytes < again * 200)
    }
}
