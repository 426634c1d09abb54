import MarketModel
import Testing
import Venues

/// The hubs other than MT4's.
struct OtherHubTests {
    @Test("hubs are found by their paths after any base path, in any case")
    func paths() {
        #expect(MT4Hub(path: "/hubs/mt4/v1") == .mt4 && MT4Hub(path: "/a/b/Hubs/MT5/v1") == .mt5)
        #expect(MT4Hub(path: "/hubs/test/v1") == .test && MT4Hub(path: "/hubs/mt4/v2") == nil)
    }

    @Test("Ping is answered with Pong, in any case, and with a completion if it has an ID")
    func ping() {
        var run = HubRun(TestHubSession())
        #expect(run.send(#"{"protocol":"json","version":1}|"#) == ["{}|"])
        #expect(run.signal == .subscriptionsChanged && run.session.hasSubscribed)
        #expect(
            run.send(#"{"type":1,"invocationId":"0","target":"ping","arguments":["a\"\u00e9"]}|"#) == [
                #"{"type":1,"target":"Pong","arguments":["a\"\u00e9"]}|"#,
                #"{"type":3,"invocationId":"0","result":null}|"#,
            ]
        )
        #expect(
            run.send(#"{"type":1,"target":"Ping","arguments":["x"]}|"#)
                == [#"{"type":1,"target":"Pong","arguments":["x"]}|"#]
        )
        for arguments in ["[]", "[1]", #"["a","b"]"#] {
            #expect(
                run.send(#"{"type":1,"invocationId":"0","target":"Ping","arguments":\#(arguments)}|"#)
                    == [
                        #"{"type":3,"invocationId":"0","error":"Failed to invoke 'Ping' due to an error on the server."}|"#
                    ]
            )
        }
        #expect(
            run.send(#"{"type":1,"invocationId":"0","target":"Connect","arguments":[]}|"#)
                == [#"{"type":3,"invocationId":"0","error":"Unknown hub method 'Connect'"}|"#]
        )
    }

    @Test("the time of the test hub is that of the tape, both in callbacks and in answers")
    func clock() {
        var behavior = HubBehavior()
        behavior.tapeStart = UnixNanoseconds(1_767_605_400_000_000_000)
        var run = HubRun(TestHubSession(behavior))
        run.send(#"{"protocol":"json","version":1}|"#)
        let ask = #"{"type":1,"invocationId":"1","target":"GetServerTime","arguments":[]}|"#
        let first = run.send(ask)
        #expect(first.first?.hasPrefix(#"{"type":3,"invocationId":"1","result":"2026-01-05T09:30:00"#) == true)
        var tape = MessageBatch()
        tape.append([], direction: .received, tsRecv: behavior.tapeStart.advanced(by: .seconds(1)))
        var output = MessageBatch()
        run.session.deliver(tape, 0..<1, into: &output)
        let clock = mt4Texts(output)
        #expect(clock.count == 1)
        #expect(clock[0].hasPrefix(#"{"type":1,"target":"OnClock","arguments":["2026-01-05T09:30:01"#))
        #expect(run.send(ask) != first)
    }

    @Test(
        "the MT5 hub connects, and reports it with positional arguments",
        arguments: [#"{"TradePlatform":"P"}"#, #""P",5"#]
    )
    func connect(arguments: String) {
        var run = HubRun(MT5HubSession())
        run.send(#"{"protocol":"json","version":1}|"#)
        #expect(
            run.send(#"{"type":1,"invocationId":"1","target":"CONNECT","arguments":[\#(arguments)]}|"#) == [
                #"{"type":3,"invocationId":"1","result":true}|"#,
                #"{"type":1,"target":"OnMT5ConnectionStatus","arguments":["P",true]}|"#,
            ]
        )
        #expect(!run.session.hasSubscribed)
        #expect(
            run.send(#"{"type":1,"invocationId":"1","target":"Connect","arguments":[]}|"#)
                == [
                    #"{"type":3,"invocationId":"1","error":"Failed to invoke 'Connect' due to an error on the server."}|"#
                ]
        )
        #expect(
            run.send(#"{"type":4,"invocationId":"1","target":"StreamTrades","arguments":[]}|"#)
                == [#"{"type":3,"invocationId":"1","error":"Unknown hub method 'StreamTrades'"}|"#]
        )
    }
}
