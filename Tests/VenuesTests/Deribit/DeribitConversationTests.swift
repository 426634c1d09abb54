import MarketModel
import Testing
import Venues

struct DeribitConversationTests {
    /// A client and its venue, with a clock that the test moves.
    private struct Conversation {
        var client: DeribitReading
        var venue = DeribitSession()
        var answers: [String] = []

        init(_ channels: [String], offer: VenueOffer? = nil, keys: AccountKeys? = nil) {
            client = DeribitReading(channels, keys: keys)
            if let offer { venue.refuse(beyond: offer) }
            client.open()
            exchange(at: 0)
        }

        /// Carries messages until neither side has anything to say at `seconds`.
        mutating func exchange(at seconds: Int64) {
            for _ in 0..<20 {
                let sent = client.takeSent()
                guard !sent.isEmpty else { return }
                var replies = MessageBatch()
                for message in sent { receive(message, &replies) }
                answers += DeribitReading.texts(replies)
                client.read(DeribitReading.texts(replies), at: seconds)
            }
        }

        mutating func receive(_ message: String, _ replies: inout MessageBatch) {
            _ = Array(message.utf8).withUnsafeBytes { venue.receive($0, kind: .text, replies: &replies) }
        }

        /// What the venue answers to a message of another program.
        mutating func say(_ message: String) -> String {
            var replies = MessageBatch()
            receive(message, &replies)
            return DeribitReading.texts(replies).joined()
        }

        mutating func deliver(_ tape: [String], at seconds: Int64 = 0) -> [String] {
            var output = MessageBatch()
            venue.deliver(DeribitReading.batch(tape), 0..<tape.count, into: &output)
            client.read(DeribitReading.texts(output), at: seconds)
            return DeribitReading.texts(output)
        }
    }

    private static let channels = ["trades.BTC-PERPETUAL.100ms", "quote.BTC-PERPETUAL", "book.BTC-PERPETUAL.100ms"]

    private static func offer(_ channels: [String]) -> VenueOffer {
        var offer = VenueOffer()
        offer.streams = Set(channels)
        return offer
    }

    private static func result(_ id: Int, _ result: String) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"result":\#(result),"usIn":0,"usOut":0,"usDiff":0,"testnet":false}"#
    }

    @Test
    func `a client subscribes, gets what it asked for, and nothing else`() {
        var talk = Conversation(Self.channels)
        let list = Self.channels.map { "\"\($0)\"" }.joined(separator: ",")
        #expect(talk.answers == [Self.result(1, #""ok""#), Self.result(10, "[\(list)]")])
        #expect(talk.client.outcome.isSubscribed && talk.venue.hasSubscribed && talk.venue.report.count == 3)
        #expect(talk.client.dialect.undelivered == Self.channels.sorted() && talk.venue.unanswered.count == 3)
        let foreign = DeribitSample.trades.replacing("BTC", with: "ETH")
        let tape = [
            DeribitSample.accepted, foreign, DeribitSample.heartbeat, DeribitSample.trades, DeribitSample.quote,
        ]
        let delivered = talk.deliver(tape)
        #expect(delivered == [DeribitSample.trades, DeribitSample.quote])
        #expect(talk.client.events.trades.count == 3 && talk.client.events.quotes.count == 1)
        #expect(talk.client.dialect.undelivered == ["book.BTC-PERPETUAL.100ms"])
        #expect(talk.venue.unanswered == ["book.BTC-PERPETUAL.100ms"])
    }

    @Test
    func `a wrong channel is missing from the answer, which is a refusal by name`() {
        let talk = Conversation(Self.channels + ["quote.NOSUCH"], offer: Self.offer(Self.channels))
        #expect(talk.client.outcome.isSubscribed && talk.client.outcome.ending == nil)
        #expect(talk.venue.report.refused == ["quote.NOSUCH"] && talk.venue.report.count == 3)
        var client = DeribitReading(["quote.A", "quote.B"])
        client.open()
        client.read([#"{"jsonrpc":"2.0","id":10,"result":["quote.B"]}"#])
        #expect(client.outcome.refusals.map(\.name) == ["quote.A"] && client.outcome.isSubscribed)
    }

    @Test
    func `if everything is refused, the conversation ends`() {
        let talk = Conversation(["quote.NOSUCH"], offer: Self.offer(Self.channels))
        #expect(talk.client.outcome.ending?.kind == .refused && !talk.client.outcome.isSubscribed)
    }

    @Test
    func `an error refuses a whole request, which is divided to find the wrong channel`() {
        var talk = Conversation(Self.channels + ["book.BTC-PERPETUAL.raw"])
        for second in 1..<5 {
            talk.client.keepAlive(at: Int64(second))
            talk.exchange(at: Int64(second))
        }
        #expect(talk.venue.report.count == 3 && talk.client.dialect.isSubscribed)
        #expect(talk.answers.contains { $0.contains("raw_subscriptions_not_available_for_unauthorized") })
        #expect(talk.client.dialect.undelivered == Self.channels.sorted())
    }

    @Test
    func `a client that asks too often waits and asks again`() {
        var client = DeribitReading(["quote.A"])
        client.open()
        _ = client.takeSent()
        client.read([#"{"jsonrpc":"2.0","id":10,"error":{"code":10028,"message":"too_many_requests"}}"#])
        client.keepAlive(at: 4)
        let sent1 = client.takeSent()
        #expect(sent1.isEmpty && client.outcome.refusals.isEmpty && !client.dialect.isSubscribed)
        client.keepAlive(at: 5)
        let sent2 = client.takeSent()
        #expect(sent2.count == 1)
        client.read([#"{"jsonrpc":"2.0","id":11,"result":["quote.A"]}"#], at: 5)
        #expect(client.outcome.isSubscribed)
    }

    @Test
    func `requests have at most 100 channels, and three are sent in a second`() {
        var client = DeribitReading((0..<450).map { "quote.COIN\($0)" })
        client.open()
        let sent3 = client.takeSent()
        #expect(sent3.count == 4)
        client.keepAlive(at: 0)
        let sent4 = client.takeSent()
        #expect(sent4.isEmpty)
        client.keepAlive(at: 1)
        let sent5 = client.takeSent()
        #expect(sent5.count == 2)
    }

    @Test
    func `every test request is answered at once`() {
        var talk = Conversation(Self.channels)
        #expect(talk.venue.keepAliveInterval == .seconds(30))
        var replies = MessageBatch()
        talk.venue.keepAlive(replies: &replies)
        #expect(DeribitReading.texts(replies) == [DeribitSample.testRequest])
        talk.client.read(DeribitReading.texts(replies), at: 30)
        talk.exchange(at: 30)
        #expect(talk.answers.last == Self.result(3, #"{"version":"1.2.26"}"#))
        talk.client.keepAlive(at: 119)
        #expect(talk.client.dialect.ending == nil)
        talk.client.keepAlive(at: 120)
        #expect(talk.client.dialect.ending?.kind == .silence)
    }

    @Test
    func `a book with a hole is subscribed to again`() throws {
        var talk = Conversation(Self.channels)
        _ = talk.deliver([DeribitSample.snapshot])
        let book = try #require(talk.client.events.bookMessages.first).book
        let now = talk.client.time(5)
        talk.client.dialect.repair(book, now: now, outgoing: &talk.client.sent)
        let sent = DeribitReading.texts(talk.client.sent)
        let parameters = #""params":{"channels":["book.BTC-PERPETUAL.100ms"]}}"#
        #expect(
            sent == [
                #"{"jsonrpc":"2.0","id":11,"method":"public/unsubscribe",\#(parameters)"#,
                #"{"jsonrpc":"2.0","id":12,"method":"public/subscribe",\#(parameters)"#,
            ]
        )
        talk.exchange(at: 5)
        #expect(talk.client.outcome.isSubscribed && talk.venue.report.count == 3)
        let delivered = talk.deliver([DeribitSample.snapshot])
        #expect(delivered.count == 1)
    }

    @Test
    func `a channel that was left is not delivered any more`() {
        var talk = Conversation(Self.channels)
        let answer = talk.say(
            #"{"id":"x","method":"public/unsubscribe","params":{"channels":["quote.BTC-PERPETUAL","quote.A"]}}"#
        )
        #expect(answer.contains(#""id":"x","result":["quote.BTC-PERPETUAL"]"#))
        let delivered = talk.deliver([DeribitSample.quote, DeribitSample.trades])
        #expect(delivered == [DeribitSample.trades])
        let last = talk.say(#"{"id":1,"method":"public/unsubscribe_all"}"#)
        #expect(last.contains(#""result":"ok""#))
        #expect(!talk.venue.isSubscribed && talk.venue.hasSubscribed)
    }

    @Test(arguments: [
        ("no json", "-32700"), (#"{"id":1,"method":"public/nothing"}"#, "-32601"), (#"{"id":1}"#, "-32601"),
        (#"{"id":1,"method":"private/subscribe","params":{"channels":["user.portfolio.any"]}}"#, "13009"),
        (#"{"id":1,"method":"public/subscribe","params":{"channels":["user.portfolio.any"]}}"#, "13778"),
        (#"{"id":1,"method":"public/subscribe","params":{"channels":[]}}"#, "-32602"),
        (#"{"id":1,"method":"public/subscribe"}"#, "-32602"),
        (#"{"id":1,"method":"public/set_heartbeat","params":{"interval":5}}"#, "-32602"),
    ])
    func `wrong requests get the venue's errors`(request: String, code: String) {
        var talk = Conversation([])
        let answer = talk.say(request)
        #expect(answer.contains(#""error":{"code":\#(code),"#))
        #expect(!talk.venue.hasSubscribed)
    }

    @Test
    func `after a login, account and raw channels are there`() {
        let channels = ["user.portfolio.any", "book.BTC-PERPETUAL.raw"]
        var talk = Conversation(channels, keys: .sample("K"))
        #expect(talk.client.outcome.isSubscribed && talk.venue.report.count == 2)
        let delivered = talk.deliver([DeribitAccountTests.portfolio])
        #expect(delivered == [DeribitAccountTests.portfolio])
        #expect(talk.client.events.marginUpdates.count == 2)
    }

    @Test
    func `a client that may see one symbol gets only that`() {
        var talk = Conversation(["quote.BTC-PERPETUAL", "quote.ETH-PERPETUAL"])
        talk.venue.restrict(toSymbols: ["ETH-PERPETUAL"])
        let other = DeribitSample.quote.replacing("BTC", with: "ETH")
        let delivered = talk.deliver([DeribitSample.quote, other, "broken"])
        #expect(delivered == [other])
    }
}
