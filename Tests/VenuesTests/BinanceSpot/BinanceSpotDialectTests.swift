import MarketModel
import Testing
import Venues

struct BinanceSpotDialectTests {
    @Test(
        "a bookTicker reads the same in an envelope, without one, and in any order of keys",
        arguments: [
            SpotSample.combined("btcusdt@bookTicker", SpotSample.bookTicker), SpotSample.bookTicker,
            #"{"data":\#(SpotSample.bookTicker),"stream":"btcusdt@bookTicker"}"#,
            #" { "stream" : "btcusdt@bookTicker" , "data" : \#(SpotSample.bookTicker) } "#,
            #"{"stream":"btcusdt@bookTicker","new":[1,{}],"data":\#(SpotSample.bookTicker)}"#,
            #"{"A":"1.54698000","a":"61837.64000000","B":"3.78826000","b":"61837.63000000","s":"BTCUSDT","u":50093239212}"#,
            #"{"e":"bookTicker",\#(SpotSample.bookTicker.dropFirst())"#,
        ]
    )
    func bookTicker(text: String) {
        let (events, outcome, dialect) = read(batch([SpotSample.snapshot, text]))
        #expect(
            events.quotes == [
                Quote(
                    origin: EventOrigin(message: 1, item: 0),
                    symbol: SymbolIndex(0),
                    tsEvent: nil,
                    bidPrice: FixedDecimal(mantissa: 6_183_763_000_000, digits: 8),
                    bidSize: FixedDecimal(mantissa: 378_826_000, digits: 8),
                    askPrice: FixedDecimal(mantissa: 6_183_764_000_000, digits: 8),
                    askSize: FixedDecimal(mantissa: 154_698_000, digits: 8),
                    sequence: 50_093_239_212
                )
            ]
        )
        #expect(dialect.symbols.text(of: SymbolIndex(0)) == "BTCUSDT")
        #expect(outcome.dataMessages == 2 && outcome.isSubscribed && outcome.ending == nil)
        #expect(events.trades.isEmpty && events.venueEvents.isEmpty)
    }

    @Test(
        "a trade whose buyer is the maker has a seller as taker, also in the older form with order IDs",
        arguments: [
            SpotSample.combined("btcusdt@trade", SpotSample.trade), SpotSample.trade,
            SpotSample.trade.replacing(#""T":"#, with: #""b":88,"a":50,"T":"#),
            #"{"data":\#(SpotSample.trade),"stream":"btcusdt@trade"}"#,
        ]
    )
    func trade(text: String) {
        let (events, outcome, _) = read(batch([text]))
        #expect(
            events.trades == [
                Trade(
                    origin: EventOrigin(message: 0, item: 0),
                    symbol: SymbolIndex(0),
                    tsEvent: UnixNanoseconds(1_723_161_255_342_000_000),
                    price: FixedDecimal(mantissa: 6_183_763_000_000, digits: 8),
                    size: FixedDecimal(mantissa: 2_000_000, digits: 8),
                    aggressorSide: .seller,
                    tradeID: 3_735_683_259
                )
            ]
        )
        #expect(outcome.dataMessages == 1 && events.quotes.isEmpty && events.venueEvents.isEmpty)
    }

    @Test("an aggregate trade has its own ID", arguments: ["", " "])
    func aggregateTrade(padding: String) throws {
        let text = padding + SpotSample.combined("nknusdt@aggTrade", SpotSample.aggregateTrade)
        let trade = try #require(read(batch([text])).events.trades.first)
        #expect(trade.tradeID == 15_683_430 && trade.aggressorSide == .buyer)
        #expect(trade.price.canonicalText == "0.3528" && trade.size.canonicalText == "58")
        #expect(trade.tsEvent == UnixNanoseconds(1_633_998_523_963_000_000))
    }

    @Test("B7 times are in microseconds if their digits show it, in every notation", arguments: ["", " "])
    func microseconds(padding: String) {
        let text = padding + SpotSample.trade.replacing("1723161255342", with: "1723161255342123")
        let trade = read(batch([text])).events.trades.first
        #expect(trade?.tsEvent == UnixNanoseconds(1_723_161_255_342_123_000))
    }

    @Test(
        "other streams, and messages that name no stream, count as data and stay raw",
        arguments: [
            SpotSample.combined("btcusdt@miniTicker", #"{"e":"24hrMiniTicker","s":"BTCUSDT"}"#),
            SpotSample.snapshot,
            #"[{"e":"24hrMiniTicker","s":"BTCUSDT"}]"#, #"{"subscriptionId":0,"event":{"e":"balanceUpdate"}}"#,
        ]
    )
    func other(text: String) {
        let (events, outcome, _) = read(batch([text]))
        #expect(outcome.dataMessages == 1)
        #expect(events.quotes.isEmpty && events.trades.isEmpty && events.venueEvents.isEmpty)
    }

    @Test(
        "an acknowledgement is not data",
        arguments: [#"{"result":null,"id":1}"#, #"{"id":"a","result":["a@trade"]}"#]
    )
    func acknowledgement(text: String) {
        let (events, outcome, _) = read(batch([text]))
        #expect(outcome.dataMessages == 0 && outcome.isSubscribed && events.venueEvents.isEmpty)
    }

    @Test(
        "an error of the venue becomes an event",
        arguments: [
            #"{"code":2,"msg":"Invalid request","id":1}"#, #"{"error":{"code":2,"msg":"Invalid request"},"id":1}"#,
        ]
    )
    func venueError(text: String) {
        let (events, outcome, _) = read(batch([text]))
        #expect(events.venueEvents.map(\.kind) == ["error"] && events.venueEvents.first?.isOddity == false)
        #expect(events.venueEvents.first?.json == Array(text.utf8))
        #expect(outcome.dataMessages == 0 && outcome.ending == nil)
    }

    @Test(
        "a server that announces its shutdown becomes an event",
        arguments: [SpotSample.shutdown, SpotSample.combined("!serverShutdown", SpotSample.shutdown)]
    )
    func serverShutdown(text: String) {
        let (events, outcome, _) = read(batch([text]))
        #expect(events.venueEvents.map(\.kind) == ["serverShutdown"])
        #expect(events.venueEvents.first?.json == Array(SpotSample.shutdown.utf8))
        #expect(outcome.dataMessages == 1)
    }

    @Test(
        "an unreadable message becomes an oddity with its reason",
        arguments: [
            ("", "the text ends"), (#"{"stream":"a@trade","data":{"#, "bad JSON"),
            (SpotSample.bookTicker.replacing("BTCUSDT", with: ""), "no symbol"), ("{", "bad JSON"),
            ("hello", "expected a value"),
            (SpotSample.bookTicker.replacing("61837.63000000", with: "61837,63"), "bid price"),
            (SpotSample.combined("btcusdt@bookTicker", "[]"), "expected an object"),
            (SpotSample.combined("btcusdt@bookTicker", SpotSample.trade), "no bid price"),
            (SpotSample.combined("btcusdt@trade", SpotSample.bookTicker), "no price"),
            (SpotSample.trade.replacing("3735683259", with: "1.5"), "trade id"),
            (SpotSample.trade.replacing("BTCUSDT", with: ""), "no symbol"),
            (SpotSample.trade.replacing(#""m":true"#, with: #""m":7"#), "'m'"),
            (SpotSample.trade.replacing("61837.63000000", with: "618376300000000000000.1"), "price"),
        ]
    )
    func malformed(text: String, reason: String) throws {
        let (events, outcome, _) = read(batch([text]))
        let event = try #require(events.venueEvents.first)
        let json = String(decoding: event.json, as: UTF8.self)
        #expect(event.kind == "malformed" && event.isOddity && events.venueEvents.count == 1)
        #expect(
            json.hasPrefix(#"{"reason":""#) && json.contains(reason)
                && json.hasSuffix(#","bytes":\#(text.utf8.count)}"#)
        )
        #expect(events.quotes.isEmpty && events.trades.isEmpty && outcome.dataMessages == 0)
    }

    @Test("sent messages are skipped")
    func sentMessages() {
        var messages = MessageBatch()
        messages.append(SpotSample.trade.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
        let (events, outcome, _) = read(messages)
        #expect(outcome.dataMessages == 0 && events.trades.isEmpty)
    }
}
