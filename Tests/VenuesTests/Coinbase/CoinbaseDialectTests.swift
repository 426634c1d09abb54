import MarketModel
import Testing
import Venues

/// Excerpts of real messages, and the rows that they give.
struct CoinbaseDialectTests {
    static func message(_ channel: String, _ number: Int, _ events: String) -> String {
        #"{"channel":"\#(channel)","timestamp":"2026-09-30T02:39:53.76027728Z","sequence_num":\#(number),"#
            + #""events":[\#(events)]}"#
    }

    static let tradeEvent =
        #"{"type":"update","trades":[{"product_id":"ETH-USDT","trade_id":"22381691","price":"2375.56","size":"0.5","#
        + #""time":"2024-10-04T07:13:31.088388Z","side":"BUY"},{"product_id":"ETH-USDT","trade_id":"22381690","#
        + #""price":"2375.50","size":"0.25","time":"2024-10-04T07:13:31.084859Z","side":"SELL"}]}"#
    static let tickerEvent =
        #"{"type":"snapshot","tickers":[{"type":"ticker","product_id":"ETH-USDT","price":"21932.98","#
        + #""volume_24_h":"16038.28770938","best_bid":"21931.98","best_bid_quantity":"8000.21","#
        + #""best_ask":"21933.98","best_ask_quantity":"8038.07770938"}]}"#
    static let candleEvent =
        #"{"type":"update","candles":[{"start":"1688998200","high":"1867.72","low":"1865.63","open":"1867.38","#
        + #""close":"1866.81","volume":"0.20269406","product_id":"ETH-USDT"}]}"#
    static let snapshotEvent =
        #"{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"1970-01-01T00:00:00Z","#
        + #""price_level":"68900.00","new_quantity":"1.50000000"},{"side":"offer","#
        + #""event_time":"1970-01-01T00:00:00Z","price_level":"68901.00","new_quantity":"0.50000000"}]}"#
    static let changeEvent =
        #"{"type":"update","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2026-09-30T02:39:53.495541Z","#
        + #""price_level":"72867.6","new_quantity":"0"},{"side":"offer","event_time":"2026-09-30T02:39:53.495541Z","#
        + #""price_level":"83328.01","new_quantity":"0.10"}]}"#

    static let trades = message("market_trades", 5, tradeEvent)
    static let ticker = message("ticker", 6, tickerEvent)
    static let candle = message("candles", 7, candleEvent)
    static let snapshot = message("l2_data", 3, snapshotEvent)
    static let change = message("l2_data", 4, changeEvent)
    static let heartbeat = message(
        "heartbeats",
        8,
        #"{"current_time":"2024-10-04 07:04:40.820713045 +0000 UTC m=+66987.628148662","heartbeat_counter":66987}"#
    )
    static let subscriptions = message(
        "subscriptions",
        9,
        #"{"subscriptions":{"level2":["BTC-USD"],"market_trades":["BTC-USD","ETH-USD"]}}"#
    )

    private func read(_ payloads: String...) -> CoinbaseRun {
        var run = CoinbaseRun()
        run.receive(payloads)
        return run
    }

    @Test("trades have the taker's side, and the order in which they happened")
    func tradeRows() {
        let run = read(Self.trades)
        #expect(run.outcome.recognised == 1 && run.outcome.dataMessages == 1 && run.events.venueEvents.isEmpty)
        let trades = run.events.trades
        #expect(trades.map(\.tradeID) == [22_381_690, 22_381_691] && trades.map(\.origin.item) == [0, 1])
        #expect(trades.map(\.aggressorSide) == [.buyer, .seller] && trades.allSatisfy(\.isExecution))
        #expect(trades.map(\.price.description) == ["2375.50", "2375.56"])
        #expect(trades.map { run.symbol($0.symbol) } == ["ETH-USDT", "ETH-USDT"])
        #expect(trades[1].tsEvent == UnixNanoseconds(iso8601: "2024-10-04T07:13:31.088388Z"))
        #expect(trades[1].size == FixedDecimal("0.5"))
    }

    @Test("trades that are listed in order stay in order")
    func ascending() {
        let run = read(Self.trades.replacing("22381691", with: "22381689"))
        #expect(run.events.trades.map(\.tradeID) == [22_381_689, 22_381_690])
        #expect(run.events.trades.map(\.aggressorSide) == [.seller, .buyer])
    }

    @Test("trades of a snapshot are history")
    func history() {
        let run = read(Self.trades.replacing(#""type":"update""#, with: #""type":"snapshot""#))
        #expect(run.events.trades.map(\.administrativeKind) == ["history", "history"])
        #expect(run.events.trades.allSatisfy { !$0.isExecution })
    }

    @Test("an id of 30 digits is no number, and a time in milliseconds is an oddity")
    func oddValues() {
        let id = read(Self.trades.replacing("22381691", with: String(repeating: "9", count: 30)))
        #expect(id.events.trades.compactMap(\.tradeID) == [22_381_690] && id.events.trades.count == 2)
        let time = read(Self.trades.replacing("\"2024-10-04T07:13:31.088388Z\"", with: "1728026011088"))
        #expect(time.events.trades.map { $0.tsEvent == nil } == [false, true] && time.oddities.count == 1)
        #expect(time.outcome.recognised == 1)
    }

    @Test("one trade that cannot be read does not spoil the others")
    func oneBad() {
        let run = read(Self.trades.replacing("\"0.25\"", with: "\"much\""))
        #expect(run.events.trades.map(\.tradeID) == [22_381_691] && run.outcome.unrecognised == 1)
        #expect(run.oddities == [#"{"reason":"no decimal as size","bytes":\#(Self.trades.utf8.count)}"#])
    }

    @Test("a ticker is a quote with the message's time and number")
    func quotes() {
        let run = read(Self.ticker)
        let quote = run.events.quotes.first
        #expect(quote?.bidPrice == FixedDecimal("21931.98") && quote?.bidSize == FixedDecimal("8000.21"))
        #expect(quote?.askPrice == FixedDecimal("21933.98") && quote?.askSize == FixedDecimal("8038.07770938"))
        #expect(quote?.tsEvent == UnixNanoseconds(iso8601: "2026-09-30T02:39:53.76027728Z") && quote?.sequence == 6)
        let oneSided = read(Self.ticker.replacing("\"21933.98\"", with: "\"\""))
        #expect(oneSided.events.quotes.first?.askPrice == nil && oneSided.events.quotes.first?.bidPrice != nil)
    }

    @Test("candles, tickers without bid and ask, accounts and errors are events")
    func eventRows() {
        let run = read(
            Self.candle,
            Self.candle.replacing(#""type":"update""#, with: #""type":"snapshot""#),
            Self.message("ticker_batch", 8, #"{"type":"snapshot","tickers":[]}"#),
            Self.message("user", 9, #"{"type":"snapshot","orders":[]}"#),
            #"{"type":"error","message":"authentication failure"}"#,
            Self.message("weather", 10, "{}"),
            #"{"type":"greeting"}"#
        )
        let kinds = run.events.venueEvents.map(\.kind)
        #expect(
            kinds == ["candles", "candles_history", "ticker_batch", "user", "error", "unrecognised", "unrecognised"]
        )
        #expect(run.outcome.recognised == 5 && run.outcome.unrecognised == 2)
        #expect(run.events.venueEvents.first?.symbol.map(run.symbol) == "ETH-USDT")
    }

    @Test("a book has the digits as sent; a snapshot has the time of its message")
    func books() {
        let run = read(Self.snapshot, Self.change)
        #expect(run.events.bookMessages.map(\.kind) == [.snapshot, .change] && run.oddities.isEmpty)
        #expect(run.events.bookMessages.map(\.levels) == [0..<2, 2..<4])
        #expect(run.events.bookMessages.map(\.last) == [3, 4])
        #expect(run.events.bookLevels.map(\.side) == [.bid, .ask, .bid, .ask])
        #expect(run.events.bookLevels.map(\.size.description) == ["1.50000000", "0.50000000", "0", "0.10"])
        #expect(run.events.bookMessages[0].tsEvent == UnixNanoseconds(iso8601: "2026-09-30T02:39:53.76027728Z"))
        #expect(run.events.bookMessages[1].tsEvent == UnixNanoseconds(iso8601: "2026-09-30T02:39:53.495541Z"))
        let entry = run.dialect.books.entries.first
        #expect(run.dialect.books.entries.count == 1 && entry?.channel == "l2_data")
        #expect(entry?.rule.isNumberedByConnection == true && entry?.rule.isUnverifiable == false)
    }

    @Test("a number that is left out is a hole of the connection and of all its books")
    func holes() {
        var run = read(Self.snapshot, Self.change, Self.change.replacing("BTC-", with: "ETH-").numbered(5))
        run.receive([Self.trades.numbered(8), Self.heartbeat.numbered(9)])
        let hole = ConnectionHole(origin: EventOrigin(message: 0, item: 0), last: 5, next: 8)
        #expect(run.events.connectionHoles == [hole] && run.events.trades.count == 2)
        #expect(run.events.bookMessages.map(\.kind) == [.connectionHole, .connectionHole])
        #expect(run.events.bookMessages.map(\.previous) == [5, 5] && run.events.bookMessages.map(\.first) == [8, 8])
        #expect(Set(run.events.bookMessages.map(\.book)).count == 2)
    }

    @Test("old messages change no book, and their trades are kept")
    func old() {
        var run = read(Self.snapshot, Self.change.numbered(9))
        run.receive([Self.change.numbered(8), Self.change.numbered(9), Self.trades.numbered(7)])
        #expect(run.events.bookMessages.isEmpty && run.events.trades.count == 2 && run.oddities.isEmpty)
        #expect(run.events.connectionHoles.isEmpty && run.outcome.recognised == 3)
    }

    @Test("the number 0 starts a new connection, whose books need a snapshot")
    func restart() {
        var run = read(Self.snapshot, Self.change)
        run.receive([Self.heartbeat.numbered(0), Self.snapshot.numbered(1)])
        #expect(run.events.bookMessages.map(\.kind) == [.connectionHole, .snapshot])
        #expect(run.events.connectionHoles.isEmpty)
    }

    @Test("an unreadable message is no missing one, but every book may lack its change")
    func unreadable() {
        var run = read(Self.snapshot)
        run.receive([String(Self.change.dropLast(9)), Self.change.numbered(5)])
        #expect(run.events.bookMessages.map(\.kind) == [.connectionHole, .change])
        #expect(run.events.connectionHoles.isEmpty && run.oddities.count == 1)
        run.receive([Self.change.numbered(6).replacing("\"0.10\"", with: "\"-1\"")])
        #expect(run.events.bookMessages.map(\.kind) == [.unreadable] && run.events.bookLevels.isEmpty)
        #expect(run.outcome.unrecognised == 1)
    }

    @Test("an acknowledgement without the symbol ends its book")
    func ending() {
        var run = read(Self.snapshot, Self.subscriptions.numbered(4))
        #expect(run.events.bookMessages.map(\.kind) == [.snapshot])
        run.receive([Self.subscriptions.numbered(5).replacing(#"["BTC-USD"]"#, with: #"["ETH-USD"]"#)])
        #expect(run.events.bookMessages.map(\.kind) == [.ended] && run.outcome.dataMessages == 0)
    }

    @Test("damaged messages are read or reported")
    func damage() {
        let samples = [
            Self.trades, Self.ticker, Self.candle, Self.snapshot.numbered(4), Self.change, Self.heartbeat,
            Self.subscriptions,
        ]
        checkCoinbaseDamage(.coinbase, context: [Self.snapshot], samples: samples)
    }

    @Test("secrets of requests are removed, and other messages stay as they are")
    func secrets() {
        var redactor = Venue.coinbase.makeRedactor()
        var batch = MessageBatch()
        let plain = #"{"type":"subscribe","channel":"level2","product_ids":["BTC-USD"]}"#
        let signed = #"{"type":"subscribe","channel":"user","\u006awt":"eyJhbGci","product_ids":["BTC-USD"]}"#
        for text in [plain, signed, #"{"type":"subscribe","jwt":"eyJ"#] {
            batch.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(7))
        }
        batch.append(Self.trades.utf8, direction: .received, tsRecv: UnixNanoseconds(8))
        redactor.redact(&batch)
        let redacted = #"{"type":"subscribe","channel":"user","jwt":"***","product_ids":["BTC-USD"]}"#
        #expect(texts(batch) == [plain, redacted, "\"***\"", Self.trades])
        #expect(batch.entries.map(\.isRedacted) == [false, true, true, false])
    }
}

extension String {
    /// The message with another `sequence_num`.
    func numbered(_ number: Int) -> String {
        replacing(/"sequence_num":\d+/, with: #""sequence_num":\#(number)"#)
    }
}
