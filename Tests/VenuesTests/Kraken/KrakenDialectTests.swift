import MarketModel
import Testing
import Venues

/// Excerpts of real messages, and the rows that they give.
struct KrakenDialectTests {
    static let trade =
        #"{"channel":"trade","type":"update","data":[{"symbol":"ETH/USDT","side":"sell","price":0.5117,"qty":40.0,"#
        + #""ord_type":"market","trade_id":4665906,"timestamp":"2023-09-25T07:49:37.708706Z"}]}"#
    static let ticker =
        #"{"channel":"ticker","type":"update","data":[{"symbol":"ETH/USDT","bid":0.10025,"bid_qty":740.0,"#
        + #""ask":0.10035,"ask_qty":740.00000000,"last":0.10035,"volume":997038.98383185,"vwap":0.10148,"#
        + #""low":0.09979,"high":0.10285,"change":-0.00017,"change_pct":-0.17}]}"#
    static let candle =
        #"{"channel":"ohlc","type":"update","timestamp":"2023-10-04T16:26:30.524394914Z","data":[{"#
        + #""symbol":"ETH/USDT","open":0.5624,"high":0.5628,"low":0.5622,"close":0.5627,"trades":12,"#
        + #""volume":30927.68066226,"vwap":0.5626,"interval_begin":"2023-10-04T16:25:00.000000000Z","#
        + #""interval":5,"timestamp":"2023-10-04T16:30:00.000000Z"}]}"#
    static let snapshot =
        #"{"channel":"book","type":"snapshot","data":[{"symbol":"ALGO/USD","bids":[{"price":0.12291,"#
        + #""qty":27039.62776299},{"price":0.12290,"qty":8136.33288180}],"asks":[{"price":0.12307,"#
        + #""qty":600.00000000}],"checksum":2375857985}]}"#
    static let change =
        #"{"channel":"book","type":"update","data":[{"symbol":"ALGO/USD","bids":[{"price":0.12275,"#
        + #""qty":6597.51731160}],"asks":[],"checksum":1100635717,"timestamp":"2024-10-03T02:46:57.050170Z"}]}"#
    static let subscribed =
        #"{"method":"subscribe","result":{"channel":"book","depth":25,"snapshot":true,"symbol":"ALGO/USD"},"#
        + #""success":true,"time_in":"2026-08-01T02:53:53.184174Z","time_out":"2026-08-01T02:53:53.184216Z"}"#
    static let unsubscribed =
        #"{"method":"unsubscribe","result":{"channel":"book","depth":25,"symbol":"ALGO/USD"},"success":true}"#
    static let status =
        #"{"channel":"status","data":[{"api_version":"v2","connection_id":14949390454975033707,"system":"online","#
        + #""version":"2.0.8"}],"type":"update"}"#
    static let heartbeat = #"{"channel":"heartbeat"}"#

    private func read(_ payloads: String...) -> KrakenRun {
        var run = KrakenRun(reading: .kraken)
        run.receive(payloads)
        return run
    }

    @Test("a trade has the taker's side, the digits as sent, its number and its time")
    func trades() {
        let run = read(Self.trade)
        #expect(run.outcome.recognised == 1 && run.outcome.dataMessages == 1 && run.events.venueEvents.isEmpty)
        let trade = run.events.trades.first
        #expect(trade.map { run.symbol($0.symbol) } == "ETH/USDT")
        #expect(trade?.price == FixedDecimal("0.5117") && trade?.size == FixedDecimal("40.0"))
        #expect(trade?.aggressorSide == .seller && trade?.tradeID == 4_665_906 && trade?.isExecution == true)
        #expect(trade?.tsEvent == UnixNanoseconds(iso8601: "2023-09-25T07:49:37.708706Z"))
    }

    @Test("trades of a snapshot are history")
    func history() {
        let run = read(Self.trade.replacing(#""type":"update""#, with: #""type":"snapshot""#))
        #expect(run.events.trades.first?.administrativeKind == "history")
        #expect(run.events.trades.first?.isExecution == false)
    }

    @Test("a ticker is a quote, with a time if the venue sends one")
    func quotes() {
        let newer = Self.ticker.replacing("}]}", with: #","timestamp":"2026-08-01T02:53:53.646219Z"}]}"#)
        let run = read(Self.ticker, newer)
        #expect(run.events.quotes.count == 2 && run.events.venueEvents.isEmpty)
        let quote = run.events.quotes[0]
        #expect(quote.bidPrice == FixedDecimal("0.10025") && quote.bidSize == FixedDecimal("740.0"))
        #expect(quote.askPrice == FixedDecimal("0.10035") && quote.askSize == FixedDecimal("740.00000000"))
        #expect(quote.tsEvent == nil)
        #expect(run.events.quotes[1].tsEvent == UnixNanoseconds(iso8601: "2026-08-01T02:53:53.646219Z"))
    }

    @Test("a candle is an event, and one of a snapshot is history")
    func candles() {
        let run = read(Self.candle, Self.candle.replacing(#""type":"update""#, with: #""type":"snapshot""#))
        #expect(run.events.venueEvents.map(\.kind) == ["ohlc", "ohlc_history"])
        #expect(run.events.venueEvents.allSatisfy { !$0.isOddity && $0.symbol.map(run.symbol) == "ETH/USDT" })
        #expect(String(decoding: run.events.venueEvents[0].json, as: UTF8.self).hasPrefix(#"{"symbol":"ETH/USDT""#))
    }

    @Test("a book has the depth of its acknowledgement, and its levels keep their trailing zeros")
    func books() {
        let run = read(Self.subscribed, Self.snapshot, Self.change, Self.unsubscribed)
        #expect(run.events.bookMessages.map(\.kind) == [.snapshot, .change, .ended])
        #expect(run.events.bookMessages.map(\.checksum) == [2_375_857_985, 1_100_635_717, nil])
        #expect(run.events.bookMessages.map(\.levels) == [0..<3, 3..<4, 0..<0])
        #expect(run.events.bookLevels[1].price.description == "0.12290")
        #expect(run.events.bookLevels[1].size.description == "8136.33288180")
        #expect(run.events.bookLevels.map(\.side) == [.bid, .bid, .ask, .bid])
        #expect(run.events.bookMessages[0].tsEvent == nil)
        #expect(run.events.bookMessages[1].tsEvent == UnixNanoseconds(iso8601: "2024-10-03T02:46:57.050170Z"))
        let entries = run.dialect.books.entries
        #expect(entries.count == 1 && entries[0].channel == "book" && run.symbol(entries[0].symbol) == "ALGO/USD")
        #expect(entries[0].rule.depth == 25 && entries[0].rule.checksum == .sides && entries[0].rule.start == .inBand)
        #expect(run.outcome.recognised == 4 && run.outcome.dataMessages == 2)
    }

    @Test(
        "without an acknowledgement, a snapshot shows the depth",
        arguments: [(1, 10), (10, 10), (11, 25), (700, 1000)]
    )
    func inferredDepth(levels: Int, depth: Int) {
        let bids = (1...levels).map { #"{"price":\#($0).5,"qty":1.0}"# }.joined(separator: ",")
        let run = read(
            #"{"channel":"book","type":"snapshot","data":[{"symbol":"A/B","bids":[\#(bids)],"asks":[],"checksum":1}]}"#
        )
        #expect(run.dialect.books.entries.map(\.rule.depth) == [depth])
    }

    @Test("members may come in any order, be repeated, unknown, or written with escapes")
    func otherOrder() {
        let run = read(
            #"{"data":[{"timestamp":"2023-09-25T07:49:37.708706Z","new":{"a":[1]},"qty":"1","qty":4e1,"#
                + #""trade_id":7,"price":"5.10","side":"buy","symbol":"ETH\/USDT"}],"x":null,"type":"update","#
                + #""ch\u0061nnel":"trade"}"#
        )
        let trade = run.events.trades.first
        #expect(trade.map { run.symbol($0.symbol) } == "ETH/USDT" && trade?.size == FixedDecimal("40"))
        #expect(trade?.price == FixedDecimal("5.10") && trade?.aggressorSide == .buyer && trade?.tradeID == 7)
    }

    @Test("a number of 30 digits is no trade number, and does not trap")
    func longNumbers() {
        let run = read(Self.trade.replacing("4665906", with: "123456789012345678901234567890"), Self.status)
        #expect(run.events.trades.first?.tradeID == nil && run.events.trades.count == 1)
        #expect(run.events.venueEvents.map(\.kind) == ["status"])
    }

    @Test(
        "an impossible time is an oddity, and the row has none",
        arguments: ["1995-01-01T00:00:00Z", "2162-01-01T00:00:00Z", "yesterday", "1695628177708"]
    )
    func times(text: String) {
        let run = read(Self.trade.replacing("2023-09-25T07:49:37.708706Z", with: text))
        #expect(run.events.trades.count == 1 && run.events.trades[0].tsEvent == nil)
        #expect(run.events.venueEvents.map(\.kind) == ["malformed"] && run.outcome.recognised == 1)
    }

    @Test("an element that cannot be read is reported, and the others are kept")
    func malformedElement() {
        let element = #"{"symbol":"ETH/USDT","side":"sell","price":"high","qty":1,"trade_id":1}"#
        let run = read(Self.trade.replacing(#""data":["#, with: #""data":[\#(element),"#))
        #expect(run.events.trades.count == 1 && run.events.trades[0].origin.item == 1)
        #expect(run.events.venueEvents.map(\.isOddity) == [true] && run.outcome.unrecognised == 1)
    }

    @Test("a book's change that cannot be read makes the book invalid")
    func unreadableChange() {
        let damaged = Self.change.replacing("6597.51731160", with: #""many""#)
        let run = read(
            Self.snapshot,
            damaged,
            Self.change.replacing("[{\"price\"", with: "[{\"price\""),
            "{\"channel\":"
        )
        #expect(run.events.bookMessages.map(\.kind) == [.snapshot, .unreadable, .change, .connectionHole])
        #expect(run.events.bookMessages[1].levels.isEmpty && run.events.bookLevels.count == 4)
        #expect(run.outcome.unrecognised == 2)
    }

    @Test("heartbeats and answers carry no data; what the venue does not send is an oddity")
    func otherMessages() {
        let run = read(Self.heartbeat, #"{"method":"pong","req_id":101}"#, #"{"a":1}"#, #"{"channel":"weather"}"#, "17")
        #expect(run.outcome.recognised == 2 && run.outcome.unrecognised == 3 && run.outcome.dataMessages == 0)
        #expect(run.events.venueEvents.map(\.kind) == ["unrecognised", "unrecognised", "malformed"])
    }

    @Test("the list of instruments gives names as this interface writes them, and their digits")
    func instruments() {
        let exchange = RESTExchange(url: "https://api.kraken.com/0/public/AssetPairs", status: 200)
        let body =
            #"{"error":[],"result":{"XBTUSDT":{"wsname":"XBT\/USDT","pair_decimals":1},"XDGUSD":{"pair_decimals":7,"#
            + #""wsname":"XDG/USD"},"OLD.d":{"altname":"OLD"}}}"#
        var batch = MessageBatch()
        batch.append(Array(Self.heartbeat.utf8), kind: .text, direction: .received, tsRecv: UnixNanoseconds(0))
        batch.append(exchange.head + Array(body.utf8), kind: .rest, direction: .received, tsRecv: UnixNanoseconds(0))
        var run = KrakenRun(reading: .kraken)
        run.receive(batch)
        #expect(run.events.instrumentDetails.map(\.origin.message) == [1, 1])
        #expect(run.events.instrumentDetails.map { run.symbol($0.symbol) } == ["BTC/USDT", "DOGE/USD"])
        #expect(run.events.instrumentDetails.map(\.priceDigits) == [1, 7] && run.outcome.recognised == 2)
        let names = Array(body.utf8).withUnsafeBytes { Venue.kraken.definition.instrumentNames(exchange, $0) }
        #expect(names == ["BTC/USDT", "DOGE/USD"])
        let other = RESTExchange(url: "https://api.kraken.com/0/public/Time", status: 200)
        #expect(Array(body.utf8).withUnsafeBytes { Venue.kraken.definition.instrumentNames(other, $0) } == nil)
    }

    @Test("damaged messages are read or reported")
    func damage() {
        let samples = [
            Self.trade, Self.ticker, Self.candle, Self.snapshot, Self.change, Self.subscribed, Self.unsubscribed,
            Self.status, Self.heartbeat,
        ]
        checkKrakenDamage(.kraken, context: [Self.subscribed, Self.snapshot], samples: samples)
    }
}
