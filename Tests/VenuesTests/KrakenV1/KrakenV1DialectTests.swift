import MarketModel
import Testing
import Venues

/// Excerpts of real messages of the older interface, and the rows that they give.
struct KrakenV1DialectTests {
    static let trade =
        #"[993,[["354.11000000","0.89594024","1618678142.557535","s","l",""],["354.20000000","1.00000000","#
        + #""1618678142.600000","b","m","",4711]],"trade","XMR/USD"]"#
    static let ticker =
        #"[1668,{"a":["13.253900",35,"35.72892241"],"b":["13.232900",185,"185.18432037"],"c":["13.253900","#
        + #""3.71672000"],"v":["26560.85364463","72035.05488104"],"t":[640,1353]},"ticker","WAVES/EUR"]"#
    static let spread =
        #"[0,["5698.40000","5700.00000","1542057299.545897","1.01234567","0.98765432"],"spread","XBT/USD"]"#
    static let candle =
        #"[42,["1542057314.748456","1542057360.435743","3586.70000","3586.70000","3586.60000","3586.60000","#
        + #""3586.68894","0.03373000",2],"ohlc-5","XBT/USD"]"#
    static let snapshot =
        #"[992,{"as":[["354.80000000","1.40000000","1618678133.020508"]],"bs":[["354.15000000","2.00000000","#
        + #""1618678133.300000"],["354.12000000","1.00000000","1618678130.000000"]]},"book-1000","XMR/USD"]"#
    static let change =
        #"[992,{"b":[["354.15000000","5.00000000","1618678133.365913"]],"c":"2583817756"},"book-1000","XMR/USD"]"#
    static let bothSides =
        #"[992,{"a":[["354.90000000","0.00000000","1618678133.400000","r"]]},{"b":[["354.12000000","0.50000000","#
        + #""1618678133.500000"]],"c":"974947235"},"book-1000","XMR/USD"]"#
    static let unsubscribed =
        #"{"channelID":992,"channelName":"book-1000","event":"subscriptionStatus","pair":"XMR/USD","#
        + #""status":"unsubscribed","subscription":{"depth":1000,"name":"book"}}"#
    static let status =
        #"{"connectionID":18239578009413566319,"event":"systemStatus","status":"online","version":"1.8.3"}"#

    private func read(_ payloads: String...) -> KrakenRun {
        var run = KrakenRun(reading: .krakenV1)
        run.receive(payloads)
        return run
    }

    @Test("a message may have several trades; newer ones have a number")
    func trades() {
        let run = read(Self.trade)
        #expect(run.events.trades.map { run.symbol($0.symbol) } == ["XMR/USD", "XMR/USD"])
        #expect(run.events.trades.map(\.tradeID) == [nil, 4711])
        #expect(run.events.trades.map(\.aggressorSide) == [.seller, .buyer])
        #expect(run.events.trades[0].tsEvent == UnixNanoseconds(1_618_678_142_557_535_000))
        #expect(run.events.trades[0].price.description == "354.11000000")
        #expect(run.events.trades.map(\.origin.item) == [0, 1] && run.outcome.dataMessages == 1)
    }

    @Test("a ticker has no time, and a spread has one")
    func quotes() {
        let run = read(Self.ticker, Self.spread)
        #expect(run.events.quotes.map(\.tsEvent) == [nil, UnixNanoseconds(1_542_057_299_545_897_000)])
        #expect(run.events.quotes[0].bidSize == FixedDecimal("185.18432037"))
        #expect(run.events.quotes[1].bidSize == FixedDecimal("1.01234567"))
        #expect(run.events.quotes[1].askSize == FixedDecimal("0.98765432"))
    }

    @Test("a book's message with two payloads is one change")
    func books() {
        let run = read(Self.snapshot, Self.change, Self.bothSides, Self.unsubscribed)
        #expect(run.events.bookMessages.map(\.kind) == [.snapshot, .change, .change, .ended])
        #expect(run.events.bookMessages.map(\.levels) == [0..<3, 3..<4, 4..<6, 0..<0])
        #expect(run.events.bookMessages.map(\.checksum) == [nil, 2_583_817_756, 974_947_235, nil])
        #expect(run.events.bookLevels.map(\.side) == [.ask, .bid, .bid, .bid, .ask, .bid])
        #expect(run.events.bookMessages[0].tsEvent == UnixNanoseconds(1_618_678_133_300_000_000))
        #expect(run.events.bookMessages[2].tsEvent == UnixNanoseconds(1_618_678_133_500_000_000))
        #expect(run.dialect.books.entries.map(\.rule.depth) == [1000])
        #expect(Set(run.events.bookMessages.map(\.book)).count == 1)
    }

    @Test("candles, the state of the system and refusals are events")
    func others() {
        let refusal =
            #"{"errorMessage":"Currency pair not supported","event":"subscriptionStatus","pair":"A/B","#
            + #""status":"error"}"#
        let run = read(Self.candle, Self.status, refusal, #"{"event":"heartbeat"}"#, #"{"event":"dance"}"#)
        #expect(run.events.venueEvents.map(\.kind) == ["ohlc", "status", "error", "unrecognised"])
        #expect(run.outcome.recognised == 4 && run.outcome.unrecognised == 1)
    }

    @Test("a time in milliseconds is an oddity, and the row has none")
    func times() {
        let run = read(Self.trade.replacing("1618678142.557535", with: "1618678142557"))
        #expect(run.events.trades.map { $0.tsEvent == nil } == [true, false])
        #expect(run.events.venueEvents.map(\.kind) == ["malformed"])
    }

    @Test("damaged messages are read or reported")
    func damage() {
        let samples = [
            Self.trade, Self.ticker, Self.spread, Self.candle, Self.snapshot, Self.change, Self.bothSides,
            Self.unsubscribed, Self.status,
        ]
        checkKrakenDamage(.krakenV1, context: [Self.snapshot], samples: samples)
    }
}
