import MarketModel
import Testing
import Venues

/// Excerpts of real messages of the older interface, and the rows that they give.
struct CoinbaseExchangeDialectTests {
    static let match =
        #"{"type":"match","trade_id":881613,"maker_order_id":"27fff20b-af29-4f45-8744-56dd1ef57dc0","#
        + #""taker_order_id":"1da6ce16-c8da-4732-9f71-6049f4c6aaf8","side":"sell","size":"0.04","price":"14.7775","#
        + #""product_id":"BAND-GBP","sequence":333938798,"time":"2021-04-17T16:43:30.244075Z"}"#
    static let ticker =
        #"{"type":"ticker","sequence":333938798,"product_id":"BAND-GBP","price":"14.7775","best_bid":"14.7550","#
        + #""best_bid_size":"2.50","best_ask":"14.8060","side":"buy","time":"2021-04-17T16:43:30.244075Z","#
        + #""trade_id":881613,"last_size":"0.04"}"#
    static let snapshot =
        #"{"type":"snapshot","product_id":"BAND-GBP","asks":[["14.8024","12.77"]],"bids":[["14.7550","1.00"],"#
        + #"["14.7540","2.00"]]}"#
    static let update =
        #"{"type":"l2update","product_id":"BAND-GBP","changes":[["sell","14.8024","0.00000000"],["buy","14.7550","#
        + #""3.5"]],"time":"2021-04-17T16:43:37.075687Z"}"#
    static let subscriptions =
        #"{"type":"subscriptions","channels":[{"name":"level2","product_ids":["BAND-GBP"]}]}"#

    private func read(_ payloads: String...) -> CoinbaseRun {
        var run = CoinbaseRun(reading: .coinbaseExchange)
        run.receive(payloads)
        return run
    }

    @Test("a trade has the taker's side; the last match before the subscription is history")
    func trades() {
        let run = read(Self.match.replacing("\"match\"", with: "\"last_match\""), Self.match)
        #expect(run.events.trades.map(\.administrativeKind) == ["history", nil])
        #expect(run.events.trades.map(\.aggressorSide) == [.buyer, .buyer])
        #expect(run.events.trades[1].tradeID == 881_613 && run.outcome.dataMessages == 2)
        #expect(run.events.trades[1].tsEvent == UnixNanoseconds(iso8601: "2021-04-17T16:43:30.244075Z"))
    }

    @Test("a ticker is a quote; older ones have no sizes")
    func quotes() {
        let quote = read(Self.ticker).events.quotes.first
        #expect(quote?.bidPrice?.description == "14.7550" && quote?.bidSize == FixedDecimal("2.50"))
        #expect(quote?.askPrice == FixedDecimal("14.8060") && quote?.askSize == nil)
        #expect(quote?.sequence == 333_938_798)
    }

    @Test("a book starts with a snapshot, and cannot be verified")
    func books() {
        let run = read(Self.snapshot, Self.update)
        #expect(run.events.bookMessages.map(\.kind) == [.snapshot, .change])
        #expect(run.events.bookMessages.map(\.levels) == [0..<3, 3..<5])
        #expect(run.events.bookLevels.map(\.side) == [.bid, .bid, .ask, .ask, .bid])
        #expect(run.events.bookLevels[3].size.description == "0.00000000")
        #expect(run.events.bookMessages.map { $0.tsEvent == nil } == [true, false])
        #expect(run.dialect.books.entries.map(\.rule.isUnverifiable) == [true])
    }

    @Test("a change that cannot be read ends the book of its symbol only")
    func unreadable() {
        var run = read(Self.snapshot, Self.snapshot.replacing("BAND-", with: "NU-"))
        run.receive([Self.update.replacing("3.5", with: "-3.5")])
        #expect(run.events.bookMessages.map(\.kind) == [.unreadable] && run.events.bookLevels.isEmpty)
        #expect(run.events.bookMessages.map(\.book) == [BookIndex(0)] && run.outcome.unrecognised == 1)
        run.receive([String(Self.update.dropLast())])
        #expect(run.events.bookMessages.map(\.kind) == [.unreadable, .unreadable])
        run.receive([Self.match.replacing("0.04", with: "x")])
        #expect(run.events.bookMessages.isEmpty && run.oddities.count == 1)
    }

    @Test("answers, heartbeats and orders are recognised, errors are events, and the rest is foreign")
    func others() {
        let run = read(
            Self.subscriptions,
            #"{"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD"}"#,
            #"{"type":"done","side":"sell","order_id":"d50ec984","reason":"filled","product_id":"BTC-USD"}"#,
            #"{"type":"error","message":"Failed to subscribe","reason":"level2 needs authentication"}"#,
            #"{"type":"dance"}"#
        )
        #expect(run.outcome.recognised == 4 && run.outcome.unrecognised == 1 && run.outcome.dataMessages == 1)
        #expect(run.events.venueEvents.map(\.kind) == ["error", "unrecognised"])
    }

    @Test("the venue is for import only")
    func importOnly() throws {
        let definition = Venue.coinbaseExchange.definition
        #expect(definition.isReadingOnly && definition.rules.numbersTrades)
        #expect(throws: VenueOptionError.self) { try definition.plan(VenueOptionValues()) { _ in nil } }
    }

    @Test("damaged messages are read or reported")
    func damage() {
        let samples = [Self.match, Self.ticker, Self.snapshot, Self.update, Self.subscriptions]
        checkCoinbaseDamage(.coinbaseExchange, context: [Self.snapshot], samples: samples)
    }
}
