import MarketModel
import OrderBooks
import Testing
import Venues

struct HyperliquidConversationTests {
    @Test("a client subscribes with one message each, is acknowledged, and gets what it asked for")
    func subscribing() throws {
        let conversation = try HyperliquidConversation(try HyperliquidConversation.plan(["HYPE"]))
        #expect(conversation.session.clientTimeout == .seconds(60) && !conversation.session.isSubscribed)
        conversation.open()
        #expect(
            conversation.sent == [
                #"{"method":"subscribe","subscription":{"type":"trades","coin":"HYPE"}}"#,
                #"{"method":"subscribe","subscription":{"type":"bbo","coin":"HYPE"}}"#,
            ]
        )
        #expect(conversation.outcome.isSubscribed && conversation.outcome.recognised == 2)
        #expect(conversation.session.hasSubscribed && conversation.session.clientTimeout == nil)
        #expect(conversation.dialect.undelivered == ["bbo:HYPE", "trades:HYPE"])
        let delivered = conversation.play(
            batch([
                HyperliquidSample.trade, HyperliquidSample.book, HyperliquidSample.trades, HyperliquidSample.pong,
                HyperliquidSample.accepted("trades", "HYPE"), HyperliquidSample.error,
            ])
        )
        #expect(delivered == [HyperliquidSample.trade])
        #expect(conversation.events.trades.map(\.administrativeKind) == ["history"])
        #expect(conversation.dialect.undelivered == ["bbo:HYPE"])
        #expect(conversation.session.unanswered == ["bbo:HYPE"])
    }

    @Test("every channel reaches its subscription, also that of a spot pair")
    func channels() throws {
        let words = ["trades", "quotes", "book", "bars", "funding", "mark", "open-interest"]
        let conversation = try HyperliquidConversation(
            try HyperliquidConversation.plan(["HYPE", "@107", "BTC"], words)
        )
        conversation.open()
        #expect(conversation.sent.count == 15 && conversation.outcome.isSubscribed)
        let minute = HyperliquidSample.candle.replacing(#""1d""#, with: #""1m""#)
        let delivered = conversation.play(batch(HyperliquidSample.all + [minute]))
        // Candles of another interval, all mids, answers and errors are not the client's.
        #expect(delivered.count == 8 && delivered.last == minute)
        #expect(
            conversation.dialect.undelivered == [
                "activeAssetCtx:HYPE", "bbo:@107", "bbo:BTC", "candle1m:@107", "candle1m:BTC", "l2Book:@107",
                "l2Book:BTC", "trades:BTC",
            ]
        )
    }

    @Test("a refused subscription is reported by name, and the others go on")
    func refusals() throws {
        var offer = VenueOffer()
        offer.streams = ["trades:BTC"]
        let plan = try HyperliquidConversation.plan(["BTC", "BTCX"], ["trades"])
        let conversation = try HyperliquidConversation(plan, offer: offer)
        conversation.open()
        #expect(conversation.refusals.map(\.name) == ["trades:BTCX"])
        #expect(conversation.refusals[0].reason.contains("the tape lacks the stream 'trades:BTCX'"))
        #expect(conversation.outcome.isSubscribed && conversation.dialect.ending == nil)
        #expect(conversation.dialect.undelivered == ["trades:BTC"])
        #expect(conversation.events.venueEvents.map(\.kind) == ["error"])
        #expect(conversation.session.report.refused == ["trades:BTCX"])
        let none = try HyperliquidConversation(try HyperliquidConversation.plan(["A"], ["trades"]), offer: offer)
        none.open()
        #expect(none.dialect.ending?.kind == .refused && !none.outcome.isSubscribed)
    }

    @Test("an error about a limit refuses the oldest open request, and a repeated subscription is no refusal")
    func otherErrors() throws {
        var dialect = try HyperliquidConversation.plan(["A", "B", "C"], ["trades"]).makeDialect(.seconds(5))
        var (events, outgoing) = (MarketEvents(), MessageBatch())
        dialect.open(now: UnixNanoseconds(0), outgoing: &outgoing)
        let answers = [
            #"{"channel":"error","data":"Already subscribed: {\"coin\":\"A\",\"type\":\"trades\"}"}"#,
            #"{"channel":"error","data":"Cannot subscribe to more than 1000 channels."}"#,
            #"{"channel":"error","data":"Error parsing JSON into valid websocket request: "#
                + #"{\"method\":\"subscribe\",\"subscription\":{\"type\":\"trades\",\"coin\":\"C\"}}"}"#,
            #"{"channel":"error","data":"Cannot subscribe to more than 1000 channels."}"#,
        ]
        let outcome = dialect.receive(batch(answers), now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        #expect(outcome.refusals.map(\.name) == ["trades:B", "trades:C"])
        #expect(outcome.refusals.first?.reason == "Cannot subscribe to more than 1000 channels.")
        #expect(outcome.isSubscribed && outcome.ending == nil && events.venueEvents.count == 4)
    }

    @Test("many subscriptions are sent at the venue's pace")
    func pacing() throws {
        let symbols = (0..<30).map { "A\($0)" }
        let conversation = try HyperliquidConversation(try HyperliquidConversation.plan(symbols))
        conversation.open()
        #expect(conversation.sent.count == 20 && !conversation.outcome.isSubscribed)
        conversation.wait(seconds: 2)
        #expect(conversation.sent.count == 60 && conversation.outcome.isSubscribed)
        #expect(conversation.session.report.count == 60)
    }

    @Test("the client pings every 50 seconds, and ends if nothing answers")
    func pings() throws {
        let conversation = try HyperliquidConversation(try HyperliquidConversation.plan(["BTC"]))
        conversation.open()
        conversation.wait(seconds: 49)
        #expect(conversation.sent.count == 2)
        conversation.wait(seconds: 51)
        #expect(conversation.sent.dropFirst(2) == [#"{"method":"ping"}"#, #"{"method":"ping"}"#])
        #expect(conversation.dialect.ending == nil && conversation.outcome.recognised == 1)
        conversation.isAnswered = false
        conversation.wait(seconds: 79)
        #expect(conversation.dialect.ending == nil)
        conversation.dialect.listeningResumed(now: conversation.now)
        conversation.wait(seconds: 49)
        #expect(conversation.dialect.ending == nil)
        conversation.wait(seconds: 31)
        #expect(conversation.dialect.ending?.kind == .silence)
    }

    @Test("the session answers as the venue does")
    func answers() throws {
        let conversation = try HyperliquidConversation(try HyperliquidConversation.plan(["BTC"]))
        #expect(conversation.send(#"{"method":"ping"}"#) == [#"{"channel":"pong"}"#])
        let book = #"{"subscription":{"coin":"BTC","type":"l2Book"},"method":"subscribe"}"#
        #expect(
            conversation.send(book) == [
                #"{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":"#
                    + #"{"type":"l2Book","coin":"BTC","nSigFigs":null,"mantissa":null}}}"#
            ]
        )
        #expect(conversation.send(book)[0].contains(#""data":"Already subscribed: {"#))
        #expect(conversation.session.isSubscribed)
        let end = book.replacing(#":"subscribe""#, with: #":"unsubscribe""#)
        #expect(conversation.send(end)[0].contains(#""method":"unsubscribe""#))
        #expect(!conversation.session.isSubscribed && conversation.session.hasSubscribed)
        #expect(conversation.send(end)[0].contains("Already unsubscribed: {"))
        let wrong = [
            "ping", #"{"method":"post","id":1}"#, #"{"method":"subscribe"}"#,
            #"{"method":"subscribe","subscription":{"type":"trades"}}"#,
            #"{"method":"subscribe","subscription":{"type":"candle","coin":"BTC"}}"#,
            #"{"method":"subscribe","subscription":{"type":"userFills","user":"0x1"}}"#,
        ]
        for text in wrong { #expect(conversation.send(text)[0].hasPrefix(#"{"channel":"error","data":""#)) }
        #expect(conversation.session.report.count == 0)
    }

    @Test("the session keeps the venue's limits of subscriptions and messages")
    func limits() throws {
        let conversation = try HyperliquidConversation(try HyperliquidConversation.plan(["BTC"]))
        func subscribe(_ number: Int) -> String {
            conversation.send(#"{"method":"subscribe","subscription":{"type":"bbo","coin":"C\#(number)"}}"#)[0]
        }
        for number in 0..<1000 { #expect(subscribe(number).contains("subscriptionResponse")) }
        #expect(subscribe(1000) == #"{"channel":"error","data":"Cannot subscribe to more than 1000 channels."}"#)
        for _ in 0..<999 { #expect(conversation.send(#"{"method":"ping"}"#) == [#"{"channel":"pong"}"#]) }
        let limit = #"{"channel":"error","data":"Cannot send more than 2000 messages per minute."}"#
        #expect(conversation.send(#"{"method":"ping"}"#) == [limit])
        var tape = MessageBatch()
        tape.append(HyperliquidSample.best.utf8, direction: .received, tsRecv: UnixNanoseconds(60_000_000_000))
        conversation.play(tape)
        #expect(conversation.send(#"{"method":"ping"}"#) == [#"{"channel":"pong"}"#])
    }

    @Test("a client may see only its symbols, and answers over HTTP are never delivered")
    func restricted() throws {
        let conversation = try HyperliquidConversation(try HyperliquidConversation.plan(["HYPE", "@107"], ["trades"]))
        conversation.session.restrict(toSymbols: ["@107"])
        conversation.open()
        _ = conversation.send(#"{"method":"subscribe","subscription":{"type":"allMids"}}"#)
        let delivered = conversation.play(batch(HyperliquidSample.all))
        #expect(delivered == [HyperliquidSample.trades])
        var tape = MessageBatch()
        tape.append(HyperliquidSample.trades.utf8, kind: .rest, direction: .received, tsRecv: UnixNanoseconds(0))
        tape.append(HyperliquidSample.trades.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
        #expect(conversation.play(tape).isEmpty)
    }

    @Test("what passed before a subscription is counted")
    func skipped() throws {
        let conversation = try HyperliquidConversation(try HyperliquidConversation.plan(["HYPE"], ["quotes"]))
        conversation.play(batch([HyperliquidSample.best, HyperliquidSample.bidOnly, HyperliquidSample.trade]))
        conversation.open()
        #expect(conversation.session.report.skipped.map(\.name) == ["bbo:HYPE"])
        #expect(conversation.session.report.skippedMessages == 2)
    }

    @Test("a tape offers the streams of its recorders and of its messages")
    func offer() {
        var reader = Venue.hyperliquid.definition.makeOfferReader(symbols: [])
        let addsStreams = reader.note(subscription: #"{"symbols":["BTC"],"streams":["bbo:BTC"]}"#)
        #expect(addsStreams)
        reader.note(batch(HyperliquidSample.all))
        #expect(
            reader.offer.streams == [
                "bbo:BTC", "trades:HYPE", "trades:@107", "bbo:HYPE", "l2Book:HYPE", "candle1d:HYPE",
                "activeAssetCtx:BTC", "activeAssetCtx:@107", "allMids",
            ]
        )
        #expect(Venue.hyperliquid.definition.symbol(ofStream: "bbo:dex:COIN") == "dex:COIN")
    }
}
