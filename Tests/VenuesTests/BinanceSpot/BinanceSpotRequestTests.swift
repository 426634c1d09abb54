import MarketModel
import Testing
import Venues

struct BinanceSpotRequestTests {
    private static let trade = SpotSample.combined("btcusdt@trade", SpotSample.trade)

    @Test(
        "the ID of a request is returned exactly as sent",
        arguments: ["1", "-9223372036854775808", #""a\u0062c-1""#, "null", "\"\""]
    )
    func echoedID(id: String) {
        var session = BinanceSession(path: "/ws")
        let answer = reply(&session, to: #"{"id": \#(id) ,"params":["btcusdt@trade"],"method":"SUBSCRIBE"}"#)
        #expect(answer.signal == .subscriptionsChanged)
        #expect(answer.replies == [#"{"result":null,"id":\#(id)}"#])
    }

    @Test("a client subscribes, lists and unsubscribes")
    func subscriptions() {
        var session = BinanceSession(path: "/stream")
        #expect(!session.hasSubscribed && deliver([Self.trade], to: &session).isEmpty)
        _ = reply(&session, to: #"{"method":"SUBSCRIBE","params":["btcusdt@trade","ethusdt@trade"],"id":1}"#)
        _ = reply(&session, to: #"{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":2}"#)
        #expect(session.hasSubscribed && deliver([Self.trade], to: &session) == [Self.trade])
        let list = reply(&session, to: #"{"method":"LIST_SUBSCRIPTIONS","id":3}"#)
        #expect(list.signal == .none && list.replies == [#"{"result":["btcusdt@trade","ethusdt@trade"],"id":3}"#])
        let answer = reply(&session, to: #"{"method":"UNSUBSCRIBE","params":["btcusdt@trade","none"],"id":4}"#)
        #expect(answer.signal == .subscriptionsChanged && answer.replies == [#"{"result":null,"id":4}"#])
        #expect(deliver([Self.trade], to: &session).isEmpty && session.hasSubscribed)
    }

    @Test("many streams are subscribed and unsubscribed")
    func manyStreams() {
        var session = BinanceSession(path: "/ws")
        let names = (0..<1024).map { "s\($0)usdt@trade" }
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        #expect(
            reply(&session, to: #"{"method":"SUBSCRIBE","params":[\#(list)],"id":1}"#).signal == .subscriptionsChanged
        )
        let refusal = reply(&session, to: #"{"method":"SUBSCRIBE","params":["x@trade"],"id":2}"#)
        #expect(
            refusal.signal == .none
                && refusal.replies.first?.hasPrefix(#"{"code":2,"msg":"Invalid request: more"#) == true
        )
        #expect(reply(&session, to: #"{"method":"SUBSCRIBE","params":["s7usdt@trade"],"id":2}"#).signal != .none)
        for name in names.prefix(1000) {
            _ = reply(&session, to: #"{"method":"UNSUBSCRIBE","params":["\#(name)"],"id":3}"#)
        }
        let tape = names.map { SpotSample.combined($0, "\"\($0)\"") }
        #expect(deliver(tape, to: &session) == names.suffix(24).map { "\"\($0)\"" })
        #expect(deliver(tape.map { " " + $0 }, to: &session) == names.suffix(24).map { "\"\($0)\"" })
    }

    @Test("the combined property switches the form of messages")
    func combinedProperty() {
        var session = BinanceSession(path: "/ws/btcusdt@trade")
        #expect(
            reply(&session, to: #"{"method":"GET_PROPERTY","params":["combined"],"id":1}"#).replies == [
                #"{"result":false,"id":1}"#
            ]
        )
        #expect(
            reply(&session, to: #"{"method":"SET_PROPERTY","params":["combined",true],"id":2}"#).replies == [
                #"{"result":null,"id":2}"#
            ]
        )
        #expect(
            reply(&session, to: #"{"method":"GET_PROPERTY","params":["combined"],"id":3}"#).replies == [
                #"{"result":true,"id":3}"#
            ]
        )
        #expect(deliver([Self.trade], to: &session) == [Self.trade])
    }

    @Test(
        "an invalid request is refused with the venue's code, and with its ID if it has one",
        arguments: [
            ("", #"{"code":3,"msg":"Invalid JSON: "#), ("{", #"{"code":3,"msg":"Invalid JSON: "#),
            ("[]", #"{"code":3,"msg":"Invalid JSON: "#), ("{} {}", #"{"code":3,"msg":"Invalid JSON: "#),
            (#"{"id":1}"#, #"{"code":2,"msg":"Invalid request: missing field `method`","id":1}"#),
            (
                #"{"method":"X","id":1}"#,
                #"{"code":2,"msg":"Invalid request: unknown variant `X`, expected one of `SUBSCRIBE`, "#
            ),
            (#"{"method":7}"#, #"{"code":2,"msg":"Invalid request: unknown variant `7`"#),
            (
                #"{"method":"SUBSCRIBE","params":"a","id":"x"}"#,
                #"{"code":2,"msg":"Invalid request: params must be an array","id":"x"}"#
            ),
            (#"{"method":"SUBSCRIBE","params":[1],"id":1}"#, #"{"code":2,"msg":"Invalid request: params must be"#),
            (#"{"method":"SUBSCRIBE","params":["a"],"id":1.5}"#, #"{"code":2,"msg":"Invalid request: request ID"#),
            (
                #"{"method":"SUBSCRIBE","params":["a"],"id":"0123456789012345678901234567890123456"}"#,
                #"{"code":2,"msg":"Invalid request: request ID"#
            ),
            (#"{"method":"SET_PROPERTY","params":["x",true],"id":1}"#, #"{"code":0,"msg":"Unknown property","id":1}"#),
            (
                #"{"method":"SET_PROPERTY","params":["combined",1],"id":1}"#,
                #"{"code":1,"msg":"Invalid value type: expected Boolean","id":1}"#
            ),
            (#"{"method":"SET_PROPERTY","params":["combined"],"id":1}"#, #"{"code":1,"msg":"#),
            (
                #"{"method":"GET_PROPERTY","params":["combined",1],"id":1}"#,
                #"{"code":2,"msg":"Invalid request: too many parameters","id":1}"#
            ),
            (
                #"{"method":"GET_PROPERTY","params":[],"id":1}"#,
                #"{"code":2,"msg":"Invalid request: property name must be a string","id":1}"#
            ),
        ]
    )
    func refusals(request: String, expected: String) {
        var session = BinanceSession(path: "/ws")
        let answer = reply(&session, to: request)
        #expect(answer.signal == .none && answer.replies.count == 1 && !session.hasSubscribed)
        #expect(answer.replies.first?.hasPrefix(expected) == true, "\(answer.replies)")
    }
}
