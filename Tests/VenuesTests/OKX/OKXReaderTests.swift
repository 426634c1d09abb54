import MarketModel
import Testing
import Venues

struct OKXReaderTests {
    @Test(
        "a trade has the side of the taker, in any order of keys, with escapes, repeats and unknown members",
        arguments: [
            OKXSample.trade,
            #"{"data":[{"side":"buy","sz":"0.001","ts":"1652459226050","px":"30243.50","tradeId":"338476308","new":{},"#
                + #""count":"1","instId":"BTC-USDT"}],"arg":{"instId":"BTC-USDT","x":[1],"channel":"trades"}}"#,
            #"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"px":"1","tr\u0061deId":338476308,"#
                + #""px":30243.50,"sz":1e-3,"side":"\u0062uy","ts":1652459226050}]}"#,
        ]
    )
    func trade(text: String) {
        let reading = OKXReading([text])
        #expect(reading.events.trades.count == 1 && reading.events.venueEvents.isEmpty)
        let trade = reading.events.trades.first
        #expect(trade.map { reading.symbol($0.symbol) } == "BTC-USDT")
        #expect(trade?.price == FixedDecimal(mantissa: 3_024_350, digits: 2))
        #expect(trade?.size == FixedDecimal(mantissa: 1, digits: 3))
        #expect(trade?.aggressorSide == .buyer && trade?.tradeID == 338_476_308 && trade?.isAggregate == false)
        #expect(trade?.tsEvent == UnixNanoseconds(1_652_459_226_050_000_000) && trade?.administrativeKind == nil)
        #expect(reading.outcome.dataMessages == 1 && reading.outcome.recognised == 1)
    }

    @Test("several executions in one entry are an aggregate, and a number of 30 digits is left out")
    func aggregate() {
        let trades = OKXReading([
            OKXSample.aggregate, OKXSample.trade.replacing("338476308", with: String(repeating: "9", count: 30)),
        ]).events.trades
        #expect(trades.map(\.isAggregate) == [true, false] && trades.map(\.tradeID) == [130_639_474, nil])
        #expect(trades[0].aggressorSide == .seller)
    }

    @Test("bbo-tbt makes the quotes and a book; after it, tickers of the symbol make none")
    func quotes() {
        let other = OKXSample.ticker.replacing("BTC-USDT", with: "ETH-USDT")
        let reading = OKXReading([OKXSample.ticker, OKXSample.bestPrices, OKXSample.ticker, other])
        let quotes = reading.events.quotes
        #expect(quotes.map(\.origin.message) == [0, 1, 3])
        #expect(quotes[0].bidPrice?.description == "30228.6" && quotes[0].askSize?.description == "1.55896972")
        #expect(quotes[0].tsEvent == UnixNanoseconds(1_652_459_224_956_000_000) && quotes[0].sequence == nil)
        #expect(quotes[1].bidPrice?.description == "8476.97" && quotes[1].askPrice?.description == "8476.98")
        #expect(quotes[1].bidSize?.description == "256" && quotes[1].sequence == 123_456)
        #expect(reading.outcome.dataMessages == 4)
        let message = reading.events.bookMessages.first
        #expect(reading.events.bookMessages.count == 1 && message?.kind == .snapshot && message?.last == 123_456)
        #expect(message.map { reading.dialect.books[$0.book].rule.start } == .everyMessage)
    }

    @Test("an empty string is an absent side")
    func emptySide() {
        let text = OKXSample.ticker.replacing(#""bidPx":"30228.6""#, with: #""bidPx":"""#)
            .replacing(#""bidSz":"0.23393""#, with: #""bidSz":"""#)
        let quote = OKXReading([text]).events.quotes.first
        #expect(quote?.bidPrice == nil && quote?.bidSize == nil && quote?.askPrice != nil)
    }

    @Test("a book has a snapshot and changes, numbers, a checksum that 0 means none, and digits as sent")
    func book() {
        let reading = OKXReading([OKXSample.snapshot, OKXSample.update])
        let messages = reading.events.bookMessages
        #expect(messages.map(\.kind) == [.snapshot, .change] && messages.map(\.previous) == [-1, 123_456])
        #expect(messages.map(\.last) == [123_456, 123_459])
        #expect(messages.map(\.checksum) == [UInt32(bitPattern: -855_196_043), nil])
        #expect(messages.map(\.levels) == [0..<3, 3..<4])
        let levels = reading.events.bookLevels
        #expect(levels.map(\.side) == [.ask, .ask, .bid, .ask])
        #expect(levels.map(\.price.description) == ["8476.98", "8477.0", "8476.97", "8477"])
        #expect(levels.map(\.size.description) == ["415", "7", "256", "0"])
        #expect(messages[1].tsEvent == UnixNanoseconds(1_597_026_383_185_000_000))
        let entry = reading.dialect.books[messages[0].book]
        #expect(entry.channel == "books" && entry.rule.chain == .previous && entry.rule.checksum == .turns)
        #expect(entry.rule.start == .inBand && entry.rule.depth == nil)
    }

    @Test("a book of the time before numbers is read without them; five levels are complete each time")
    func bookRules() {
        let old = OKXSample.snapshot.replacing(#","prevSeqId":-1,"seqId":123456"#, with: "")
        let five = OKXSample.bestPrices.replacing("bbo-tbt", with: "books5")
        let reading = OKXReading([old, five])
        let entries = reading.dialect.books.entries
        #expect(entries.map(\.channel) == ["books", "books5"])
        #expect(reading.events.bookMessages.map(\.last) == [nil, 123_456])
        #expect(
            entries.map(\.rule.chain) == [.previous, .none] && entries.map(\.rule.start) == [.inBand, .everyMessage]
        )
        #expect(reading.events.quotes.isEmpty)
    }

    @Test("a change that cannot be read leaves no levels, and makes the book unreadable")
    func unreadable() {
        let broken = OKXSample.update.replacing(#"["8477","0","0","0"]"#, with: #"["8477","1"],["x","0"]"#)
        let cut = String(OKXSample.update.dropLast(20))
        let reading = OKXReading([OKXSample.snapshot, broken, cut, OKXSample.update])
        #expect(reading.events.bookMessages.map(\.kind) == [.snapshot, .unreadable, .unreadable, .change])
        #expect(reading.events.bookLevels.count == 4 && reading.oddities.count == 2)
        #expect(reading.outcome.unrecognised == 2 && reading.outcome.recognised == 2)
    }

    @Test("funding, mark, index, open interest and liquidations become statistics")
    func statistics() {
        func text(_ channel: String, _ member: String) -> String {
            #"{"arg":{"channel":"\#(channel)","instId":"A-B"},"#
                + #""data":[{"instId":"A-B",\#(member),"ts":"1597026383085"}]}"#
        }
        let reading = OKXReading([
            OKXSample.funding, text("mark-price", #""markPx":"0.10""#), text("index-tickers", #""idxPx":"-3.5""#),
            text("open-interest", #""oi":"5000","oiCcy":"555.55""#), OKXSample.liquidation,
        ])
        let found = reading.events.statistics
        #expect(
            found.map(\.kind) == [.fundingRate, .markPrice, .indexPrice, .openInterest, .liquidation, .liquidation]
        )
        #expect(
            found.map(\.value.description) == ["0.0001875391284828", "0.10", "-3.5", "5000", "0.007831", "0.0079"]
        )
        #expect(found[0].tsNext == UnixNanoseconds(1_700_726_400_000_000_000))
        #expect(found.dropFirst().allSatisfy { $0.tsNext == nil })
        #expect(found[4].side == .buyer && found[5].side == .seller && found[4].size?.description == "13")
        #expect(reading.symbol(found[4].symbol) == "IOST-USDT-SWAP" && found[5].origin.item == 1)
        #expect(found[1].tsEvent == UnixNanoseconds(1_597_026_383_085_000_000))
    }

    @Test("candles stay events with the venue's own text")
    func candles() {
        let event = OKXReading([OKXSample.candle]).events.venueEvents.first
        #expect(event?.kind == "candle1m" && event?.isOddity == false)
        #expect(
            event.map { String(decoding: $0.json, as: UTF8.self).hasPrefix(#"["1597026360000","8533.02""#) } == true
        )
    }

    @Test("a time in another unit becomes an oddity, and the row has no time", arguments: ["1652459226", "x", "1e30"])
    func times(text: String) {
        let reading = OKXReading([OKXSample.trade.replacing("1652459226050", with: text)])
        #expect(reading.events.trades.map(\.tsEvent) == [nil] && reading.oddities.count == 1)
        #expect(reading.outcome.recognised == 1 && reading.outcome.dataMessages == 1)
    }

    @Test("one entry that cannot be read does not hide the others")
    func partial() {
        let text =
            #"{"arg":{"channel":"trades","instId":"A-B"},"data":[{"px":"1","sz":"1","ts":""},{"px":"","sz":"1"},7,"#
            + #"{"px":"2","sz":"1"}]}"#
        let reading = OKXReading([text])
        #expect(reading.events.trades.map(\.price.description) == ["1", "2"] && reading.oddities.count == 2)
        #expect(reading.events.trades.map(\.origin.item) == [0, 3] && reading.outcome.unrecognised == 1)
        #expect(Set(reading.events.venueEvents.map(\.origin)).count == 2)
    }

    @Test("messages that OKX does not send are reported; unknown channels and pongs are recognised")
    func others() {
        let known = OKXReading([
            "pong", #"{"arg":{"channel":"price-limit","instId":"A-B"},"data":[{"x":1}]}"#,
            #"{"event":"channel-conn-count","channel":"orders","connCount":"2","connId":"a4d3ae55"}"#,
        ])
        #expect(known.outcome.recognised == 3 && known.outcome.dataMessages == 1 && known.oddities.isEmpty)
        let unknown = OKXReading(["", "[]", "{}", "ping", #"{"event":"x"}"#, #"{"arg":{"channel":"trades"}}"#])
        #expect(unknown.outcome.unrecognised == 6 && unknown.oddities.count == 6)
    }

    @Test("lists of instruments give names and details")
    func instruments() {
        let list =
            #"{"code":"0","data":[{"instId":"BTC-USD","tickSz":"0.10","x":{}},{"instId":"A-B-SWAP","tickSz":"5"}]}"#
        let request = "GET https://www.okx.com/api/v5/public/instruments?instType=SPOT 200\n"
        let other = "GET https://www.okx.com/api/v5/public/time 200\n{}"
        let reading = OKXReading([other, request + list], kind: .rest)
        let details = reading.events.instrumentDetails
        #expect(details.map(\.origin.message) == [1, 1])
        #expect(details.map { reading.symbol($0.symbol) } == ["BTC-USD", "A-B-SWAP"])
        #expect(details.map(\.priceDigits) == [1, 0] && details[0].terms.tickSize?.description == "0.10")
        #expect(String(decoding: details[0].json, as: UTF8.self) == #"{"instId":"BTC-USD","tickSz":"0.10","x":{}}"#)
        #expect(reading.outcome.recognised == 2 && reading.outcome.dataMessages == 0)
        let exchange = RESTExchange(url: "https://www.okx.com/api/v5/public/instruments?instType=SPOT", status: 200)
        let names = Array(list.utf8).withUnsafeBytes { Venue.okx.definition.instrumentNames(exchange, $0) }
        #expect(names == ["BTC-USD", "A-B-SWAP"])
        let broken = OKXReading([request + "{"], kind: .rest)
        #expect(broken.outcome.unrecognised == 1 && broken.oddities.count == 1)
    }
}
