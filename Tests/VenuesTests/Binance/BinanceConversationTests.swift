import MarketModel
import Testing
import Venues

/// The dialect against the server side: subscriptions with messages, data, and refusals.
struct BinanceConversationTests {
    /// A client and its server; messages go back and forth until both are silent.
    private struct Conversation {
        var dialect: BinanceDialect
        var session: BinanceSession
        var now = UnixNanoseconds(1_767_605_400_000_000_000)
        var events = MarketEvents()
        var refusals: [SubscriptionRefusal] = []
        /// The client's messages, by the second in which they were sent.
        var sentPerSecond: [Int] = []

        init(streams: [String], target: String = "/stream") {
            dialect = BinanceDialect(streams: streams, isSubscribing: true)
            session = BinanceSession(target: target)
        }

        mutating func open() {
            var outgoing = MessageBatch()
            dialect.open(now: now, outgoing: &outgoing)
            exchange(outgoing)
        }

        mutating func tick() {
            now = now.advanced(by: .seconds(1))
            var outgoing = MessageBatch()
            dialect.keepAlive(now: now, outgoing: &outgoing)
            exchange(outgoing)
        }

        private mutating func exchange(_ outgoing: MessageBatch) {
            var outgoing = outgoing
            var sent = 0
            while !outgoing.isEmpty {
                sent += outgoing.count
                var replies = MessageBatch()
                for index in outgoing.entries.indices {
                    _ = outgoing.withPayload(at: index) { session.receive($0, kind: .text, replies: &replies) }
                }
                for index in replies.entries.indices { replies.entries[index].direction = .received }
                outgoing = deliver(replies)
            }
            sentPerSecond.append(sent)
        }

        mutating func deliver(_ batch: MessageBatch) -> MessageBatch {
            var outgoing = MessageBatch()
            let outcome = dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
            refusals += outcome.refusals
            return outgoing
        }
    }

    @Test("many streams are requested at the venue's pace, and each answer counts")
    func subscribing() {
        let streams = (1...480).map { "s\($0)usdt@trade" }
        var conversation = Conversation(streams: streams)
        conversation.open()
        #expect(!conversation.dialect.isSubscribed && conversation.session.subscribedStreams.count == 200)
        for _ in 0..<3 { conversation.tick() }
        #expect(conversation.sentPerSecond == [4, 4, 2, 0])
        #expect(conversation.dialect.isSubscribed && conversation.session.subscribedStreams == streams)
        let data = SpotSample.combined("s7usdt@trade", SpotSample.trade.replacing("BTCUSDT", with: "S7USDT"))
        var output = MessageBatch()
        conversation.session.deliver(batch([data]), 0..<1, into: &output)
        for index in output.entries.indices { output.entries[index].direction = .received }
        _ = conversation.deliver(output)
        #expect(conversation.events.trades.count == 1 && conversation.dialect.undelivered.count == 479)
    }

    @Test("a refusal names the streams of its request")
    func refusal() {
        var conversation = Conversation(streams: ["a@trade", "b@trade"])
        var offer = VenueOffer()
        offer.streams = ["a@trade"]
        conversation.session.refuse(beyond: offer)
        conversation.open()
        #expect(conversation.refusals.map(\.name) == ["a@trade", "b@trade"])
        #expect(conversation.refusals.first?.reason.contains("b@trade") == true)
        #expect(conversation.dialect.undelivered.isEmpty && conversation.dialect.isSubscribed)
        #expect(conversation.events.venueEvents.map(\.kind) == ["error"])
    }

    @Test("an answer with an unknown id changes nothing")
    func strangeAnswers() {
        var dialect = BinanceDialect(streams: ["a@trade"], isSubscribing: true)
        var events = MarketEvents()
        var outgoing = MessageBatch()
        dialect.open(now: UnixNanoseconds(0), outgoing: &outgoing)
        #expect(texts(outgoing) == [#"{"method":"SUBSCRIBE","params":["a@trade"],"id":1}"#])
        let answers = [
            #"{"result":null,"id":2}"#, #"{"result":null,"id":0}"#, #"{"result":null,"id":"x"}"#, #"{"result":null}"#,
            #"{"result":null,"id":123456789012345678901234567890}"#, #"{"code":2,"msg":"no","id":-1}"#,
        ]
        let outcome = dialect.receive(batch(answers), now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        #expect(!outcome.isSubscribed && outcome.refusals.isEmpty)
    }

    // MARK: Routes

    @Test(
        "each market serves its own paths, below any base path",
        arguments: [
            ("/public/stream", BinanceMarket.usdm), ("/market/ws/btcusdt@aggTrade", .usdm), ("/private/ws/key", .usdm),
            ("/x/fstream.binance.com/public/ws/0", .usdm), ("/fstream.binance.com/ws/0", .usdm),
            ("/stream.binance.com/ws/0", .spot), ("/base/stream", .spot), ("/ws", .spot),
            ("/ws/v5/public", nil), ("/ws/api/v2", nil), ("/stream/x", nil), ("/dstream", nil), ("ws", nil),
        ]
    )
    func paths(path: String, market: BinanceMarket?) {
        for candidate in [BinanceMarket.spot, .usdm] {
            #expect(BinanceSession.serves(path: path, market: candidate) == (candidate == market))
        }
    }

    @Test("a route delivers only its own streams")
    func routes() {
        let quote = SpotSample.combined("btcusdt@bookTicker", FuturesSample.bookTicker)
        let depth = SpotSample.combined("btcusdt@depth@100ms", FuturesSample.depth)
        let trade = SpotSample.combined("btcusdt@aggTrade", FuturesSample.aggregate)
        let query = "?streams=btcusdt@bookTicker/btcusdt@depth@100ms/btcusdt@aggTrade"
        for (route, expected) in [("public", [quote, depth]), ("market", [trade])] {
            var session = BinanceSession(target: "/\(route)/stream" + query, market: .usdm)
            #expect(deliver([quote, depth, trade], to: &session) == expected)
        }
    }

    @Test("answers over HTTP are not delivered")
    func exchanges() {
        var session = BinanceSession(target: "/stream?streams=btcusdt@trade")
        var tape = MessageBatch()
        tape.append("GET https://x/api/v3/depth 200\n{}".utf8, kind: .rest, direction: .received, tsRecv: .init(0))
        var output = MessageBatch()
        session.deliver(tape, 0..<1, into: &output)
        #expect(output.isEmpty)
    }
}
