import MarketModel
import Testing
import Venues

struct BybitDialectTests {
    private func read(_ messages: [String], _ product: BybitProduct = .spot) -> BybitReading {
        var reading = BybitReading(product)
        reading.read(messages)
        return reading
    }

    @Test
    func `trades have the taker's side, a number if the ID is one, and a mark if they are blocks`() throws {
        let reading = read([BybitSample.trades])
        let trades = reading.events.trades
        try #require(trades.count == 2)
        #expect(trades.map { reading.symbol($0.symbol) } == ["BTCUSDT", "BTCUSDT"])
        #expect(trades.map(\.tradeID) == [2_100_000_000_188_691_533, nil])
        #expect(trades.map(\.aggressorSide) == [.seller, .buyer])
        #expect(trades.map(\.price) == [decimal("77140.5"), decimal("77140.10")])
        #expect(trades[0].size == decimal("0.000078"))
        #expect(trades[0].tsEvent == UnixNanoseconds(1_789_299_670_888_000_000))
        #expect(trades.map(\.administrativeKind) == [nil, "block"])
        #expect(trades.map(\.origin.item) == [0, 1])
        #expect(reading.oddities.isEmpty && reading.outcome.dataMessages == 1)
    }

    @Test
    func `the best prices are a quote and a book of one level`() throws {
        let reading = read([BybitSample.best, BybitSample.best])
        let quote = try #require(reading.events.quotes.first)
        #expect(reading.events.quotes.count == 2 && reading.events.bookMessages.count == 2)
        #expect(quote.bidPrice == decimal("77140.5") && quote.bidSize == decimal("0.216593"))
        #expect(quote.askPrice == decimal("77140.6") && quote.askSize == decimal("0.324006"))
        #expect(quote.tsEvent == UnixNanoseconds(1_789_299_655_598_000_000) && quote.sequence == 1_980_705)
        let book = try #require(reading.dialect.books.entries.first)
        #expect(book.channel == "orderbook.1" && book.rule.start == .everyMessage && book.rule.depth == 1)
        #expect(reading.events.bookMessages.allSatisfy { $0.kind == .snapshot && $0.levels.count == 2 })
    }

    @Test
    func `an empty side has no price`() throws {
        let oneSided = BybitSample.best.replacing(#"[["77140.5","0.216593"]]"#, with: "[]")
        let quote = try #require(read([oneSided]).events.quotes.first)
        #expect(quote.bidPrice == nil && quote.bidSize == nil && quote.askPrice == decimal("77140.6"))
    }

    @Test
    func `a deep book is a snapshot and changes with numbers, with all digits`() throws {
        let reading = read([BybitSample.snapshot, BybitSample.change])
        let (messages, levels) = (reading.events.bookMessages, reading.events.bookLevels)
        #expect(messages.map(\.kind) == [.snapshot, .change])
        #expect(messages.map(\.last) == [3_734_358, 3_734_359] && messages.map(\.first) == messages.map(\.last))
        #expect(messages.map(\.levels) == [0..<3, 3..<4])
        #expect(messages[1].tsEvent == UnixNanoseconds(1_789_299_658_878_000_000))
        #expect(levels.map(\.side) == [.bid, .bid, .ask, .bid])
        #expect(levels[1].price == decimal("77140.40") && levels[3].size.isZero)
        let book = try #require(reading.dialect.books.entries.first)
        #expect(book.channel == "orderbook.50" && book.rule.start == .inBand && book.rule.chain == .following)
        #expect(reading.events.quotes.isEmpty)
    }

    @Test
    func `a change with the number 1 is a snapshot`() {
        let restarted = BybitSample.change.replacing(#""u":3734359"#, with: #""u":1"#)
        #expect(read([restarted]).events.bookMessages.map(\.kind) == [.snapshot])
    }

    @Test
    func `changes of the best prices, as in older recordings, are merged into quotes`() {
        let change = BybitSample.best.replacing("snapshot", with: "delta")
            .replacing(#"[["77140.6","0.324006"]]"#, with: "[]").replacing("0.216593", with: "5")
        let removal = BybitSample.best.replacing("snapshot", with: "delta")
            .replacing(#"[["77140.6","0.324006"]]"#, with: #"[["77140.60","0"]]"#)
        let quotes = read([change, BybitSample.best, change, removal]).events.quotes
        #expect(quotes.map(\.bidSize) == [decimal("0.216593"), decimal("5"), decimal("0.216593")])
        #expect(quotes.map(\.askPrice) == [decimal("77140.6"), decimal("77140.6"), nil])
    }

    @Test
    func `a ticker of contracts becomes statistics, and a change of one member keeps the others`() throws {
        let reading = read([BybitSample.ticker, BybitSample.tickerChange], .linear)
        let statistics = reading.events.statistics
        #expect(statistics.map(\.kind) == [.fundingRate, .markPrice, .indexPrice, .openInterest, .fundingRate])
        let values = ["-0.000212", "17217.33", "17227.36", "68744.761", "0.0001"]
        #expect(statistics.map(\.value) == values.compactMap { decimal($0) })
        let last = try #require(statistics.last)
        #expect(last.tsNext == UnixNanoseconds(1_673_280_000_000_000_000))
        #expect(last.tsEvent == UnixNanoseconds(1_673_272_861_786_000_000))
        #expect(reading.oddities.isEmpty)
    }

    @Test
    func `a ticker of spot, and one with empty members, has no rows and is no oddity`() {
        #expect(read([BybitSample.ticker]).events.statistics.isEmpty)
        let empty = BybitSample.tickerChange.replacing(#""fundingRate":"0.0001""#, with: #""fundingRate":"""#)
        let reading = read([empty], .linear)
        #expect(reading.events.statistics.isEmpty && reading.oddities.isEmpty)
    }

    @Test
    func `a liquidation has the side of the order, which closes the position`() throws {
        let reading = read([BybitSample.liquidation], .linear)
        let statistic = try #require(reading.events.statistics.first)
        #expect(statistic.kind == .liquidation && statistic.side == .buyer)
        #expect(statistic.value == decimal("0.04499") && statistic.size == decimal("20000"))
        #expect(statistic.tsEvent == UnixNanoseconds(1_739_502_302_929_000_000))
        #expect(reading.symbol(statistic.symbol) == "ETHUSDT")
    }

    @Test
    func `the older liquidation with one object has the same row`() throws {
        let old =
            #"{"data":{"price":"0.03803","side":"Buy","size":"1637","symbol":"GALAUSDT","#
            + #""updatedTime":1673251091822},"topic":"liquidation.GALAUSDT","ts":1673251091822,"type":"snapshot"}"#
        let statistic = try #require(read([old], .linear).events.statistics.first)
        #expect(statistic.side == .seller && statistic.size == decimal("1637"))
    }

    @Test
    func `only a closed kline becomes an event`() throws {
        let open = BybitSample.bar.replacing("true", with: "false")
        let reading = read([open, BybitSample.bar])
        let event = try #require(reading.events.venueEvents.first)
        #expect(reading.events.venueEvents.count == 1 && event.kind == "kline" && !event.isOddity)
        #expect(reading.symbol(event.symbol) == "BTCUSDT" && event.origin.message == 1)
        #expect(String(decoding: event.json, as: UTF8.self).hasPrefix(#"{"start":1672324800000,"#))
    }

    @Test
    func `the order of keys, repeats, unknown keys and numbers instead of strings change nothing`() throws {
        let odd =
            #"{"cts":1789299655598,"data":{"seq":1,"new":[{"a":1}],"u":9,"a":[[1,1]],"u":1980705,"#
            + #""a":[[77140.60,3.24006e-1,"x"]],"b":[[77140.5,0.216593]]},"type":"snapshot","#
            + #""t\u006fpic":"orderbook.1.BTCUSDT"}"#
        let reading = read([odd])
        let quote = try #require(reading.events.quotes.first)
        #expect(quote.askPrice == decimal("77140.60") && quote.askSize == decimal("0.324006"))
        #expect(quote.sequence == 1_980_705 && reading.events.bookLevels.count == 2 && reading.oddities.isEmpty)
    }

    @Test
    func `an ID of 30 digits is no number and no trap`() {
        let long = BybitSample.trades.replacing("2100000000188691533", with: "210000000018869153300000000000")
        let reading = read([long])
        #expect(reading.events.trades.map(\.tradeID) == [nil, nil] && reading.oddities.isEmpty)
    }

    @Test(arguments: ["1789299670", "1789299670888000", "0", "-5", "99999999999999999999", "\"x\"", "1.5", "null"])
    func `a time that cannot be in milliseconds is an oddity, and the row has no time`(text: String) {
        let reading = read([BybitSample.trades.replacing("1789299670888", with: text)])
        #expect(reading.events.trades.map { $0.tsEvent == nil } == [true, false])
        #expect(reading.oddities.count == 1 && reading.outcome.unrecognised == 1)
    }

    @Test
    func `a message of a book that cannot be read makes the book invalid`() {
        let broken = [
            BybitSample.change.replacing(#""0""#, with: #""-1""#), BybitSample.change.replacing(#""u""#, with: #""w""#),
            BybitSample.change.replacing(#""a":[]"#, with: #""c":[]"#),
            BybitSample.change.replacing("delta", with: "other"), String(BybitSample.change.dropLast(40)),
        ]
        for message in broken {
            let reading = read([BybitSample.snapshot, message])
            #expect(reading.events.bookMessages.map(\.kind) == [.snapshot, .unreadable], "\(message)")
            #expect(reading.events.bookLevels.count == 3 && reading.oddities.map(\.kind) == ["malformed"])
        }
    }

    @Test
    func `what the venue does not send is an oddity, and answers are not`() {
        let foreign = [#"{"a":1}"#, "[]", "", "7", #"{"op":"dance"}"#, #"{"topic":7}"#]
        let reading = read(foreign)
        #expect(reading.outcome.unrecognised == foreign.count && reading.oddities.count == foreign.count)
        let answers = read([BybitSample.accepted, BybitSample.pong, BybitSample.privatePong])
        #expect(answers.outcome.recognised == 3 && answers.outcome.dataMessages == 0)
        #expect(answers.events.venueEvents.isEmpty)
        let refused = read([BybitSample.refused]).events.venueEvents
        #expect(refused.map(\.kind) == ["error"] && refused.allSatisfy { !$0.isOddity })
    }

    @Test
    func `topics without rows are recognised`() {
        let other = #"{"topic":"priceLimit.BTCUSDT","ts":1789299655643,"data":{"symbol":"BTCUSDT"}}"#
        let reading = read([other, #"{"topic":"greeks","data":[]}"#])
        #expect(reading.outcome.recognised == 2 && reading.outcome.dataMessages == 2)
        #expect(reading.events.venueEvents.isEmpty)
    }
}
