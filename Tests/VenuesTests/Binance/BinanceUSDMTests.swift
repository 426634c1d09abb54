import MarketModel
import Testing
import Venues

/// Messages of the futures market, with their rows.
struct BinanceUSDMTests {
    @Test(
        "a bookTicker has the time of matching, in an envelope, without one, and in any order of keys",
        arguments: [
            FuturesSample.bookTicker, SpotSample.combined("btcusdt@bookTicker", FuturesSample.bookTicker),
            #"{"T":1723161256312,"A":"2.510","a":"61800.30","B":"2.507","b":"61800.20","x":null,"s":"BTCUSDT","#
                + #""u":5123107839020,"e":"bookTicker"}"#,
        ]
    )
    func bookTicker(text: String) throws {
        var run = BinanceRun(.usdm)
        run.receive(text)
        let quote = try #require(run.events.quotes.first)
        #expect(quote.tsEvent == UnixNanoseconds(1_723_161_256_312_000_000) && quote.sequence == 5_123_107_839_020)
        #expect(quote.bidPrice?.description == "61800.20" && quote.askSize?.description == "2.510")
    }

    @Test("a trade that is not a market trade is administrative", arguments: ["MARKET", "INSURANCE_FUND", "ADL", "NA"])
    func administrative(kind: String) throws {
        var run = BinanceRun(.usdm)
        run.receive(
            SpotSample.combined("btcusdt@trade", FuturesSample.trade.replacing("MARKET", with: kind))
        )
        let trade = try #require(run.events.trades.first)
        #expect(trade.administrativeKind == (kind == "MARKET" ? nil : kind) && trade.aggressorSide == .buyer)
        #expect(trade.tsEvent == UnixNanoseconds(1_723_161_256_321_000_000) && trade.tradeID == 5_266_583_935)
    }

    @Test("an aggregate has the numbers of its executions")
    func aggregate() throws {
        var run = BinanceRun(.usdm)
        run.receive(SpotSample.combined("btcusdt@aggTrade", FuturesSample.aggregate))
        let trade = try #require(run.events.trades.first)
        #expect(trade.isAggregate && trade.executionIDs == 100...105 && trade.tradeID == 5_933_014)
        #expect(trade.aggressorSide == .seller)
    }

    @Test("a mark price is three statistics, alone or in a list")
    func markPrice() {
        var run = BinanceRun(.usdm)
        run.receive(
            SpotSample.combined("btcusdt@markPrice@1s", FuturesSample.markPrice),
            SpotSample.combined(
                "!markPrice@arr",
                "[\(FuturesSample.markPrice),\(FuturesSample.markPrice.replacing("BTCUSDT", with: "ETHUSDT"))]"
            )
        )
        let statistics = run.events.statistics
        #expect(statistics.count == 9)
        #expect(statistics.prefix(3).map(\.kind) == [.markPrice, .indexPrice, .fundingRate])
        #expect(statistics.prefix(3).map(\.value.description) == ["11794.15000000", "11784.62659091", "0.00038167"])
        #expect(statistics.allSatisfy { $0.tsEvent == UnixNanoseconds(1_562_305_380_000_000_000) })
        #expect(statistics[2].tsNext == UnixNanoseconds(1_562_306_400_000_000_000) && statistics[0].tsNext == nil)
        #expect(statistics[3...].map(\.origin.item) == [0, 1, 2, 3, 4, 5])
        #expect(run.symbol(statistics[8].symbol) == "ETHUSDT" && run.events.venueEvents.isEmpty)
    }

    @Test("a contract with a delivery date has no funding rate")
    func delivery() {
        var run = BinanceRun(.usdm)
        let text = FuturesSample.markPrice.replacing("0.00038167", with: "").replacing("1562306400000", with: "0")
        run.receive(SpotSample.combined("btcusdt_260327@markPrice", text))
        #expect(run.events.statistics.map(\.kind) == [.markPrice, .indexPrice] && run.events.venueEvents.isEmpty)
    }

    @Test("a forced order is a liquidation", arguments: ["btcusdt@forceOrder", "!forceOrder@arr"])
    func forceOrder(stream: String) throws {
        var run = BinanceRun(.usdm)
        run.receive(SpotSample.combined(stream, FuturesSample.forceOrder))
        let statistic = try #require(run.events.statistics.first)
        #expect(statistic.kind == .liquidation && statistic.side == .seller)
        #expect(statistic.value.description == "9910" && statistic.size?.description == "0.014")
        #expect(statistic.tsEvent == UnixNanoseconds(1_568_014_460_893_000_000))
    }

    @Test("a candle becomes an event with the venue's JSON")
    func kline() throws {
        for text in [SpotSample.kline, SpotSample.combined("btcusdt@kline_1m", SpotSample.kline)] {
            var run = BinanceRun(.usdm)
            run.receive(text)
            let event = try #require(run.events.venueEvents.first)
            #expect(event.kind == "kline" && !event.isOddity && event.json == Array(SpotSample.kline.utf8))
            #expect(run.symbol(event.symbol) == "BTCUSDT" && run.outcome.dataMessages == 1)
        }
    }

    @Test(
        "a message of a known stream that cannot be read is an oddity",
        arguments: [
            ("btcusdt@markPrice", FuturesSample.markPrice.replacing("11794.15000000", with: "x")),
            ("btcusdt@markPrice", "{}"), ("!markPrice@arr", "[7]"), ("btcusdt@forceOrder", #"{"o":[]}"#),
            ("btcusdt@kline_1m", #"{"k":{"s":"A","i":"1m"}}"#), ("btcusdt@depth", "[]"), ("btcusdt@depth", "null"),
            ("key", #"{"e":"ACCOUNT_UPDATE","a":7}"#), ("key", #"{"e":"ORDER_TRADE_UPDATE"}"#),
        ]
    )
    func malformed(stream: String, data: String) {
        var run = BinanceRun(.usdm)
        run.receive(SpotSample.combined(stream, data))
        #expect(run.events.venueEvents.map(\.kind) == ["malformed"] && run.outcome.unrecognised == 1)
    }

    @Test("a time in seconds is an oddity, and the row is stored without it")
    func wrongTime() {
        var run = BinanceRun(.usdm)
        run.receive(FuturesSample.trade.replacing("1723161256321", with: "1723161256"))
        run.receive(FuturesSample.trade.replacing("1723161256321", with: "1723161256"))
        #expect(run.events.trades.count == 1 && run.events.trades.first?.tsEvent == nil)
        #expect(run.events.venueEvents.map(\.kind) == ["wrong_time"] && run.events.venueEvents[0].isOddity)
        #expect(run.outcome.dataMessages == 1 && run.outcome.unrecognised == 0)
    }

    @Test("the open interest is asked for once a minute for each symbol")
    func openInterest() throws {
        var run = BinanceRun(.usdm, streams: ["btcusdt@markPrice"], openInterestOf: ["BTCUSDT", "ETHUSDT"])
        run.open()
        run.wait(seconds: 60)
        let base = "GET https://fapi.binance.com/fapi/v1/openInterest?symbol="
        #expect(run.sent == [base + "BTCUSDT", base + "ETHUSDT"])
        run.wait(seconds: 2)
        #expect(run.sent.count == 4)
        let body = #"{"openInterest":"10659.509","symbol":"BTCUSDT","time":1589437530011}"#
        run.receive(base + "BTCUSDT 200\n" + body, kind: .rest)
        let statistic = try #require(run.events.statistics.first)
        #expect(statistic.kind == .openInterest && statistic.value.description == "10659.509")
        #expect(statistic.tsEvent == UnixNanoseconds(1_589_437_530_011_000_000))
    }

    @Test("the list of instruments gives their terms")
    func instruments() throws {
        let symbol =
            #"{"symbol":"BTCUSDT","contractType":"PERPETUAL","deliveryDate":4133404802000,"status":"TRADING","#
            + #""baseAsset":"BTC","quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","#
            + #""tickSize":"0.10000000"},{"filterType":"LOT_SIZE","stepSize":"0.001"}]}"#
        let exchange = RESTExchange(url: "https://fapi.binance.com/fapi/v1/exchangeInfo", status: 200)
        let body = #"{"timezone":"UTC","symbols":[\#(symbol)]}"#
        var run = BinanceRun(.usdm)
        let time = RESTExchange(url: "https://fapi.binance.com/fapi/v1/time", status: 200)
        run.receive(
            String(decoding: time.head, as: UTF8.self) + "{}",
            String(decoding: exchange.head, as: UTF8.self) + body,
            kind: .rest
        )
        let details = try #require(run.events.instrumentDetails.first)
        #expect(details.origin.message == 1)
        #expect(run.symbol(details.symbol) == "BTCUSDT" && details.priceDigits == 1)
        #expect(details.json == Array(symbol.utf8) && details.sessions == nil)
        #expect(details.terms.kind == "perpetual" && details.terms.tsExpiry == nil && details.terms.base == "BTC")
        #expect(details.terms.tickSize?.description == "0.1" && details.terms.lotSize?.description == "0.001")
        let names = Array(body.utf8).withUnsafeBytes { Venue.binanceUSDM.definition.instrumentNames(exchange, $0) }
        #expect(names == ["BTCUSDT"])
    }
}
