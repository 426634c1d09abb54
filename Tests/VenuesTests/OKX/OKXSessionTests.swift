import JSONScanning
import MarketModel
import OrderBooks
import Testing
import Venues

struct OKXSessionTests {
    private static func conversation(_ path: String = "/ws/v5/public") throws -> OKXConversation {
        try OKXConversation(try OKXConversation.plans(["BTC-USDT"])[0], path: path)
    }

    private static func request(_ operation: String, _ argument: String) -> String {
        #"{"op":"\#(operation)","args":[\#(argument)]}"#
    }

    @Test("acknowledgements repeat the argument and the number of the request")
    func acknowledgements() throws {
        let conversation = try Self.conversation()
        let trades = #"{"channel":"trades","instId":"BTC-USDT"}"#
        #expect(
            conversation.send(Self.request("subscribe", trades)) == [
                #"{"event":"subscribe","arg":\#(trades),"connId":"a4d3ae55"}"#
            ]
        )
        #expect(
            conversation.send(#"{"args":[\#(trades)],"id":"7","\u006fp":"unsubscribe"}"#) == [
                #"{"id":"7","event":"unsubscribe","arg":\#(trades),"connId":"a4d3ae55"}"#
            ]
        )
        #expect(!conversation.session.isSubscribed && conversation.session.hasSubscribed)
        #expect(conversation.send("ping") == ["pong"])
    }

    @Test(
        "wrong requests are refused with the venue's codes",
        arguments: [
            ("", "60012"), ("[]", "60012"), (#"{"op":"order","args":[]}"#, "60012"),
            (#"{"op":"subscribe"}"#, "60012"), (#"{"op":"subscribe","args":[{}]}"#, "60012"),
            (#"{"op":"subscribe","args":["trades"]}"#, "60012"),
            (#"{"op":"subscribe","args":[{"channel":"candle1m","instId":"A-B"}]}"#, "60018"),
            (#"{"op":"login","args":[{"apiKey":"a","passphrase":"b","timestamp":"1"}]}"#, "60009"),
        ]
    )
    func errors(text: String, code: String) throws {
        let conversation = try Self.conversation()
        let replies = conversation.send(text)
        #expect(replies.count == 1 && replies[0].contains(#""event":"error""#))
        #expect(replies[0].contains(#""code":"\#(code)""#) && !conversation.session.hasSubscribed)
    }

    @Test("a request has at most 64 KB, and an hour of the tape at most 480 requests")
    func limits() throws {
        let conversation = try Self.conversation()
        let long = Self.request(
            "subscribe",
            #"{"channel":"trades","instId":"\#(String(repeating: "A", count: 66000))"}"#
        )
        #expect(conversation.send(long)[0].contains("60012"))
        let request = Self.request("subscribe", #"{"channel":"trades","instId":"BTC-USDT"}"#)
        for _ in 0..<480 { #expect(conversation.send(request)[0].contains(#""event":"subscribe""#)) }
        #expect(conversation.send(request)[0].contains("60014"))
        var (tape, output) = (MessageBatch(), MessageBatch())
        tape.append(OKXSample.trade.utf8, direction: .received, tsRecv: UnixNanoseconds(3_600_000_000_000))
        conversation.session.deliver(tape, 0..<1, into: &output)
        #expect(conversation.send(request)[0].contains(#""event":"subscribe""#))
    }

    @Test("a private channel needs a login")
    func login() throws {
        let conversation = try Self.conversation("/ws/v5/private")
        let account = Self.request("subscribe", #"{"channel":"account"}"#)
        #expect(conversation.send(account)[0].contains("60011"))
        let login = OKXLogin.message(.sample("k"))
        #expect(conversation.send(login) == [#"{"event":"login","code":"0","msg":"","connId":"a4d3ae55"}"#])
        #expect(conversation.send(account)[0].contains(#""event":"subscribe""#))
        let text = #"{"arg":{"channel":"account","uid":"7"},"data":[{"totalEq":"1","uTime":"1597026383085"}]}"#
        var output = MessageBatch()
        conversation.session.deliver(batch([text, OKXSample.trade]), 0..<2, into: &output)
        #expect(texts(output) == [text])
    }

    @Test("messages are delivered byte for byte, and only those of permitted symbols and kinds")
    func delivery() throws {
        let conversation = try Self.conversation()
        conversation.session.restrict(toSymbols: ["BTC-USDT"])
        for argument in [
            #"{"channel":"trades","instId":"BTC-USDT"}"#, #"{"channel":"trades","instId":"ETH-USDT"}"#,
            #"{"channel":"liquidation-orders","instType":"SWAP"}"#,
        ] {
            _ = conversation.send(Self.request("subscribe", argument))
        }
        let spaced = " " + OKXSample.trade.replacing("trades", with: #"tr\u0061des"#)
        let notice = #"{"event":"notice","code":"64008","msg":"","connId":"a"}"#
        var tape = batch([
            spaced, OKXSample.trade.replacing("BTC-USDT", with: "ETH-USDT"), OKXSample.liquidation, OKXSample.trade,
            OKXSample.accepted("trades", "BTC-USDT"), "pong", "{", notice,
        ])
        tape.append(OKXSample.trade.utf8, kind: .rest, direction: .received, tsRecv: UnixNanoseconds(0))
        tape.append(OKXSample.trade.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
        var output = MessageBatch()
        conversation.session.deliver(tape, 0..<tape.count, into: &output)
        #expect(texts(output) == [spaced, OKXSample.trade, notice])
    }

    @Test("a report counts what passed before a subscription")
    func report() throws {
        let conversation = try Self.conversation()
        conversation.play([OKXSample.trade, OKXSample.trade, OKXSample.ticker])
        _ = conversation.send(Self.request("subscribe", #"{"channel":"trades","instId":"BTC-USDT"}"#))
        #expect(conversation.session.report.skipped.map(\.messages) == [2])
        #expect(conversation.session.unanswered == ["trades:BTC-USDT"])
        conversation.session.tapeMoved()
        #expect(conversation.session.report.skippedMessages == 0)
    }

    @Test("a tape offers its recorders' subscriptions and the channels in its messages")
    func offer() {
        var reader = Venue.okx.definition.makeOfferReader(symbols: ["BTC-USDT"])
        let isKnown = reader.note(subscription: #"{"symbols":["BTC-USDT"],"streams":["trades:BTC-USDT"]}"#)
        reader.note(batch([OKXSample.liquidation, OKXSample.candle, "pong"]))
        #expect(reader.offer.streams == ["trades:BTC-USDT", "liquidation-orders:SWAP", "candle1m:BTC-USDT"])
        #expect(isKnown && reader.offer.isComplete)
        #expect(Venue.okx.definition.symbol(ofStream: "candle1m:BTC-USDT") == "BTC-USDT")
    }

    @Test("the venue serves three paths and has two names")
    func paths() {
        let server = Venue.okx.definition.makeServer()
        #expect(server.place(ofPath: "/ws/v5/business")?.name == "business")
        #expect(server.place(ofPath: "/ws/v5/other") == nil && server.place(ofPath: "/") == nil)
        #expect(Venue.called("okx-v5") == .okx && Venue.all.contains(.okx))
    }
}
