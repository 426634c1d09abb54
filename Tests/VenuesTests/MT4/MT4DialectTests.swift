import MarketModel
import Testing
import Venues

struct MT4DialectTests {
    private let connect =
        #"{"type":1,"invocationId":"1","target":"Connect","arguments":[{"tradePlatform":"P","timeoutMs":30000}]}|"#
    private let subscribe =
        #"{"type":1,"invocationId":"2","target":"SubscribeToTicks","arguments":[{"tradePlatform":"P","symbol":"EURUSD"}]}|"#

    @Test("handshake, Connect and subscriptions are sent in this order")
    func conversation() {
        var run = MT4DialectRun()
        #expect(run.open() == [#"{"protocol":"json","version":1}|"#])
        #expect(run.receive("{}|") == [connect])
        #expect(!run.outcome.isSubscribed)
        #expect(run.receive(#"{"type":3,"invocationId":"1","result":true}|"#) == [subscribe])
        #expect(!run.outcome.isSubscribed)
        #expect(run.receive(#"{"type":3,"invocationId":"2","result":null}|"#).isEmpty)
        #expect(run.outcome.isSubscribed)
        #expect(run.outcome.dataMessages == 0)
        #expect(run.outcome.ending == nil)
        #expect(run.events.venueEvents.map(\.kind) == ["subscription"])
        #expect(run.events.venueEvents.allSatisfy { $0.isOwn })
    }

    @Test("streams count as subscribed after the time in which a refusal would have arrived")
    func streams() {
        var run = MT4DialectRun(MT4Subscription(tradePlatform: "P", allSymbols: true, margin: true))
        _ = run.open()
        let sent = run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#)
        #expect(
            sent.dropFirst() == [
                #"{"type":4,"invocationId":"2","target":"StreamAllTicks","arguments":[{"tradePlatform":"P"}]}|"#,
                #"{"type":4,"invocationId":"3","target":"StreamMarginCallUpdates","arguments":[{"tradePlatform":"P"}]}|"#,
            ]
        )
        #expect(!run.outcome.isSubscribed)
        _ = run.keepAlive(after: MT4Dialect.streamRefusalTime)
        #expect(run.dialect.isSubscribed)
        run.receive(#"{"type":3,"invocationId":"3"}|"#)
        #expect(run.outcome.ending == .init(reason: "the hub ended StreamMarginCallUpdates", kind: .goodbye))
    }

    @Test(
        "a Connect that fails is reported, and the subscriptions are sent",
        arguments: [#""result":false"#, #""error":"Unknown hub method 'Connect'""#]
    )
    func failedConnect(outcome: String) {
        var run = MT4DialectRun()
        _ = run.open()
        run.receive("{}|")
        #expect(run.receive(#"{"type":3,"invocationId":"1",\#(outcome)}|"#) == [subscribe])
        #expect(run.oddities.count == 1)
        #expect(run.oddities.first?.hasPrefix("Connect ") == true)
    }

    @Test("a bind error leads to the positional form, once")
    func positional() {
        var run = MT4DialectRun()
        _ = run.open()
        run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#)
        let failure = #""error":"Failed to invoke 'SubscribeToTicks' due to an error on the server.""#
        #expect(
            run.receive(#"{"type":3,"invocationId":"2",\#(failure)}|"#)
                == [#"{"type":1,"invocationId":"3","target":"SubscribeToTicks","arguments":["P","EURUSD"]}|"#]
        )
        #expect(!run.outcome.isSubscribed && run.outcome.ending == nil)
        var other = run
        #expect(run.receive(#"{"type":3,"invocationId":"3"}|"#).isEmpty)
        #expect(run.outcome.isSubscribed)
        other.receive(#"{"type":3,"invocationId":"3",\#(failure)}|"#)
        #expect(other.outcome.ending?.isFailure == true)
        #expect(
            other.outcome.ending?.reason.hasSuffix("Failed to invoke 'SubscribeToTicks' due to an error on the server.")
                == true
        )
    }

    @Test(
        "other refusals end the conversation with the hub's text",
        arguments: [
            "Unknown hub method 'SubscribeToTicks'", "Failed to invoke 'SubscribeToTicks' because user is unauthorized",
        ]
    )
    func refusal(text: String) {
        var run = MT4DialectRun()
        _ = run.open()
        run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#)
        #expect(run.receive(#"{"type":3,"invocationId":"2","error":"\#(text)"}|"#).isEmpty)
        #expect(
            run.outcome.ending
                == .init(reason: "the hub refused SubscribeToTicks for 'EURUSD': \(text)", kind: .refused)
        )
    }

    @Test("a refused handshake and a Close record end the conversation")
    func endings() {
        var refused = MT4DialectRun()
        _ = refused.open()
        refused.receive(#"{"error":"no"}|"#)
        #expect(refused.outcome.ending == .init(reason: "the hub refused the handshake: no", kind: .refused))
        var closed = MT4DialectRun()
        _ = closed.open()
        closed.receive("{}|{\"type\":7}|")
        #expect(
            closed.outcome.ending == .init(reason: "the hub ended the session", kind: .goodbye, isReturnWelcome: false)
        )
        var failed = MT4DialectRun()
        _ = failed.open()
        failed.receive("{}|{\"type\":7,\"error\":\"bad\"}|")
        #expect(
            failed.outcome.ending
                == .init(reason: "the hub closed the connection: bad", kind: .failure, isReturnWelcome: false)
        )
    }

    @Test("a ping is sent after 15 s without sending, and none before the handshake's answer")
    func pings() {
        var run = MT4DialectRun()
        _ = run.open()
        #expect(run.keepAlive(after: .seconds(15)).isEmpty)
        run.receive("{}|")
        #expect(run.keepAlive(after: .seconds(14)).isEmpty)
        #expect(run.keepAlive(after: .seconds(1)) == [#"{"type":6}|"#])
        #expect(run.keepAlive(after: .seconds(14)).isEmpty)
    }

    @Test("a server that is silent for more than 30 s counts as dead")
    func silence() {
        var run = MT4DialectRun()
        _ = run.open()
        run.receive("{}|")
        _ = run.keepAlive(after: .seconds(30))
        #expect(run.dialect.ending == nil)
        #expect(run.keepAlive(after: .seconds(1)).isEmpty)
        #expect(run.dialect.ending?.isFailure == true)
        run.receive()
        #expect(run.outcome.ending == .init(reason: "the hub was silent for more than 30 s", kind: .silence))
    }

    @Test("pings alone do not replace a missing answer")
    func patience() {
        var run = MT4DialectRun()
        _ = run.open()
        run.receive("{}|", #"{"type":3,"invocationId":"1","result":true}|"#)
        for _ in 0..<4 {
            _ = run.keepAlive(after: .seconds(5))
            run.receive(#"{"type":6}|"#)
        }
        #expect(run.outcome.ending?.reason == "the hub did not answer SubscribeToTicks for 'EURUSD'")
    }

    @Test("a server that expects a result gets an error")
    func clientResult() {
        var run = MT4DialectRun()
        _ = run.open()
        run.receive("{}|")
        #expect(
            run.receive(#"{"type":1,"invocationId":"s1","target":"Ask","arguments":[]}|"#)
                == [#"{"type":3,"invocationId":"s1","error":"Client didn't provide a result."}|"#]
        )
    }

    @Test("without open, the dialect reads and sends nothing")
    func offline() {
        var run = MT4DialectRun()
        let sent = run.receive(
            "{}|",
            #"{"type":3,"invocationId":"1","result":true}|{"type":6}|"#,
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"A","bid":1,"ask":2}}]}|"#,
            #"{"type":7,"error":"x"}|"#,
            "{}|"
        )
        #expect(sent.isEmpty)
        #expect(run.outcome.ending == nil && !run.outcome.isSubscribed && run.outcome.dataMessages == 1)
        #expect(run.events.quotes.map(\.origin) == [EventOrigin(message: 2, item: 0)])
        #expect(run.events.venueEvents.isEmpty)
        #expect(run.keepAlive(after: .seconds(100)).isEmpty)
    }

    @Test(
        "the split of the input over messages and batches never changes the events",
        arguments: [1, 2, 3, 7, 50, 5000]
    )
    func splits(chunkBytes: Int) {
        let stream =
            #"{}|{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"A","bid":1,"ask":2}}]}|{"type":6}|"#
            + #"{"type":1,"target":"OnDebug","arguments":[{"message":"m"}]}|broken|"#
            + #"{"type":1,"target":"OnTicks","arguments":["P",[{"symbol":"B","bid":"1.50","ask":2}]]}|"#
        let bytes = Array(stream)
        var run = MT4DialectRun()
        for start in stride(from: 0, to: bytes.count, by: chunkBytes) {
            run.receive(String(bytes[start..<min(start + chunkBytes, bytes.count)]))
        }
        #expect(run.events.quotes.map(run.symbol) == ["A", "B"])
        #expect(run.events.quotes.last?.bidPrice == FixedDecimal("1.50"))
        #expect(run.events.venueEvents.map(\.kind) == ["OnDebug", "malformed"])
    }
}
