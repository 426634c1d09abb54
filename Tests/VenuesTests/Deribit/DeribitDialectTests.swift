import MarketModel
import Testing
import Venues

struct DeribitDialectTests {
    private func read(_ messages: String...) -> DeribitReading {
        var reading = DeribitReading()
        reading.read(messages)
        return reading
    }

    private func decimal(_ text: String) -> FixedDecimal? { FixedDecimal(text) }

    @Test
    func `trades have their sequence as number, and the side of the taker`() {
        let reading = read(DeribitSample.trades)
        let trades = reading.events.trades
        #expect(trades.map(\.tradeID) == [271_252_854, 271_252_855, 271_252_856])
        #expect(trades.map(\.price) == [decimal("92294.5"), decimal("92288.5"), decimal("92288.0")])
        #expect(trades.map(\.size) == [decimal("10.0"), decimal("750"), decimal("200000.0")])
        #expect(trades.map(\.aggressorSide) == [.seller, .buyer, .buyer])
        #expect(trades.map(\.origin.item) == [0, 1, 2])
        #expect(trades[0].tsEvent == UnixNanoseconds(1_765_531_356_452_000_000))
        #expect(reading.symbol(trades[0].symbol) == "BTC-PERPETUAL")
    }

    @Test
    func `block trades are no market trades`() {
        #expect(read(DeribitSample.trades).events.trades.map(\.administrativeKind) == [nil, nil, "block"])
    }

    @Test
    func `a forced trade is a liquidation, with a side if the forced order took liquidity`() {
        let statistics = read(DeribitSample.trades).events.statistics
        #expect(statistics.map(\.kind) == [.liquidation, .liquidation])
        #expect(statistics.map(\.value) == [decimal("92288.5"), decimal("92288.0")])
        #expect(statistics.map(\.size) == [decimal("750"), decimal("200000.0")])
        #expect(statistics.map(\.side) == [.buyer, nil])
    }

    @Test
    func `a quote has the best prices and the venue's time`() throws {
        let quote = try #require(read(DeribitSample.quote).events.quotes.first)
        #expect(quote.bidPrice == decimal("92288.0") && quote.bidSize == decimal("133440.0"))
        #expect(quote.askPrice == decimal("92288.5") && quote.askSize == decimal("8700"))
        #expect(quote.tsEvent == UnixNanoseconds(1_765_541_767_174_000_000))
    }

    @Test
    func `a ticker is a quote and four statistics`() {
        let events = read(DeribitSample.ticker).events
        #expect(events.quotes.map(\.bidPrice) == [decimal("2672.4")])
        #expect(events.statistics.map(\.kind) == [.fundingRate, .markPrice, .indexPrice, .openInterest])
        let values = ["-0.00021714", "2672.5", "2672.32", "234968698"]
        #expect(events.statistics.map(\.value) == values.map(decimal))
        #expect(events.statistics.map(\.origin.item) == [0, 1, 2, 3])
    }

    @Test
    func `a side with the price and the amount 0, or null, is empty`() throws {
        let quote = try #require(read(DeribitSample.oneSided).events.quotes.first)
        #expect(quote.bidPrice == nil && quote.bidSize == nil && quote.askPrice == decimal("0.001"))
        let null = DeribitSample.oneSided.replacing(
            #""best_bid_price":0.0,"best_bid_amount":0.0"#,
            with: #""best_bid_price":null"#
        )
        let reading = read(null)
        #expect(reading.events.quotes.map(\.bidPrice) == [nil] && reading.oddities.isEmpty)
    }

    @Test
    func `a ticker makes no quotes once the quote channel does`() {
        let ticker = DeribitSample.ticker.replacing("ETH-", with: "BTC-")
        let reading = read(ticker, DeribitSample.quote, ticker, DeribitSample.ticker)
        #expect(reading.events.quotes.map(\.origin.message) == [0, 1, 3])
        #expect(reading.events.statistics.count == 12)
    }

    @Test
    func `a book is a snapshot and changes that name the number before`() {
        let reading = read(DeribitSample.snapshot, DeribitSample.change)
        let messages = reading.events.bookMessages
        #expect(messages.map(\.kind) == [.snapshot, .change])
        #expect(messages.map(\.last) == [123_456_789, 123_456_799] && messages.map(\.previous) == [nil, 123_456_789])
        let levels = messages.map { Array(reading.events.bookLevels[$0.levels]) }
        #expect(levels.map(\.count) == [3, 3])
        #expect(levels[0].map(\.side) == [.bid, .bid, .ask])
        #expect(levels[0][0].price.description == "42500.0" && levels[0][2].size == decimal("8700"))
        // The action counts, not the amount.
        #expect(levels[1][2].size.isZero)
        let book = reading.dialect.books[messages[0].book]
        #expect(book.channel == "book.100ms" && book.rule.start == .inBand && book.rule.chain == .previous)
    }

    @Test
    func `a grouped book is complete each time`() {
        let reading = read(DeribitSample.grouped, DeribitSample.grouped)
        #expect(reading.events.bookMessages.map(\.kind) == [.snapshot, .snapshot])
        let book = reading.dialect.books.entries[0]
        #expect(book.channel == "book.none.10.100ms" && book.rule.start == .everyMessage && book.rule.depth == 10)
        #expect(reading.events.bookLevels.count == 6)
    }

    @Test(arguments: [
        (#""change",42500.0"#, #""improve",42500.0"#), (#""change_id":123456799"#, #""change_id":null"#),
        (#""asks""#, #""other""#), (#""type":"change""#, #""type":"delta""#), (#"42500.0,950.0"#, #"42500.0"#),
        ("}}", "}"),
    ])
    func `a book that cannot be read is reported, and marked`(old: String, new: String) {
        let broken = DeribitSample.change.replacing(old, with: new)
        #expect(broken != DeribitSample.change)
        let reading = read(DeribitSample.snapshot, broken)
        #expect(reading.events.bookMessages.map(\.kind) == [.snapshot, .unreadable])
        #expect(reading.oddities.map(\.kind) == ["malformed"] && reading.events.bookLevels.count == 3)
    }

    @Test
    func `perpetual and index channels are statistics`() {
        let reading = read(DeribitSample.perpetual, DeribitSample.index)
        let statistics = reading.events.statistics
        #expect(statistics.map(\.kind) == [.fundingRate, .indexPrice, .indexPrice])
        #expect(statistics.map { reading.symbol($0.symbol) } == ["BTC-PERPETUAL", "BTC-PERPETUAL", "btc_usd"])
        #expect(statistics[0].value == decimal("0.004999511380756577"))
    }

    @Test
    func `a bar becomes an event when the next one begins`() {
        let later = DeribitSample.bar.replacing("1573645080000", with: "1573645140000")
        let reading = read(DeribitSample.bar, DeribitSample.bar.replacing("8791.25", with: "8792.5"), later, later)
        let event = reading.events.venueEvents.first
        #expect(reading.events.venueEvents.count == 1 && event?.kind == "chart.trades.1")
        #expect(event?.origin.message == 2 && reading.symbol(event?.symbol) == "BTC-PERPETUAL")
        let text = String(decoding: event?.json ?? [], as: UTF8.self)
        #expect(text.contains(#""close":8792.5"#))
    }

    @Test
    func `keys may come in any order, repeated, escaped or unknown`() {
        let reading = read(
            #"{"params":{"data":{"best_ask_amount":1,"best_ask_price":2,"best_bid_price":1,"x":[{}],"#
                + #""best_bid_price":1.50,"best_bid_amount":3,"timestamp":1765541767174},"#
                + #""chann\u0065l":"quote.A-B"},"usOut":1,"method":"subscription"}"#
        )
        #expect(reading.events.quotes.map(\.bidPrice?.description) == ["1.50"] && reading.oddities.isEmpty)
    }

    @Test(arguments: [
        ("1765531356452", "1765531356"), ("1765531356452", "1765531356452000"), (#""sell""#, #""hold""#),
        ("271252854", "123456789012345678901234567890"), ("92294.5", #""x""#), ("10.0", "-1"),
    ])
    func `values that cannot be are reported`(old: String, new: String) {
        let reading = read(DeribitSample.trades.replacing(old, with: new))
        #expect(reading.oddities.count == 1 && reading.outcome.unrecognised == 1)
        #expect(reading.events.trades.count >= 2)
    }

    @Test
    func `seconds make a trade without a time`() {
        let reading = read(DeribitSample.trades.replacing("1765531356452", with: "1765531356"))
        #expect(reading.events.trades.map { $0.tsEvent == nil } == [true, false, false])
    }

    @Test
    func `heartbeats and answers carry no rows`() {
        let reading = read(DeribitSample.heartbeat, DeribitSample.testRequest, DeribitSample.accepted)
        #expect(reading.outcome.recognised == 3 && reading.outcome.dataMessages == 0)
        #expect(reading.events.venueEvents.isEmpty && reading.sent.isEmpty)
        #expect(read(DeribitSample.refused).events.venueEvents.map(\.kind) == ["error"])
        #expect(read(#"{"hello":1}"#).oddities.map(\.kind) == ["unrecognised"])
    }
}
