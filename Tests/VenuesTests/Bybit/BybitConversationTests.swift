import MarketModel
import Testing
import Venues

struct BybitConversationTests {
    /// A client and its venue, with a clock that the test moves.
    private struct Conversation {
        var client: BybitReading
        var venue: BybitSession
        var answers: [String] = []

        init(_ topics: [String], _ product: BybitProduct = .spot, offer: VenueOffer? = nil) {
            client = BybitReading(product, topics: topics)
            venue = BybitSession(product)
            if let offer { venue.refuse(beyond: offer) }
            client.open()
            exchange(at: 0)
        }

        /// Carries messages until both sides are silent at `seconds`.
        mutating func exchange(at seconds: Int64) {
            for _ in 0..<20 {
                let sent = client.takeSent()
                guard !sent.isEmpty else { return }
                var replies = MessageBatch()
                for message in sent {
                    _ = Array(message.utf8).withUnsafeBytes { venue.receive($0, kind: .text, replies: &replies) }
                }
                answers += texts(replies)
                client.read(texts(replies), at: seconds)
            }
        }

        mutating func deliver(_ tape: [String], at seconds: Int64 = 0) -> [String] {
            var output = MessageBatch()
            venue.deliver(batch(tape), 0..<tape.count, into: &output)
            client.read(texts(output), at: seconds)
            return texts(output)
        }
    }

    private static let topics = ["publicTrade.BTCUSDT", "orderbook.1.BTCUSDT", "orderbook.50.BTCUSDT"]

    private static func offer(_ topics: [String]) -> VenueOffer {
        var offer = VenueOffer()
        offer.streams = Set(topics)
        return offer
    }

    @Test
    func `a client subscribes, gets what it asked for, and nothing else`() {
        var talk = Conversation(Self.topics)
        #expect(talk.client.outcome.isSubscribed && talk.venue.hasSubscribed)
        #expect(
            talk.answers == [
                #"{"success":true,"ret_msg":"subscribe","conn_id":"feedrec","req_id":"1","op":"subscribe"}"#
            ]
        )
        #expect(talk.client.dialect.undelivered == Self.topics.sorted() && talk.venue.unanswered.count == 3)
        let foreign = BybitSample.trades.replacing("BTCUSDT", with: "ETHUSDT")
        let tape = [BybitSample.accepted, foreign, BybitSample.trades, BybitSample.best, BybitSample.pong]
        let delivered = talk.deliver(tape)
        #expect(delivered == [BybitSample.trades, BybitSample.best])
        #expect(talk.client.events.trades.count == 2 && talk.client.events.quotes.count == 1)
        #expect(talk.client.dialect.undelivered == ["orderbook.50.BTCUSDT"])
        #expect(talk.venue.unanswered == ["orderbook.50.BTCUSDT"] && talk.venue.report.count == 3)
    }

    @Test
    func `spot takes 10 topics in a request, and the client never sends more`() {
        let topics = (0..<25).map { "publicTrade.COIN\($0)USDT" }
        let talk = Conversation(topics)
        #expect(talk.answers.count == 3 && talk.client.outcome.isSubscribed && talk.venue.report.count == 25)
        var session = BybitSession(.spot)
        let list = topics.prefix(11).map { "\"\($0)\"" }.joined(separator: ",")
        var replies = MessageBatch()
        let request = #"{"op":"subscribe","args":[\#(list)]}"#
        _ = Array(request.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
        #expect(
            texts(replies) == [#"{"success":false,"ret_msg":"args size >10","conn_id":"feedrec","op":"subscribe"}"#]
        )
        #expect(!session.hasSubscribed)
    }

    @Test
    func `the client keeps to 10 messages a second`() {
        var client = BybitReading(topics: (0..<130).map { "publicTrade.COIN\($0)USDT" })
        client.open()
        #expect(client.takeSent().count == 10)
        client.keepAlive(at: 0)
        #expect(client.takeSent().isEmpty)
        client.keepAlive(at: 1)
        #expect(client.takeSent().count == 3)
    }

    @Test
    func `one wrong symbol is refused by name, and the rest of its request is asked for again`() {
        let wrong = "publicTrade.NOSUCHSYM"
        let talk = Conversation([Self.topics[0], wrong, Self.topics[1]], offer: Self.offer(Self.topics))
        #expect(talk.client.outcome.isSubscribed && talk.client.outcome.ending == nil)
        #expect(talk.venue.report.count == 2 && talk.venue.report.refused == [wrong])
        #expect(talk.answers.first?.contains(#""ret_msg":"Invalid symbol :[publicTrade.NOSUCHSYM]""#) == true)
        #expect(talk.answers.first?.contains("req_id") == false)
        #expect(!talk.client.dialect.undelivered.contains(wrong))
    }

    @Test
    func `a refusal is reported once, with the venue's words`() {
        var client = BybitReading(topics: ["orderbook.50.NOSUCHSYM", "orderbook.50.BTCUSDT"])
        client.open()
        client.read([BybitSample.refused])
        let reason = "Invalid symbol :[orderbook.50.NOSUCHSYM]"
        #expect(client.outcome.refusals == [SubscriptionRefusal(name: "orderbook.50.NOSUCHSYM", reason: reason)])
        #expect(client.takeSent().last == #"{"req_id":"2","op":"subscribe","args":["orderbook.50.BTCUSDT"]}"#)
        client.read([BybitSample.refused])
        #expect(client.outcome.refusals.isEmpty)
    }

    @Test
    func `if everything is refused, the conversation is over`() {
        let talk = Conversation(["publicTrade.A", "publicTrade.B"], offer: Self.offer(Self.topics))
        #expect(talk.client.outcome.ending?.kind == .refused && !talk.client.outcome.isSubscribed)
    }

    @Test
    func `a refusal that names no topic is resolved topic by topic`() {
        var client = BybitReading(.linear, topics: ["publicTrade.A", "publicTrade.B"])
        client.open()
        _ = client.takeSent()
        client.read([#"{"success":false,"ret_msg":"Params Error","conn_id":"c","req_id":"1","op":"subscribe"}"#])
        #expect(client.takeSent().count == 2 && client.outcome.refusals.isEmpty)
        client.read([
            #"{"success":false,"ret_msg":"Params Error","conn_id":"c","req_id":"2","op":"subscribe"}"#,
            #"{"success":true,"ret_msg":"","conn_id":"c","req_id":"3","op":"subscribe"}"#,
        ])
        #expect(client.outcome.refusals.map(\.name) == ["publicTrade.A"] && client.outcome.isSubscribed)
    }

    @Test
    func `a topic that is subscribed already counts as accepted`() {
        var client = BybitReading(.linear, topics: ["publicTrade.A", "publicTrade.AB"])
        client.open()
        let reason = "error:already subscribed,topic:publicTrade.A"
        client.read([#"{"success":false,"ret_msg":"\#(reason)","conn_id":"c","req_id":"1","op":"subscribe"}"#])
        #expect(client.takeSent().last == #"{"req_id":"2","op":"subscribe","args":["publicTrade.AB"]}"#)
        client.read([#"{"success":true,"ret_msg":"","conn_id":"c","req_id":"2","op":"subscribe"}"#])
        #expect(client.outcome.isSubscribed && client.outcome.refusals.isEmpty)
    }

    @Test
    func `the answer for options is understood`() {
        var client = BybitReading(.linear, topics: ["publicTrade.A", "publicTrade.B"])
        client.open()
        client.read([
            #"{"success":true,"conn_id":"aa","data":{"failTopics":["publicTrade.B"],"successTopics":["publicTrade.A"]},"#
                + #""type":"COMMAND_RESP"}"#
        ])
        #expect(client.outcome.isSubscribed && client.outcome.refusals.map(\.name) == ["publicTrade.B"])
    }

    @Test
    func `the client pings every 20 s, and both answers are understood`() {
        var talk = Conversation(Self.topics)
        talk.client.keepAlive(at: 19)
        #expect(talk.client.sent.isEmpty)
        talk.client.keepAlive(at: 20)
        #expect(texts(talk.client.sent) == [#"{"req_id":"ping","op":"ping"}"#])
        talk.exchange(at: 20)
        #expect(
            talk.answers.last == #"{"success":true,"ret_msg":"pong","conn_id":"feedrec","req_id":"ping","op":"ping"}"#
        )
        #expect(talk.client.outcome.recognised == 1)
        talk.client.keepAlive(at: 39)
        #expect(talk.client.sent.isEmpty)
        var session = BybitSession(.spot, isPrivate: true)
        var replies = MessageBatch()
        _ = Array(#"{"op":"ping"}"#.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
        #expect(texts(replies) == [#"{"op":"pong","args":["0"],"conn_id":"feedrec"}"#])
    }

    @Test
    func `a broken book is subscribed to again`() throws {
        var talk = Conversation(Self.topics)
        _ = talk.deliver([BybitSample.snapshot])
        let book = try #require(talk.client.events.bookMessages.first?.book)
        talk.client.dialect.repair(book, now: talk.client.time(5), outgoing: &talk.client.sent)
        #expect(
            texts(talk.client.sent) == [
                #"{"req_id":"u2","op":"unsubscribe","args":["orderbook.50.BTCUSDT"]}"#,
                #"{"req_id":"3","op":"subscribe","args":["orderbook.50.BTCUSDT"]}"#,
            ]
        )
        #expect(!talk.client.dialect.isSubscribed)
        talk.exchange(at: 5)
        #expect(talk.client.outcome.isSubscribed && talk.venue.report.count == 3)
        #expect(talk.client.events.venueEvents.isEmpty)
    }

    @Test
    func `a client that unsubscribes gets no more, and one that is late learns what it missed`() {
        var session = BybitSession(.linear)
        func say(_ text: String) -> [String] {
            var replies = MessageBatch()
            _ = Array(text.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
            return texts(replies)
        }
        func deliver(_ message: String) -> Int {
            var output = MessageBatch()
            session.deliver(batch([message]), 0..<1, into: &output)
            return output.count
        }
        #expect(deliver(BybitSample.trades) == 0 && session.clientTimeout == .seconds(600))
        _ = say(#"{"req_id":7,"op":"subscribe","args":["publicTrade.BTCUSDT"]}"#)
        #expect(session.report.skipped.map(\.name) == ["publicTrade.BTCUSDT"] && session.report.skippedMessages == 1)
        #expect(deliver(BybitSample.trades) == 1 && session.clientTimeout == nil)
        let answer = say(#"{"req_id":7,"op":"unsubscribe","args":["publicTrade.BTCUSDT"]}"#)
        #expect(answer == [#"{"success":true,"ret_msg":"","conn_id":"feedrec","req_id":7,"op":"unsubscribe"}"#])
        #expect(deliver(BybitSample.trades) == 0 && !session.isSubscribed)
    }

    @Test(arguments: [
        (#"{"op":"subscribe","args":["noTopic.BTCUSDT"]}"#, "error:handler not found,topic:noTopic.BTCUSDT"),
        (#"{"op":"subscribe","args":["orderbook.7.BTCUSDT"]}"#, "error:handler not found,topic:orderbook.7.BTCUSDT"),
        (#"{"op":"subscribe","args":["allLiquidation.A"]}"#, "error:handler not found,topic:allLiquidation.A"),
        (#"{"op":"subscribe","args":["wallet"]}"#, "error:handler not found,topic:wallet"),
        (#"{"op":"subscribe","args":["tickers.A","tickers.A"]}"#, "error:already subscribed,topic:tickers.A"),
        (#"{"op":"subscribe","args":[1]}"#, "error:args is not a list of topics"),
        (#"{"op":"subscribe"}"#, "error:args is not a list of topics"),
        (#"{"op":"dance"}"#, "error:unknown operation"), ("hello", "error:request is not JSON"),
    ])
    func `the venue refuses what it does not have`(request: String, reason: String) {
        var session = BybitSession(.spot)
        var replies = MessageBatch()
        let signal = Array(request.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
        #expect(signal == .none && !session.isSubscribed)
        #expect(texts(replies).count == 1 && texts(replies)[0].hasPrefix(#"{"success":false,"ret_msg":"\#(reason)""#))
    }

    @Test
    func `the topics of a connection have at most 21,000 characters`() {
        var session = BybitSession(.linear)
        var accepted = 0
        for number in 0..<1000 {
            var replies = MessageBatch()
            let request = #"{"op":"subscribe","args":["publicTrade.COIN\#(1000 + number)USDT"]}"#
            _ = Array(request.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
            if texts(replies).allSatisfy({ $0.contains("true") }) { accepted += 1 }
        }
        // Each topic has 24 characters, two quotes and a comma.
        #expect(accepted == 21_000 / 27)
    }

    @Test
    func `a restricted client sees only its symbols`() {
        var session = BybitSession(.spot)
        var replies = MessageBatch()
        let request = #"{"op":"subscribe","args":["publicTrade.BTCUSDT","publicTrade.ETHUSDT"]}"#
        _ = Array(request.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
        session.restrict(toSymbols: ["ETHUSDT"])
        let tape = [BybitSample.trades, BybitSample.trades.replacing("BTCUSDT", with: "ETHUSDT"), "no JSON"]
        var output = MessageBatch()
        session.deliver(batch(tape), 0..<3, into: &output)
        #expect(texts(output) == [tape[1]])
    }
}
