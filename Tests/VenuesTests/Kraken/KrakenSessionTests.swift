import MarketModel
import Testing
import Venues

/// The answers of the server's side.
struct KrakenSessionTests {
    private var session = Venue.kraken.definition.makeServer().makeSession(at: VenuePlace(), target: "/v2")

    /// The answers to one message, without the greeting.
    private mutating func ask(_ payload: String) -> [String] {
        var replies = MessageBatch()
        _ = Array(payload.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
        return texts(replies).filter { !$0.contains("\"channel\":\"status\"") }
    }

    private static let time = #""time_in":"1970-01-01T00:00:00.000000Z","time_out":"1970-01-01T00:00:00.000000Z"}"#

    @Test("the venue has one path")
    func places() {
        let server = Venue.kraken.definition.makeServer()
        #expect(server.place(ofPath: "/v2") != nil && server.place(ofPath: "/") == nil)
    }

    @Test("each symbol of a subscription is acknowledged with the request's number")
    mutating func acknowledgements() {
        let answers = ask(
            #"{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD","ETH/USD"],"depth":25},"req_id":9}"#
        )
        #expect(
            answers
                == ["BTC/USD", "ETH/USD"].map {
                    #"{"method":"subscribe","req_id":9,"result":{"channel":"book","depth":25,"snapshot":true,"#
                        + #""symbol":"\#($0)"},"success":true,\#(Self.time)"#
                }
        )
        #expect(session.hasSubscribed && session.isSubscribed && session.keepAliveInterval == .seconds(1))
    }

    @Test(
        "wrong requests are refused, and the connection lives on",
        arguments: [
            ("hello", "Malformed request: expected a value"),
            (#"{"method":"dance"}"#, "Unsupported method"),
            (#"{"method":"subscribe","params":{"channel":"weather","symbol":["A/B"]}}"#, "Unsupported channel weather"),
            (#"{"method":"subscribe","params":{"channel":"trade"}}"#, "Symbol(s) not found"),
            (#"{"method":"subscribe","params":{"channel":"trade","symbol":["AB"]}}"#, "Currency pair not supported AB"),
            (
                #"{"method":"subscribe","params":{"channel":"book","symbol":["A/B"],"depth":11}}"#,
                "Subscription depth not supported"
            ),
            (#"{"method":"unsubscribe","params":{"channel":"trade","symbol":["A/B"]}}"#, "Subscription Not Found"),
        ]
    )
    mutating func refusals(request: String, reason: String) {
        let answers = ask(request)
        #expect(answers.count == 1 && answers[0].hasPrefix(#"{"error":"\#(reason)","#))
        #expect(answers[0].contains(#""success":false"#) && !session.isSubscribed)
    }

    @Test("a second subscription is refused, and an ended one may be repeated")
    mutating func repeats() {
        let subscribe = #"{"method":"subscribe","params":{"channel":"trade","symbol":["A/B"]}}"#
        let answers = ask(subscribe) + ask(subscribe)
        #expect(answers[0].contains(#""success":true"#) && answers[1].contains("Already subscribed"))
        let end = ask(subscribe.replacing("subscribe", with: "unsubscribe"))
        #expect(end[0].contains(#""success":true"#) && !session.isSubscribed && session.hasSubscribed)
        let again = ask(subscribe)
        #expect(again[0].contains(#""success":true"#))
    }

    @Test("a tape refuses other symbols and other depths")
    mutating func offer() {
        var reader = Venue.kraken.definition.makeOfferReader(symbols: ["BTC/USD"])
        let isKnown = reader.note(subscription: #"{"symbols":["ETH/USD"],"channels":["book"],"depth":1000}"#)
        #expect(isKnown)
        session.refuse(beyond: reader.offer)
        let book = #"{"method":"subscribe","params":{"channel":"book","symbol":["ETH/USD"],"depth":25}}"#
        let other = #"{"method":"subscribe","params":{"channel":"trade","symbol":["LTC/USD"]}}"#
        let answers = ask(book) + ask(book.replacing("25", with: "1000")) + ask(other)
        #expect(answers[0].contains("Subscription depth not supported; the tape has book-1000"))
        #expect(answers[1].contains(#""success":true"#))
        #expect(answers[2].contains("Currency pair not supported LTC/USD: the tape lacks the symbol "))
        #expect(session.report.refused == ["LTC/USD trades"])
    }

    @Test("a client sees only the symbols that it may see, and learns what it missed")
    mutating func restriction() {
        session.restrict(toSymbols: ["ETH/USDT"])
        let tape = batch([KrakenDialectTests.trade, KrakenDialectTests.trade.replacing("ETH/", with: "LTC/")])
        var output = MessageBatch()
        session.deliver(tape, 0..<2, into: &output)
        #expect(output.isEmpty)
        _ = ask(#"{"method":"subscribe","params":{"channel":"trade","symbol":["ETH/USDT","LTC/USDT"]}}"#)
        #expect(session.report.skipped.map(\.name) == ["ETH/USDT trades"] && session.report.skippedMessages == 1)
        session.deliver(tape, 0..<2, into: &output)
        #expect(texts(output) == [KrakenDialectTests.trade] && output.entries[0].direction == .sent)
        session.tapeMoved()
        #expect(session.report.skipped.isEmpty)
    }

    @Test("heartbeats start with the first subscription")
    mutating func heartbeats() {
        var replies = MessageBatch()
        session.keepAlive(replies: &replies)
        #expect(replies.isEmpty)
        _ = ask(#"{"method":"subscribe","params":{"channel":"trade","symbol":["A/B"]}}"#)
        session.keepAlive(replies: &replies)
        #expect(texts(replies) == [KrakenDialectTests.heartbeat])
    }

    @Test("damaged requests are answered and never trap")
    func damage() {
        let request =
            #"{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":25,"#
            + #""snapshot":true},"req_id":3}"#
        forEachKrakenDamage(of: request) { damaged, _ in
            var copy = session
            var replies = MessageBatch()
            _ = damaged.withUnsafeBytes { copy.receive($0, kind: .text, replies: &replies) }
            if replies.count < 2 { Issue.record("no answer: \(String(decoding: damaged, as: UTF8.self))") }
        }
    }
}
