import MarketModel
import Testing
import Venues

struct MT4HubSessionTests {
    @Test("the handshake is answered in versions 0, 1 and 2, and calls may follow in the same message")
    func handshake() {
        var run = MT4SessionRun()
        #expect(run.send(#"{"protocol":"json","version":0}|{"type":6}|"#) == ["{}|"])
        #expect(run.signal == .none && !run.session.hasSubscribed)
        var both = MT4SessionRun()
        let replies = both.send(
            #"{"version":1,"protocol":"json"}|{"type":1,"invocationId":"0","target":"Connect","arguments":[{}]}|"#
        )
        #expect(replies == ["{}|", #"{"type":3,"invocationId":"0","result":true}|"#])
    }

    @Test("Connect succeeds in both shapes", arguments: [#"["P",30000]"#, #"["P"]"#, #"[{"timeoutMs":1}]"#])
    func connect(arguments: String) {
        var run = MT4SessionRun.open()
        #expect(
            run.send(#"{"type":1,"invocationId":"1","target":"connect","arguments":\#(arguments)}|"#)
                == [#"{"type":3,"invocationId":"1","result":true}|"#]
        )
        #expect(run.signal == .none && !run.session.hasSubscribed)
    }

    @Test("an unsupported protocol is refused with a reason and a close")
    func refusedHandshake() {
        var run = MT4SessionRun()
        #expect(
            run.send(#"{"protocol":"cbor","version":1}|"#, kind: .binary)
                == [#"{"error":"The protocol 'cbor' is not supported."}|"#]
        )
        #expect(run.signal == .close(code: 1000, reason: "handshake refused"))
        #expect(run.send(#"{"type":6}|"#).isEmpty)
        var garbage = MT4SessionRun()
        #expect(
            garbage.send("GET|") == [#"{"error":"An unexpected error occurred during connection handshake."}|"#]
        )
        #expect(garbage.signal == .close(code: 1000, reason: "handshake refused"))
    }

    @Test(
        "subscriptions are acknowledged with null in any case and both shapes",
        arguments: [
            #""SubscribeToTicks","arguments":[{"tradePlatform":"P","symbol":"A"}]"#,
            #""subscribetoticks","arguments":["P","A"]"#, #""SUBSCRIBETOTICKS","arguments":[{"Symbol":"\u0041"}]"#,
            #""SubscribeToTicks","headers":{"Authorization":"Bearer x"},"arguments":[{"symbol":"A","more":1}]"#,
        ]
    )
    func subscribing(call: String) {
        var run = MT4SessionRun.open()
        #expect(
            run.send(#"{"type":1,"invocationId":"a-1","target":\#(call)}|"#)
                == [#"{"type":3,"invocationId":"a-1","result":null}|"#]
        )
        #expect(run.signal == .subscriptionsChanged && run.session.hasSubscribed)
        #expect(run.session.wanted.symbols == ["A"])
        #expect(run.deliver(tick("A"), tick("B")) == [tick("A")])
    }

    @Test("unsubscribing reverses a subscription")
    func unsubscribing() {
        var run = MT4SessionRun.open(
            call("SubscribeToTicks", #"["P","A"]"#),
            call("SubscribeToTicks", #"["P","B"]"#),
            call("SubscribeToTicks", #"["P","B"]"#),
            call("SubscribeToAllTicks", #"["P"]"#),
            call("SubscribeToSymbols", #"["P"]"#),
            call("SubscribeToOnlineUpdates", #"["P"]"#)
        )
        #expect(run.session.wanted.symbols == ["A", "B"])
        run.send(call("UnsubscribeFromAllTicks", #"[{}]"#))
        #expect(run.deliver(tick("C"), tick("B")) == [tick("B")])
        run.send(call("unsubscribeFromTicks", #"[{"symbol":"B"}]"#))
        #expect(run.deliver(tick("A"), tick("B")) == [tick("A")])
        run.send(call("UnsubscribeFromTicks", #"["P"]"#))
        run.send(call("UnsubscribeFromSymbols", #"["P"]"#))
        run.send(call("UnsubscribeFromOnlineUpdates", #"["P"]"#))
        #expect(run.deliver(tick("A"), update("OnSymbolUpdate"), update("OnOnlineUpdate")).isEmpty)
    }

    @Test("a subscription without a symbol means all symbols")
    func allSymbols() {
        var run = MT4SessionRun.open(call("SubscribeToTicks", #"[{"tradePlatform":"P","symbol":null}]"#))
        #expect(run.session.wanted.isAllTicks)
        #expect(run.deliver(tick("A"), tick("B")) == [tick("A"), tick("B")])
    }

    @Test("invalid calls get the hub's own error texts")
    func errors() {
        check(#""type":1,"target":"Foo","arguments":[]"#, "Unknown hub method 'Foo'")
        check(#""type":4,"target":"Foo","arguments":[]"#, "Unknown hub method 'Foo'")
        check(
            #""type":1,"target":"streamAllTicks","arguments":["P"]"#,
            "The client attempted to invoke the streaming 'streamAllTicks' method with a non-streaming invocation."
        )
        check(
            #""type":4,"target":"SubscribeToTicks","arguments":["P"]"#,
            "The client attempted to invoke the non-streaming 'SubscribeToTicks' method with a streaming invocation."
        )
        for arguments in [
            "[]", "[1]", "[[]]", #"["P","A","B"]"#, #"[{},1]"#, #"[{"symbol":[]}]"#, #"["P",true]"#, #"["P",5]"#,
            #"[{"symbol":5}]"#,
        ] {
            check(
                #""type":1,"target":"SubscribeToTicks","arguments":\#(arguments)"#,
                "Failed to invoke 'SubscribeToTicks' due to an error on the server."
            )
        }
        var silent = MT4SessionRun.open()
        #expect(silent.send(#"{"type":1,"target":"Foo","arguments":[]}|"#).isEmpty)
        #expect(silent.signal == .none)
    }

    @Test("a stream is open from the call to the cancel, which completes it")
    func streams() {
        var run = MT4SessionRun.open()
        #expect(run.send(stream("7", "StreamAllTicks")).isEmpty)
        #expect(run.signal == .subscriptionsChanged && run.session.hasSubscribed)
        #expect(
            run.send(stream("7", "StreamTrades"))
                == [#"{"type":3,"invocationId":"7","error":"Invocation ID '7' is already in use."}|"#]
        )
        #expect(run.send(#"{"type":5,"invocationId":"8"}|"#).isEmpty)
        #expect(run.deliver(item("7", quote)).count == 1)
        #expect(run.send(#"{"type":5,"invocationId":"7"}|"#) == [#"{"type":3,"invocationId":"7"}|"#])
        #expect(run.deliver(item("7", quote)).isEmpty)
    }

    @Test("items go to the open streams of their kind, under the IDs of those streams")
    func items() {
        let margin = #"{"login":1,"equity":5}"#
        let trade = #"{"order":1,"login":2,"digits":5,"margin":0}"#
        let user = #"{"type":"Add","user":{}}"#
        var run = MT4SessionRun.open(
            stream("1", "StreamAllTicks"),
            stream("x", "StreamMarginCallUpdates"),
            stream("3", "streamAllTicks")
        )
        #expect(run.deliver(item("1", quote)) == [item("1", quote) + item("3", quote)])
        #expect(run.deliver(item("1", margin)) == [item("x", margin)])
        #expect(run.deliver(item("1", trade), item("x", user)).isEmpty)
        run.send(stream("4", "StreamTrades"))
        run.send(stream("5", "StreamUserUpdates"))
        #expect(run.deliver(item("9", trade), item("9", user)) == [item("4", trade), item("5", user)])
        #expect(
            run.deliver(#"{"item":{"login":1,"margin":0},"invocationId":"12345","type":2}|"#)
                == [#"{"item":{"login":1,"margin":0},"invocationId":"x","type":2}|"#]
        )
        // The kind of an item without members is that of earlier items with the same ID.
        #expect(run.deliver(item("x", "null"), item("12345", "null")) == [item("5", "null"), item("x", "null")])
        var fresh = MT4SessionRun.open(stream("x", "StreamTrades"))
        #expect(fresh.deliver(item("x", "null"), item("y", "null")) == [item("x", "null")])
    }

    @Test("lists are unchanged if all elements are wanted, otherwise they have only the wanted elements' bytes")
    func lists() {
        let a = #"{"tradePlatform":"P","tick":{"symbol":"A", "bid":1.0}}"#
        let b = #"{ "symbol":"B","volume":3 }"#
        let c = #"{"tick":{"symbol":"\u0043"}}"#
        var run = MT4SessionRun.open(call("SubscribeToTicks", #"["P","A"]"#), call("SubscribeToTicks", #"["P","C"]"#))
        #expect(run.deliver(ticks("OnTicks", [a, c])) == [ticks("OnTicks", [a, c])])
        #expect(run.deliver(ticks("OnTicks", [b, a, b, c])) == [ticks("OnTicks", [a, c])])
        #expect(run.deliver(ticks("onTicksOHLC", [b, c, "null"])) == [ticks("onTicksOHLC", [c, "null"])])
        #expect(run.deliver(ticks("OnTicks", [b, b])).isEmpty)
        #expect(run.deliver(ticks("OnTicks", [])) == [ticks("OnTicks", [])])
        let positional = #"{"type":1,"target":"OnTicks","arguments":["P",[\#(b),\#(a)]]}|"#
        #expect(run.deliver(positional) == [#"{"type":1,"target":"OnTicks","arguments":["P",[\#(a)]]}|"#])
        let null = #"{"type":1,"target":"OnTicks","arguments":[{"ticks":null}]}|"#
        #expect(run.deliver(null) == [null])
    }

    @Test("records that belong to no subscription go to every client; pings, answers and closes to none")
    func everyone() {
        var run = MT4SessionRun.open(call("SubscribeToTicks", #"["P","A"]"#))
        let status = #"{"type":1,"target":"OnMT4ConnectionStatus","arguments":[{"connected":false}]}|"#
        let margin = #"{"type":1,"target":"OnMarginUpdate","arguments":[{"margins":[]}]}|"#
        let nothing = #"{"type":1,"target":"OnTick","arguments":[{"tick":null}]}|"#
        #expect(run.deliver(status, margin, nothing) == [status, margin, nothing])
        #expect(
            run.deliver(
                "{}|",
                #"{"type":3,"invocationId":"1","result":true}|"#,
                #"{"type":6}|"#,
                #"{"type":7}|"#,
                #"{"error":"no"}|"#,
                update("OnSymbolUpdate"),
                update("OnOnlineUpdate")
            ).isEmpty
        )
        run.send(call("SubscribeToSymbols", #"["P"]"#))
        #expect(run.deliver(update("onSymbolUpdate"), update("OnOnlineUpdate")) == [update("onSymbolUpdate")])
        run.send(call("SubscribeToOnlineUpdates", #"["P"]"#))
        #expect(run.deliver(update("OnOnlineUpdate")) == [update("OnOnlineUpdate")])
        #expect(run.deliver("broken|") == ["broken|"])
    }

    @Test("a recording without a stream refuses it, and recognises items by their IDs")
    func recordedStreams() {
        var recorded = MT4Recorded()
        let calls = [
            #"{"type":1,"invocationId":"1","target":"Connect","arguments":["P"]}|"#, "{broken|",
            stream("2", "streamalltrades"), stream("3", "STREAMALLTICKS"), #"{"type":6}|"#,
        ]
        for call in calls.prefix(2) { mt4Bytes(call).withUnsafeBytes { recorded.note($0) } }
        #expect(!recorded.hasCalls, "Connect alone says nothing")
        for call in calls { mt4Bytes(call).withUnsafeBytes { recorded.note($0) } }
        #expect(recorded.hasCalls && recorded.streams.count == 1)
        var behavior = HubBehavior()
        behavior.recorded = recorded
        var run = MT4SessionRun(MT4HubSession(behavior))
        run.send(#"{"protocol":"json","version":1}|"#)
        #expect(
            run.send(stream("9", "StreamTrades"))
                == [#"{"type":3,"invocationId":"9","error":"this recording has no StreamTrades"}|"#]
        )
        #expect(run.send(stream("7", "StreamAllTicks")).isEmpty)
        #expect(run.deliver(item("3", "null")) == [item("7", "null")])
    }

    @Test("a hub may refuse objects, or every call")
    func refusals() {
        var behavior = HubBehavior()
        behavior.bindsObjects = false
        var run = MT4SessionRun(MT4HubSession(behavior))
        run.send(#"{"protocol":"json","version":1}|"#)
        let object = #"{"type":1,"invocationId":"1","target":"SubscribeToTicks","arguments":[{"symbol":"A"}]}|"#
        #expect(
            run.send(object) == [
                #"{"type":3,"invocationId":"1","error":"Failed to invoke 'SubscribeToTicks' due to an error on the server."}|"#
            ]
        )
        #expect(run.send(object.replacing(#"[{"symbol":"A"}]"#, with: #"["P","A"]"#)).count == 1)
        #expect(run.session.wanted.symbols == ["A"])
        behavior.isUnauthorized = true
        run = MT4SessionRun(MT4HubSession(behavior))
        run.send(#"{"protocol":"json","version":1}|"#)
        #expect(
            run.send(object) == [
                #"{"type":3,"invocationId":"1","error":"Failed to invoke 'SubscribeToTicks' because user is unauthorized"}|"#
            ]
        )
    }

    @Test("a hub may split its records over messages")
    func splitting() {
        var behavior = HubBehavior()
        behavior.splitsRecords = true
        var run = MT4SessionRun(MT4HubSession(behavior))
        run.send(#"{"protocol":"json","version":1}|"#)
        run.send(call("SubscribeToAllTicks", #"["P"]"#))
        let halves = run.deliver(tick("A"))
        #expect(halves.count == 2 && halves.joined() == tick("A"))
    }

    @Test("records of unknown types come from the venue and are sent unchanged")
    func unknownTypes() {
        var run = MT4SessionRun.open()
        let records = [#"{"type":42,"a":1}|"#, #"{"type":"1","target":"OnTick"}|"#]
        #expect(run.deliver(records[0], records[1]) == records)
    }

    @Test("silence is counted from the first ping, and before the handshake")
    func patience() {
        var run = MT4SessionRun()
        #expect(run.session.clientTimeout == .seconds(15))
        run.send(#"{"protocol":"json","version":1}|"#)
        #expect(run.session.clientTimeout == nil)
        run.send(#"{"type":6}|"#)
        #expect(run.session.clientTimeout == .seconds(30))
    }

    @Test("a client's record of more than 32 KiB ends the conversation, several smaller records do not")
    func recordLimit() {
        var run = MT4SessionRun.open()
        let call = call("Connect", #"["\#(String(repeating: "x", count: 30_000))"]"#)
        #expect(run.send(call + call + call).isEmpty && run.signal == .none)
        let long = self.call("Connect", #"["\#(String(repeating: "x", count: 33_000))"]"#)
        #expect(
            run.send(long) == [#"{"type":7,"error":"The maximum message size of 32768B was exceeded."}|"#]
        )
    }

    @Test("a restriction to symbols holds for every subscription")
    func restriction() {
        var run = MT4SessionRun.open(
            call("SubscribeToAllTicks", #"["P"]"#),
            call("SubscribeToTicks", #"["P","B"]"#),
            call("SubscribeToSymbols", #"["P"]"#),
            stream("1", "StreamAllTicks")
        )
        run.session.restrict(toSymbols: ["A", "C"])
        let margin = #"{"type":1,"target":"OnMarginUpdate","arguments":[{"margins":[]}]}|"#
        #expect(run.deliver(tick("A"), tick("B"), tick("\\u0043"), margin) == [tick("A"), tick("\\u0043"), margin])
        #expect(run.deliver(item("1", quote)) == [item("1", quote)])
        let other = #"{"symbol":"B","digits":2,"bid":1}"#
        #expect(run.deliver(item("1", other)).isEmpty)
        let b = #"{"symbol":"B"}"#
        let a = #"{"tick":{"symbol":"A"}}"#
        #expect(run.deliver(ticks("OnTicks", [b, a])) == [ticks("OnTicks", [a])])
        #expect(run.deliver(symbolUpdate("A"), symbolUpdate("B")) == [symbolUpdate("A")])
    }

    @Test("a taped message of several records keeps the wanted ones, still in one message")
    func severalRecords() {
        var run = MT4SessionRun.open(call("SubscribeToTicks", #"["P","A"]"#))
        #expect(run.deliver("{}|" + tick("A") + tick("B") + #"{"type":6}|"# + tick("A")) == [tick("A") + tick("A")])
        #expect(run.deliver(tick("A") + tick("A")) == [tick("A") + tick("A")])
    }

    @Test("a taped record that was split is sent whole, and a missing start affects no other record")
    func splitTape() {
        var run = MT4SessionRun.open(call("SubscribeToTicks", #"["P","A"]"#))
        let whole = tick("A")
        #expect(run.deliver(String(whole.prefix(30)), String(whole.dropFirst(30)) + whole) == [whole + whole])
        #expect(run.deliver(whole + String(whole.prefix(30)), "{}|" + whole, whole) == [whole, whole, whole])
    }

    @Test("sent messages of a tape are not delivered; times and order are kept")
    func sentMessages() {
        var tape = mt4Batch([tick("A"), tick("A"), tick("B"), tick("A")])
        tape.entries[1].direction = .sent
        var run = MT4SessionRun.open(call("SubscribeToTicks", #"["P","A"]"#))
        var output = MessageBatch()
        run.session.deliver(tape, 0..<4, into: &output)
        #expect(output.entries.map(\.tsRecv.rawValue) == [0, 3])
        #expect(output.entries.allSatisfy { $0.direction == .sent && $0.kind == .text })
    }

    @Test("the end of the tape completes the streams and closes the conversation")
    func finish() {
        var run = MT4SessionRun.open(stream("1", "StreamAllTicks"), stream("2", "StreamTrades"))
        var replies = MessageBatch()
        run.session.keepAlive(replies: &replies)
        run.session.finish(replies: &replies)
        run.session.finish(replies: &replies)
        #expect(
            mt4Texts(replies) == [
                #"{"type":6}|"#, #"{"type":3,"invocationId":"1"}|"#, #"{"type":3,"invocationId":"2"}|"#,
                #"{"type":7}|"#,
            ]
        )
        #expect(run.session.keepAliveInterval == .seconds(15))
        replies.removeAll()
        var fresh = MT4HubSession()
        fresh.keepAlive(replies: &replies)
        fresh.finish(replies: &replies)
        #expect(replies.isEmpty)
    }

    @Test("a client's Close record closes with 1000, a malformed record with an error")
    func closing() {
        var polite = MT4SessionRun.open()
        #expect(polite.send(#"{"type":7}|"#).isEmpty)
        #expect(polite.signal == .close(code: 1000, reason: ""))
        for record in ["nonsense|", #"{"type":1}|"#, #"{"type":4,"target":"StreamTrades"}|"#, "{}|"] {
            var rude = MT4SessionRun.open()
            let replies = rude.send(record)
            #expect(replies.count == 1 && replies.first?.hasPrefix(#"{"type":7,"error":"Connection closed"#) == true)
            #expect(rude.signal == .close(code: 1002, reason: "malformed hub record"))
            #expect(rude.send(call("SubscribeToAllTicks", #"["P"]"#)).isEmpty)
        }
    }

    @Test("a call split over messages is joined, up to a limit")
    func splitCalls() {
        var run = MT4SessionRun.open()
        let text = #"{"type":1,"invocationId":"1","target":"Connect","arguments":["P"]}|"#
        #expect(run.send(String(text.prefix(20))).isEmpty)
        #expect(run.send(String(text.dropFirst(20))) == [#"{"type":3,"invocationId":"1","result":true}|"#])
        let flood = String(repeating: " ", count: 20_000)
        #expect(run.send(flood).isEmpty)
        #expect(run.send(flood).first?.hasPrefix(#"{"type":7,"error":"The maximum message size"#) == true)
        #expect(run.signal == .close(code: 1002, reason: "malformed hub record"))
    }

    // MARK: Records

    private let quote = #"{"lastTime":null,"symbol":"A","digits":2,"bid":1.25,"ask":1.5}"#

    private func tick(_ symbol: String) -> String {
        #"{"type":1,"target":"OnTick","arguments":[{"tradePlatform":"P","tick":{"symbol":"\#(symbol)","bid":1,"ask":2}}]}|"#
    }

    private func ticks(_ target: String, _ elements: [String]) -> String {
        #"{"type":1,"target":"\#(target)","arguments":[{"tradePlatform":"P","ticks":[\#(elements.joined(separator: ","))],"n":1}]}|"#
    }

    private func update(_ target: String) -> String {
        #"{"type":1,"target":"\#(target)","arguments":[{"tradePlatform":"P","type":"Update"}]}|"#
    }

    private func symbolUpdate(_ symbol: String) -> String {
        #"{"type":1,"target":"OnSymbolUpdate","arguments":[{"type":"Update","symbol":{"digits":5,"symbol":"\#(symbol)"}}]}|"#
    }

    private func item(_ id: String, _ json: String) -> String {
        #"{"type":2,"invocationId":"\#(id)","item":\#(json)}|"#
    }

    private func call(_ method: String, _ arguments: String) -> String {
        #"{"type":1,"target":"\#(method)","arguments":\#(arguments)}|"#
    }

    private func stream(_ id: String, _ method: String) -> String {
        #"{"type":4,"invocationId":"\#(id)","target":"\#(method)","arguments":[{"tradePlatform":"P"}]}|"#
    }

    private func check(_ members: String, _ error: String) {
        var run = MT4SessionRun.open()
        #expect(
            run.send(#"{"invocationId":"5",\#(members)}|"#) == [#"{"type":3,"invocationId":"5","error":"\#(error)"}|"#]
        )
        #expect(!run.session.hasSubscribed && run.signal == .none)
    }
}
