import JSONScanning
import MarketModel
import Testing
import Venues

/// The client's side against the server's side, with a clock that is moved by hand.
struct KrakenConversationTests {
    /// A client and the venue's session for it.
    private struct Line {
        var client: KrakenRun
        var session: any VenueSession

        init(_ client: KrakenRun) {
            self.client = client
            session = Venue.kraken.definition.makeServer().makeSession(at: VenuePlace(), target: "/v2")
        }

        /// Carries messages to the session, and returns its answers.
        mutating func ask(_ payloads: [String]) -> [String] {
            var replies = MessageBatch()
            for payload in payloads {
                _ = Array(payload.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
            }
            return texts(replies)
        }

        /// Opens the connection, and carries all messages until neither side has more to send.
        mutating func open() {
            var sent = client.open()
            while !sent.isEmpty { sent = client.receive(ask(sent)) }
        }

        mutating func deliver(_ tape: [String]) -> [String] {
            let tape = batch(tape)
            var output = MessageBatch()
            session.deliver(tape, 0..<tape.count, into: &output)
            return texts(output)
        }
    }

    private func line(_ symbols: [String], _ channels: [String], depth: String? = "10") throws -> Line {
        Line(try KrakenRun(symbols: symbols, channels: channels, depth: depth))
    }

    @Test("the requests name the channels as the venue does, with the book's depth and quotes by best bid and ask")
    func requests() throws {
        var line = try line(["BTC/USD", "ETH/USD"], ["trades", "quotes", "book", "bars"], depth: nil)
        let sent = line.client.open()
        let symbols = #""symbol":["BTC/USD","ETH/USD"]"#
        #expect(
            sent == [
                #"{"method":"subscribe","params":{"channel":"trade",\#(symbols),"snapshot":true},"req_id":1}"#,
                #"{"method":"subscribe","params":{"channel":"ticker",\#(symbols),"event_trigger":"bbo","#
                    + #""snapshot":true},"req_id":2}"#,
                #"{"method":"subscribe","params":{"channel":"book",\#(symbols),"depth":1000,"snapshot":true},"#
                    + #""req_id":3}"#,
                #"{"method":"subscribe","params":{"channel":"ohlc",\#(symbols),"interval":1,"snapshot":true},"#
                    + #""req_id":4}"#,
            ]
        )
    }

    @Test("a client is subscribed when everything is acknowledged, and gets what it asked for")
    func subscription() throws {
        var line = try line(["ETH/USDT", "ALGO/USD"], ["trades", "book"])
        #expect(!line.client.dialect.isSubscribed)
        line.open()
        #expect(line.client.dialect.isSubscribed && line.client.outcome.isSubscribed)
        #expect(line.client.outcome.refusals.isEmpty && line.session.report.count == 4)
        let names = ["ALGO/USD book", "ALGO/USD trades", "ETH/USDT book", "ETH/USDT trades"]
        #expect(line.client.dialect.undelivered == names && line.session.unanswered.sorted() == names)
        let wanted = [KrakenDialectTests.trade, KrakenDialectTests.snapshot, KrakenDialectTests.change]
        let others = [KrakenDialectTests.ticker, KrakenDialectTests.subscribed, KrakenDialectTests.heartbeat]
        let delivered = line.deliver(others + wanted + [KrakenDialectTests.trade.replacing("ETH/", with: "LTC/")])
        #expect(delivered == wanted)
        line.client.receive(delivered)
        #expect(line.client.events.trades.count == 1 && line.client.events.bookMessages.count == 2)
        #expect(line.client.dialect.books.entries.map(\.rule.depth).contains(10))
        #expect(line.client.dialect.undelivered == ["ALGO/USD trades", "ETH/USDT book"])
        #expect(line.session.unanswered.sorted() == ["ALGO/USD trades", "ETH/USDT book"])
    }

    @Test("a message of several symbols reaches a client in parts")
    func parts() throws {
        var line = try line(["BTC/USD"], ["trades"])
        line.open()
        let (one, other) = (#"{"symbol":"BTC/USD","price":1}"#, #"{"symbol":"ETH/USD","price":2}"#)
        let tape = #"{"channel":"trade","type":"update","data":[\#(other),\#(one)]}"#
        let delivered = line.deliver([tape])
        #expect(delivered == [#"{"channel":"trade","type":"update","data":[\#(one)]}"#])
    }

    @Test("refusals are reported by name, and the others stay subscribed")
    func refusals() throws {
        var line = try line(["BTC/USD", "XBT/USD", "NONSENSE"], ["trades", "quotes"])
        var sent = line.client.open()
        var refusals: [SubscriptionRefusal] = []
        while !sent.isEmpty {
            sent = line.client.receive(line.ask(sent))
            refusals += line.client.outcome.refusals
        }
        #expect(
            refusals.map(\.name).sorted() == ["NONSENSE quotes", "NONSENSE trades", "XBT/USD quotes", "XBT/USD trades"]
        )
        #expect(refusals.first?.reason == "Currency pair not supported XBT/USD")
        #expect(line.client.dialect.isSubscribed && line.client.outcome.ending == nil)
        #expect(line.client.events.venueEvents.count { $0.kind == "error" } == 4)
        #expect(line.client.dialect.undelivered == ["BTC/USD quotes", "BTC/USD trades"])
    }

    @Test("a refusal without a symbol is found by the text, or by the number of the request")
    func refusalsWithoutSymbol() throws {
        var run = try KrakenRun(symbols: ["BTC/USD", "NO/NO"], channels: ["trades", "book"], depth: "10")
        _ = run.open()
        let pair = #"{"error":"Currency pair not supported NO/NO","method":"subscribe","req_id":1,"success":false}"#
        let depth = #"{"error":"Subscription depth not supported","method":"subscribe","req_id":2,"success":false}"#
        run.receive([pair, depth])
        #expect(run.outcome.refusals.map(\.name).sorted() == ["BTC/USD book", "NO/NO book", "NO/NO trades"])
        #expect(!run.dialect.isSubscribed)
        run.receive([#"{"method":"subscribe","result":{"channel":"trade","symbol":"BTC/USD"},"success":true}"#])
        #expect(run.dialect.isSubscribed && run.dialect.ending == nil)
    }

    @Test("a client whose subscriptions are all refused ends the conversation")
    func allRefused() throws {
        var line = try line(["XBT/USD"], ["trades", "quotes"])
        line.open()
        #expect(line.client.outcome.ending?.kind == .refused && !line.client.dialect.isSubscribed)
    }

    @Test("a client that repairs a book subscribes to it again: the old book ends, and nothing counts as missing")
    func repair() throws {
        var line = try line(["ALGO/USD"], ["book"])
        line.open()
        line.client.receive(line.deliver([KrakenDialectTests.snapshot, KrakenDialectTests.change]))
        let sent = line.client.repair(BookIndex(0))
        #expect(sent.count == 2 && sent[0].contains("\"unsubscribe\"") && sent[1].contains("\"subscribe\""))
        #expect(sent.allSatisfy { $0.contains(#""depth":10"#) && $0.contains("ALGO/USD") })
        line.client.receive(line.ask(sent))
        #expect(line.client.events.bookMessages.map(\.kind) == [.ended])
        #expect(line.client.outcome.isSubscribed && line.client.outcome.refusals.isEmpty)
        line.client.receive(line.deliver([KrakenDialectTests.snapshot]))
        #expect(line.client.events.bookMessages.map(\.kind) == [.snapshot])
    }

    @Test("a silent connection is pinged after 5 s and given up after 15 s")
    func silence() throws {
        var line = try line(["BTC/USD"], ["trades"])
        line.open()
        let early = line.client.keepAlive(after: .seconds(4))
        #expect(early.isEmpty)
        let ping = line.client.keepAlive(after: .seconds(1))
        #expect(ping == [#"{"method":"ping"}"#])
        let pong = line.ask(ping)
        #expect(pong.count == 1 && pong[0].hasPrefix(#"{"method":"pong","time_in":"#))
        let soon = line.client.keepAlive(after: .seconds(1))
        #expect(soon.isEmpty)
        line.client.receive(pong)
        let later = line.client.keepAlive(after: .seconds(14))
        #expect(later == ping && line.client.dialect.ending == nil)
        line.client.dialect.listeningResumed(now: line.client.now)
        let resumed = line.client.keepAlive(after: .seconds(4))
        #expect(resumed.isEmpty && line.client.dialect.ending == nil)
        _ = line.client.keepAlive(after: .seconds(11))
        #expect(line.client.dialect.ending?.kind == .silence)
    }

    @Test("requests are paced, and many symbols need several requests")
    func pace() throws {
        let symbols = (1...301).map { "A\($0)/USD" }
        var line = try line(symbols, ["trades"])
        let first = line.client.open()
        #expect(first.count == 5)
        line.client.receive(line.ask(first))
        #expect(!line.client.dialect.isSubscribed)
        let rest = line.client.keepAlive(after: .seconds(1))
        #expect(rest.count == 2)
        line.client.receive(line.ask(rest))
        #expect(line.client.dialect.isSubscribed && line.session.report.count == 301)
    }

    @Test("options: a wrong depth, an unknown channel and no symbol are mistakes")
    func options() throws {
        #expect(throws: VenueOptionError.self) { try KrakenRun.plan(symbols: ["A/B"], channels: [], depth: "50") }
        #expect(throws: VenueOptionError.self) { try KrakenRun.plan(symbols: ["A/B"], channels: ["funding"]) }
        #expect(throws: VenueOptionError.self) { try KrakenRun.plan(symbols: [], channels: []) }
        let plan = try KrakenRun.plan(symbols: ["XBT/USD", "XBT/USD"], channels: [])
        #expect(plan.subscription == #"{"symbols":["XBT/USD"],"channels":["trades","quotes"]}"#)
        #expect(plan.notices == ["XBT/USD is a name of Kraken's old interface; this one calls it BTC/USD"])
        #expect(plan.ticks == .some(["XBT/USD"]) && plan.instrumentRequests.count == 1)
        #expect(Venue.called("kraken-v2") == .kraken)
    }

    @Test("the older interface cannot be recorded, and names the one that can")
    func readingOnly() {
        let definition = Venue.krakenV1.definition
        #expect(definition.isReadingOnly && !Venue.kraken.definition.isReadingOnly)
        #expect {
            try definition.plan(VenueOptionValues()) { _ in nil }
        } throws: { error in
            (error as? VenueOptionError)?.flagText == "the venue 'kraken-v1' is for import only; use 'kraken' instead"
        }
        #expect(definition.makeServer().place(ofPath: "/") == nil)
    }
}
