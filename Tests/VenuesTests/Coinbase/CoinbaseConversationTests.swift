import MarketModel
import Testing
import Venues

/// The client's side against the server's side, with a clock that is moved by hand.
struct CoinbaseConversationTests {
    /// A client and the venue's session for it.
    private struct Line {
        var client: CoinbaseRun
        var session: any VenueSession

        init(_ symbols: [String], _ channels: [String]) throws {
            client = try CoinbaseRun(symbols: symbols, channels: channels)
            session = Venue.coinbase.definition.makeServer().makeSession(at: VenuePlace(), target: "/")
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
            for _ in 0..<20 {
                sent = client.receive(ask(sent))
                sent += client.keepAlive(after: .milliseconds(200))
            }
        }

        mutating func deliver(_ tape: [String]) -> [String] {
            let tape = batch(tape)
            var output = MessageBatch()
            session.deliver(tape, 0..<tape.count, into: &output)
            return texts(output)
        }
    }

    @Test("one channel a request, after the heartbeats; at most five requests a second")
    func requests() throws {
        var line = try Line(["BTC-USD", "ETH-USDC"], ["trades", "quotes", "book", "bars"])
        let sent = line.client.open()
        let products = #""product_ids":["BTC-USD","ETH-USDC"]"#
        #expect(
            sent == [
                #"{"type":"subscribe","channel":"heartbeats"}"#,
                #"{"type":"subscribe",\#(products),"channel":"market_trades"}"#,
                #"{"type":"subscribe",\#(products),"channel":"ticker"}"#,
                #"{"type":"subscribe",\#(products),"channel":"level2"}"#,
                #"{"type":"subscribe",\#(products),"channel":"candles"}"#,
            ]
        )
        var many = try CoinbaseRun(symbols: (0..<301).map { "S\($0)-USD" }, channels: ["trades"])
        #expect(many.open().count == 5)
        #expect(many.keepAlive(after: .milliseconds(900)).isEmpty)
        #expect(many.keepAlive(after: .milliseconds(200)).count == 3)
    }

    @Test("a client is subscribed when everything is acknowledged, and gets what it asked for, numbered for it")
    func subscription() throws {
        var line = try Line(["BTC-USDC", "ETH-USDT"], ["trades", "book"])
        #expect(!line.client.dialect.isSubscribed && line.session.clientTimeout == .seconds(5))
        line.open()
        #expect(line.client.dialect.isSubscribed && line.client.refusals.isEmpty && line.session.report.count == 4)
        #expect(line.session.clientTimeout == nil)
        let names = ["BTC-USDC book", "BTC-USDC trades", "ETH-USDT book", "ETH-USDT trades"]
        #expect(line.client.dialect.undelivered == names && line.session.unanswered.sorted() == names)
        let delivered = line.deliver([
            CoinbaseDialectTests.snapshot, CoinbaseDialectTests.change, CoinbaseDialectTests.trades,
            CoinbaseDialectTests.ticker, CoinbaseDialectTests.heartbeat, CoinbaseDialectTests.subscriptions,
            CoinbaseDialectTests.trades.numbered(10).replacing("ETH-", with: "LTC-"),
        ])
        #expect(
            delivered == [
                CoinbaseDialectTests.snapshot.numbered(3), CoinbaseDialectTests.change.numbered(4),
                CoinbaseDialectTests.trades.numbered(5),
            ]
        )
        line.client.receive(delivered)
        #expect(line.client.events.trades.count == 2 && line.client.events.connectionHoles.isEmpty)
        #expect(line.client.events.bookMessages.map(\.kind) == [.snapshot, .change])
        #expect(line.client.dialect.undelivered == ["BTC-USDC trades", "ETH-USDT book"])
        #expect(line.session.unanswered.sorted() == ["BTC-USDC trades", "ETH-USDT book"])
    }

    @Test("a hole of the tape is a hole for the client, and what it did not ask for is none")
    func holes() throws {
        var line = try Line(["ETH-USDT"], ["trades"])
        line.open()
        let trades = CoinbaseDialectTests.trades
        line.client.receive(line.deliver([trades, CoinbaseDialectTests.ticker, trades.numbered(7)]))
        #expect(line.client.events.trades.count == 4 && line.client.events.connectionHoles.isEmpty)
        line.client.receive(line.deliver([trades.numbered(10)]))
        #expect(line.client.events.connectionHoles.map { $0.next - $0.last } == [2])
    }

    @Test("a message of several products reaches a client in parts")
    func parts() throws {
        var line = try Line(["BTC-USD"], ["trades"])
        line.open()
        let (one, other) = (#"{"product_id":"BTC-USD","price":1}"#, #"{"product_id":"ETH-USD","price":2}"#)
        let event = #"{"type":"update","trades":[\#(other),\#(one)]}"#
        let delivered = line.deliver([CoinbaseDialectTests.message("market_trades", 4, event)])
        let part = #"{"type":"update","trades":[\#(one)]}"#
        #expect(delivered == [CoinbaseDialectTests.message("market_trades", 2, part)])
    }

    @Test("after an error, symbols are asked for one by one, and the wrong one is refused by name")
    func refusals() throws {
        var line = try Line(["BTC-USD", "NONSENSE", "ETH-USD"], ["trades", "quotes"])
        line.open()
        #expect(line.client.refusals.map(\.name).sorted() == ["NONSENSE quotes", "NONSENSE trades"])
        #expect(line.client.refusals.first?.reason == "failed to subscribe: NONSENSE is not a valid product")
        #expect(line.client.dialect.isSubscribed && line.client.outcome.ending == nil)
        let names = ["BTC-USD quotes", "BTC-USD trades", "ETH-USD quotes", "ETH-USD trades"]
        #expect(line.client.dialect.undelivered == names)
    }

    @Test("what an acknowledgement leaves out is refused")
    func omission() throws {
        var run = try CoinbaseRun(symbols: ["BTC-USD", "NO-USD"], channels: ["trades"])
        _ = run.open()
        let event = #"{"subscriptions":{"heartbeats":["heartbeats"],"market_trades":["BTC-USD"]}}"#
        run.receive([CoinbaseDialectTests.message("subscriptions", 0, event)])
        #expect(run.refusals.map(\.name) == ["NO-USD trades"] && run.dialect.isSubscribed)
    }

    @Test("a client whose subscriptions are all refused ends the conversation")
    func allRefused() throws {
        var line = try Line(["NONSENSE"], ["trades", "quotes"])
        line.open()
        #expect(line.client.outcome.ending?.kind == .refused && !line.client.dialect.isSubscribed)
    }

    @Test("a client subscribes again to all books that a hole has ended, with two requests")
    func repair() throws {
        var line = try Line(["BTC-USDC", "ETH-USD", "LTC-USD"], ["book"])
        line.open()
        let (snapshot, other) = (CoinbaseDialectTests.snapshot, CoinbaseDialectTests.snapshot.numbered(4))
        line.client.receive(line.deliver([snapshot, other.replacing("BTC-", with: "ETH-")]))
        let early =
            line.client.repair(BookIndex(0)) + line.client.repair(BookIndex(1)) + line.client.repair(BookIndex(0))
        #expect(early.isEmpty)
        let sent = line.client.keepAlive(after: .milliseconds(200))
        #expect(
            sent == [
                #"{"type":"unsubscribe","product_ids":["BTC-USDC","ETH-USD"],"channel":"level2"}"#,
                #"{"type":"subscribe","product_ids":["BTC-USDC","ETH-USD"],"channel":"level2"}"#,
            ]
        )
        let answers = line.ask(sent)
        line.client.receive(answers)
        #expect(line.client.events.bookMessages.map(\.kind) == [.ended, .ended] && line.client.refusals.isEmpty)
        #expect(line.client.outcome.isSubscribed && line.client.events.connectionHoles.isEmpty)
        line.client.receive(line.deliver([snapshot.numbered(5)]))
        #expect(line.client.events.bookMessages.map(\.kind) == [.snapshot])
    }

    @Test("a connection without heartbeats is given up after 15 s")
    func silence() throws {
        var line = try Line(["BTC-USD"], ["trades"])
        line.open()
        var replies = MessageBatch()
        line.session.keepAlive(replies: &replies)
        #expect(line.session.keepAliveInterval == .seconds(1) && replies.count == 1)
        line.client.receive(texts(replies))
        #expect(line.client.outcome.recognised == 1 && line.client.outcome.dataMessages == 0)
        #expect(line.client.keepAlive(after: .seconds(14)).isEmpty && line.client.dialect.ending == nil)
        line.client.dialect.listeningResumed(now: line.client.now)
        #expect(line.client.keepAlive(after: .seconds(14)).isEmpty && line.client.dialect.ending == nil)
        #expect(line.client.keepAlive(after: .seconds(1)).isEmpty)
        #expect(line.client.dialect.ending?.kind == .silence)
    }

    @Test("wrong options are refused, and two names of one product are one")
    func options() throws {
        #expect(throws: VenueOptionError.self) { try CoinbaseRun.plan(symbols: [], channels: []) }
        #expect(throws: VenueOptionError.self) { try CoinbaseRun.plan(symbols: ["BTC-USD"], channels: ["funding"]) }
        let plan = try CoinbaseRun.plan(symbols: ["BTC-USDC", "BTC-USD", "BIP-20DEC30-CDE"], channels: [])
        #expect(plan.subscription == #"{"symbols":["BTC-USD","BIP-20DEC30-CDE"],"channels":["trades","quotes"]}"#)
        #expect(plan.notices.count == 1 && plan.ticks == .some(["BTC-USD", "BIP-20DEC30-CDE"]))
        #expect(plan.instrumentRequests.map { $0.parameter("product_type") } == ["FUTURE", "SPOT"])
        #expect(Venue.called("coinbase-advanced") == .coinbase)
    }
}
