import MarketModel
import Testing
import Venues

/// The answers of the server's side.
struct CoinbaseSessionTests {
    private var session = Venue.coinbase.definition.makeServer().makeSession(at: VenuePlace(), target: "/")

    private mutating func ask(_ payload: String) -> [String] {
        var replies = MessageBatch()
        _ = Array(payload.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
        return texts(replies)
    }

    private func request(_ channel: String, _ products: String, type: String = "subscribe") -> String {
        #"{"type":"\#(type)","product_ids":[\#(products)],"channel":"\#(channel)"}"#
    }

    private func acknowledgement(_ number: Int, _ members: String) -> String {
        #"{"channel":"subscriptions","timestamp":"\#(UnixNanoseconds(0).iso8601)","sequence_num":\#(number),"#
            + #""events":[{"subscriptions":{\#(members)}}]}"#
    }

    @Test("the venue has one path")
    func places() {
        let server = Venue.coinbase.definition.makeServer()
        #expect(server.place(ofPath: "/") != nil && server.place(ofPath: "/v2") == nil)
    }

    @Test("an acknowledgement lists everything, and its number grows by 1")
    mutating func acknowledgements() {
        let first = ask(#"{"type":"subscribe","channel":"heartbeats"}"#)
        #expect(first == [acknowledgement(0, #""heartbeats":["heartbeats"]"#)] && !session.hasSubscribed)
        let second = ask(request("level2", #""BTC-USDC","ETH-USD""#))
        #expect(second == [acknowledgement(1, #""heartbeats":["heartbeats"],"level2":["BTC-USDC","ETH-USD"]"#)])
        #expect(session.hasSubscribed && session.isSubscribed)
        let third = ask(request("level2", #""ETH-USD""#, type: "unsubscribe"))
        #expect(third == [acknowledgement(2, #""heartbeats":["heartbeats"],"level2":["BTC-USDC"]"#)])
    }

    @Test(
        "wrong requests are refused, and the connection lives on",
        arguments: [
            ("hello", "malformed JSON"),
            (#"{"type":"dance"}"#, "type is neither subscribe nor unsubscribe"),
            (#"{"type":"subscribe","product_ids":["A-B"],"channel":"weather"}"#, "channel weather is not supported"),
            (#"{"type":"subscribe","channel":"level2"}"#, "no product_ids"),
            (#"{"type":"subscribe","product_ids":["A-B","AB"],"channel":"level2"}"#, "AB is not a valid product"),
        ]
    )
    mutating func refusals(request: String, reason: String) {
        let answers = ask(request)
        #expect(answers == [#"{"type":"error","message":"failed to subscribe","reason":"\#(reason)"}"#])
        #expect(!session.isSubscribed)
    }

    @Test("a tape refuses other symbols")
    mutating func offer() {
        session.refuse(beyond: Venue.coinbase.definition.makeOfferReader(symbols: ["BTC-USD"]).offer)
        let good = ask(request("ticker", #""BTC-USDC""#))
        #expect(good.count == 1 && good[0].contains("subscriptions"))
        let bad = ask(request("ticker", #""LTC-USD""#))
        #expect(bad.count == 1 && bad[0].contains("the tape lacks the symbol "))
        #expect(session.report.refused == ["LTC-USD quotes"])
    }

    @Test("a client sees only the symbols that it may see, and learns what it missed")
    mutating func restriction() {
        session.restrict(toSymbols: ["ETH-USDT"])
        let trades = CoinbaseDialectTests.trades
        let tape = batch([trades, trades.numbered(6).replacing("ETH-", with: "LTC-")])
        var output = MessageBatch()
        session.deliver(tape, 0..<2, into: &output)
        #expect(output.isEmpty)
        _ = ask(request("market_trades", #""ETH-USDT","LTC-USDT""#))
        #expect(session.report.skipped.map(\.name) == ["ETH-USDT trades"] && session.report.skippedMessages == 2)
        session.tapeMoved()
        #expect(session.report.skipped.isEmpty)
        session.deliver(tape, 0..<2, into: &output)
        #expect(texts(output) == [trades.numbered(1)] && output.entries[0].direction == .sent)
    }

    @Test("damaged requests are answered and never trap")
    func damage() {
        forEachKrakenDamage(of: request("level2", #""BTC-USD""#)) { damaged, _ in
            var copy = session
            var replies = MessageBatch()
            _ = damaged.withUnsafeBytes { copy.receive($0, kind: .text, replies: &replies) }
            if replies.count != 1 { Issue.record("no answer: \(String(decoding: damaged, as: UTF8.self))") }
        }
    }
}
