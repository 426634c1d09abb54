import MarketModel
import OrderBooks
import Testing
import Venues

struct OKXConversationTests {
    @Test("a client subscribes in one request, is acknowledged name by name, and gets what it asked for")
    func subscribing() throws {
        let conversation = try OKXConversation(try OKXConversation.plans(["BTC-USDT"])[0])
        #expect(conversation.session.clientTimeout == .seconds(30) && !conversation.session.isSubscribed)
        conversation.open()
        #expect(
            conversation.sent == [
                #"{"id":"1","op":"subscribe","args":[{"channel":"trades","instId":"BTC-USDT"},"#
                    + #"{"channel":"bbo-tbt","instId":"BTC-USDT"}]}"#
            ]
        )
        #expect(conversation.outcome.isSubscribed && conversation.outcome.recognised == 2)
        #expect(conversation.session.hasSubscribed && conversation.session.clientTimeout == nil)
        #expect(conversation.dialect.undelivered == ["bbo-tbt:BTC-USDT", "trades:BTC-USDT"])
        conversation.play([
            OKXSample.trade, OKXSample.ticker, OKXSample.trade.replacing("BTC-USDT", with: "ETH-USDT"),
            OKXSample.accepted("trades", "BTC-USDT"), "pong",
        ])
        #expect(conversation.events.trades.count == 1 && conversation.outcome.recognised == 1)
        #expect(conversation.dialect.undelivered == ["bbo-tbt:BTC-USDT"])
        #expect(conversation.session.unanswered == ["bbo-tbt:BTC-USDT"])
    }

    @Test("a refused channel is reported by name, and the others go on")
    func refusals() throws {
        var offer = VenueOffer()
        offer.streams = ["trades:BTC-USDT"]
        let plan = try OKXConversation.plans(["BTC-USDT", "BTC-USDTX"], ["trades"])[0]
        let conversation = try OKXConversation(plan, offer: offer)
        conversation.open()
        #expect(conversation.refusals.map(\.name) == ["trades:BTC-USDTX"])
        #expect(conversation.refusals[0].reason.contains("the tape lacks the stream 'trades:BTC-USDTX'"))
        #expect(conversation.outcome.isSubscribed && conversation.dialect.ending == nil)
        #expect(conversation.dialect.undelivered == ["trades:BTC-USDT"])
        #expect(conversation.events.venueEvents.map(\.kind) == ["error"])
        #expect(conversation.session.report.refused == ["trades:BTC-USDTX"])
        let none = try OKXConversation(try OKXConversation.plans(["A-B"], ["trades"])[0], offer: offer)
        none.open()
        #expect(none.dialect.ending?.kind == .refused && !none.outcome.isSubscribed)
    }

    @Test("an error that names nothing refuses the request with its number")
    func numberedError() throws {
        let symbols = (0..<60).map { "A\($0)-B" }
        var dialect = try OKXConversation.plans(symbols, ["trades"])[0].makeDialect(.seconds(5))
        var (events, outgoing) = (MarketEvents(), MessageBatch())
        dialect.open(now: UnixNanoseconds(0), outgoing: &outgoing)
        #expect(outgoing.count == 2)
        let error = #"{"id":"2","event":"error","code":"60012","msg":"Invalid request","connId":"a"}"#
        let outcome = dialect.receive(batch([error]), now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        #expect(outcome.refusals.count == 10 && outcome.refusals.allSatisfy { $0.reason == "Invalid request" })
        #expect(Set(outcome.refusals.map(\.name)) == Set(symbols[50...].map { "trades:\($0)" }))
        #expect(!outcome.isSubscribed)
    }

    @Test("many channels are divided into requests that are sent at the venue's pace")
    func pacing() throws {
        let symbols = (0..<200).map { "A\($0)-USDT" }
        let conversation = try OKXConversation(try OKXConversation.plans(symbols)[0])
        conversation.open()
        #expect(conversation.sent.count == 3 && !conversation.outcome.isSubscribed)
        conversation.wait(seconds: 3)
        #expect(conversation.sent.count == 8 && conversation.outcome.isSubscribed)
        #expect(conversation.sent.allSatisfy { $0.utf8.count < 65536 })
        #expect(conversation.session.report.count == 400)
    }

    @Test("a silent connection is pinged with a text, and ends if nothing answers")
    func pings() throws {
        let conversation = try OKXConversation(try OKXConversation.plans(["BTC-USDT"])[0])
        conversation.open()
        conversation.wait(seconds: 19)
        #expect(conversation.sent.count == 1)
        conversation.wait(seconds: 21)
        #expect(conversation.sent.dropFirst() == ["ping", "ping"] && conversation.dialect.ending == nil)
        #expect(conversation.outcome.recognised == 1 && conversation.outcome.dataMessages == 0)
        var outgoing = MessageBatch()
        for second in 1...60 {
            let now = conversation.now.advanced(by: .seconds(second))
            conversation.dialect.keepAlive(now: now, outgoing: &outgoing)
        }
        #expect(texts(outgoing) == ["ping"] && conversation.dialect.ending?.kind == .silence)
    }

    @Test("a repair subscribes again and brings a new snapshot; a venue's limit stops endless repairs")
    func repairs() throws {
        let conversation = try OKXConversation(try OKXConversation.plans(["BTC-USDT"], ["book"])[0])
        conversation.open()
        var simulator = try Self.simulator(seed: 3)
        _ = conversation.play(&simulator, 20)
        #expect(conversation.events.bookMessages.map(\.kind) == [.snapshot] + Array(repeating: .change, count: 19))
        conversation.repair(0)
        #expect(conversation.sent.count == 3 && conversation.sent[1].contains("unsubscribe"))
        #expect(conversation.events.bookMessages.last?.kind == .ended && conversation.outcome.isSubscribed)
        _ = conversation.play(&simulator, 20)
        #expect(conversation.events.bookMessages.count { $0.kind == .snapshot } == 2)
        #expect(conversation.books[BookIndex(0)]?.isValid == true)
        for _ in 0..<400 {
            conversation.repair(0)
            conversation.wait(seconds: 1)
        }
        // The requests of an hour stay below 480.
        #expect(conversation.sent.count { $0 != "ping" } == 1 + 2 * 200)
        #expect(conversation.refusals.isEmpty)
    }

    @Test("candles need another address, so they are a plan of their own")
    func plans() throws {
        let plans = try OKXConversation.plans(["BTC-USDT-SWAP"], ["trades,bars,mark,liquidations"])
        #expect(plans.map(\.part) == ["public", "business"])
        #expect(
            plans.map(\.defaultURL) == [
                "wss://ws.okx.com:8443/ws/v5/public", "wss://ws.okx.com:8443/ws/v5/business",
            ]
        )
        #expect(plans[1].target("/ws/v5/public?x=1") == "/ws/v5/business?x=1")
        #expect(plans[1].target("") == "/ws/v5/business" && plans[0].target("/a/ws/v5/") == "/a/ws/v5/public")
        #expect(plans[0].target("/other") == "/other")
        #expect(plans[0].ticks == .some(["BTC-USDT-SWAP"]) && plans[1].ticks == .none)
        #expect(
            plans[0].subscription == #"{"endpoint":"public","symbols":["BTC-USDT-SWAP"],"streams":["#
                + #""trades:BTC-USDT-SWAP","mark-price:BTC-USDT-SWAP","index-tickers:BTC-USDT","#
                + #""liquidation-orders:SWAP"]}"#
        )
        #expect(
            plans[0].instrumentRequests.map(\.url) == [
                "https://www.okx.com/api/v5/public/instruments?instType=SWAP"
            ]
        )
        let option = try OKXConversation.plans(["BTC-USD-241217-92000-C"])[0]
        #expect(option.part.isEmpty && option.instrumentRequests[0].parameter("instFamily") == "BTC-USD")
        let business = try OKXConversation(plans[1], path: "/ws/v5/business")
        business.open()
        #expect(business.outcome.isSubscribed && business.refusals.isEmpty)
        let wrong = try OKXConversation(plans[1])
        wrong.open()
        #expect(wrong.refusals.map(\.name) == ["candle1m:BTC-USDT-SWAP"])
    }

    @Test("more than 64 KB of names are divided among connections")
    func connections() throws {
        let plans = try OKXConversation.plans((0..<2000).map { "COIN\($0)-USDT" })
        #expect(plans.map(\.part) == ["public-1", "public-2", "public-3", "public-4"])
        let symbols = plans.map { Set($0.namedSymbols) }
        #expect(symbols.reduce(0) { $0 + $1.count } == 2000 && symbols[0].isDisjoint(with: symbols[1]))
        #expect(plans[0].instrumentRequests.count == 1 && plans[1].instrumentRequests.isEmpty)
    }

    @Test("unknown words and missing symbols are refused")
    func wrongOptions() {
        #expect(throws: VenueOptionError.self) { try OKXConversation.plans(["A-B"], ["acount"]) }
        #expect(throws: VenueOptionError.self) { try OKXConversation.plans([]) }
    }

    @Test("an announcement of an upgrade means that the connection will close")
    func leaving() throws {
        let conversation = try OKXConversation(try OKXConversation.plans(["BTC-USDT"])[0])
        conversation.open()
        var replies = MessageBatch()
        conversation.session.goAway(replies: &replies)
        conversation.receive(replies)
        #expect(conversation.outcome.isLeaving && conversation.outcome.ending == nil)
        #expect(conversation.events.venueEvents.map(\.kind) == ["notice"])
    }

    static func simulator(seed: UInt64) throws -> any VenueSimulator {
        let start = UnixNanoseconds(1_767_605_400_000_000_000)
        let setting = SimulationSetting(seed: seed, ratePerSecond: 100, start: start)
        return try Venue.okx.definition.simulation(VenueOptionValues(), setting).makeSimulator()
    }
}
