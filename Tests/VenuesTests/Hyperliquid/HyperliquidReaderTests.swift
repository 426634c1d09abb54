import MarketModel
import Testing
import Venues

struct HyperliquidReaderTests {
    @Test("trades have the taker's side, their number, and the digits that were sent")
    func trades() throws {
        let reading = HyperliquidReading([HyperliquidSample.trade, HyperliquidSample.trades])
        #expect(reading.events.trades.count == 3 && reading.oddities.isEmpty)
        let first = reading.events.trades[0]
        #expect(reading.symbol(first.symbol) == "HYPE" && first.tradeID == 716_095_722_814_130)
        #expect(first.price.description == "35.2760" && first.size.description == "5.78")
        #expect(first.tsEvent == UnixNanoseconds(1_764_835_613_064_000_000) && first.aggressorSide == .buyer)
        #expect(first.administrativeKind == nil && !first.isAggregate)
        let second = reading.events.trades[1]
        #expect(second.aggressorSide == .seller && second.tradeID == 2 && reading.symbol(second.symbol) == "@107")
        #expect(reading.events.trades.map(\.origin.item) == [0, 0, 1])
        #expect(reading.outcome.dataMessages == 2 && reading.outcome.recognised == 2)
    }

    @Test("the first message of trades after an acknowledgement is history, and only that")
    func history() {
        let accepted = HyperliquidSample.accepted("trades", "HYPE")
        let trade = HyperliquidSample.trade
        let reading = HyperliquidReading([trade, accepted, HyperliquidSample.trades, trade, trade, accepted, trade])
        let kinds = reading.events.trades.filter { reading.symbol($0.symbol) == "HYPE" }.map(\.administrativeKind)
        #expect(kinds == [nil, "history", nil, "history"])
        let others = reading.events.trades.filter { reading.symbol($0.symbol) == "@107" }
        #expect(others.count == 2 && others.allSatisfy { $0.administrativeKind == nil })
        #expect(reading.events.trades.map(\.isExecution) == [true, true, true, false, true, false])
    }

    @Test("a first message that comes much later than the acknowledgement is no history")
    func lateHistory() {
        let pongs = [String](repeating: HyperliquidSample.pong, count: 10)
        let reading = HyperliquidReading(
            [HyperliquidSample.accepted("trades", "HYPE")] + pongs + [HyperliquidSample.trade]
        )
        #expect(reading.events.trades.map(\.administrativeKind) == [nil])
        let ended = HyperliquidReading([
            HyperliquidSample.accepted("trades", "HYPE"),
            HyperliquidSample.accepted("trades", "HYPE", method: "unsubscribe"), HyperliquidSample.trade,
        ])
        #expect(ended.events.trades.map(\.administrativeKind) == [nil])
    }

    @Test("best prices become quotes, and a side may be empty")
    func quotes() {
        let reading = HyperliquidReading([HyperliquidSample.best, HyperliquidSample.bidOnly])
        let quotes = reading.events.quotes
        #expect(quotes.count == 2 && reading.events.bookMessages.isEmpty && reading.oddities.isEmpty)
        #expect(quotes[0].bidPrice?.description == "23.757" && quotes[0].bidSize?.description == "42.09")
        #expect(quotes[0].askPrice?.description == "23.758" && quotes[0].askSize?.description == "100.26")
        #expect(quotes[0].tsEvent == UnixNanoseconds(1_766_566_375_292_000_000))
        #expect(quotes[1].bidPrice != nil && quotes[1].askPrice == nil && quotes[1].askSize == nil)
    }

    @Test("each message of a book is the whole book")
    func book() throws {
        let reading = HyperliquidReading([
            HyperliquidSample.book, HyperliquidSample.accepted("l2Book", "HYPE", method: "unsubscribe"),
        ])
        let entry = try #require(reading.dialect.books.entries.first)
        #expect(entry.channel == "l2Book" && reading.symbol(entry.symbol) == "HYPE")
        #expect(entry.rule.start == .everyMessage && entry.rule.isUnverifiable)
        #expect(reading.events.bookMessages.map(\.kind) == [.snapshot, .ended])
        let book = reading.events.bookMessages[0]
        #expect(book.tsEvent == UnixNanoseconds(1_764_842_873_555_000_000) && book.levels == 0..<3)
        let levels = reading.events.bookLevels
        #expect(levels.map(\.side) == [.bid, .bid, .ask])
        #expect(levels.map(\.price.description) == ["34.967", "34.9620", "34.969"])
        #expect(levels.map(\.size.description) == ["2.85", "3.84", "1473.06"])
    }

    @Test("a book that cannot be read is unreadable, and leaves no levels")
    func unreadableBook() {
        let broken = [
            HyperliquidSample.book.replacing(#""sz":"1473.06""#, with: #""sz":"x""#),
            String(HyperliquidSample.book.dropLast(30)),
        ]
        for text in broken {
            let reading = HyperliquidReading([HyperliquidSample.book, text])
            #expect(reading.events.bookMessages.map(\.kind) == [.snapshot, .unreadable])
            #expect(reading.events.bookLevels.count == 3 && reading.oddities.count == 1)
            #expect(reading.outcome.recognised == 1 && reading.outcome.unrecognised == 1)
        }
    }

    @Test("the context of a perpetual becomes four statistics; that of a spot pair has a mark price")
    func statistics() {
        let reading = HyperliquidReading([HyperliquidSample.context, HyperliquidSample.spotContext])
        let statistics = reading.events.statistics
        #expect(statistics.map(\.kind) == [.fundingRate, .markPrice, .indexPrice, .openInterest, .markPrice])
        #expect(statistics.map(\.value.description) == ["0.0000125", "14.3161", "14.32", "688.11", "0.22695"])
        #expect(statistics.map { reading.symbol($0.symbol) } == ["BTC", "BTC", "BTC", "BTC", "@107"])
        #expect(statistics.allSatisfy { $0.tsEvent == nil && $0.tsNext == nil } && reading.oddities.isEmpty)
    }

    @Test("candles stay events; mids, answers to pings and unknown channels carry no rows")
    func others() {
        let reading = HyperliquidReading([
            HyperliquidSample.candle, HyperliquidSample.mids, HyperliquidSample.pong,
            #"{"channel":"webData9","data":{"x":1}}"#, "Websocket connection established.",
        ])
        #expect(reading.events.venueEvents.map(\.kind) == ["candle"] && reading.oddities.isEmpty)
        #expect(reading.events.venueEvents[0].symbol.map(reading.symbol) == "HYPE")
        #expect(reading.outcome.recognised == 5 && reading.outcome.dataMessages == 2)
    }

    @Test("keys may come in any order, repeated, escaped or unknown, and numbers may be JSON numbers")
    func leniency() throws {
        let reading = HyperliquidReading([
            #"{"data":[{"px":1,"sz":2e-1,"\u0063oin":"A\u002fB","px":3.50,"tid":123456789012345678901234567890,"#
                + #""new":[{}]}],"seq":1,"channel":"trades"}"#
        ])
        let trade = try #require(reading.events.trades.first)
        #expect(trade.price.description == "3.50" && trade.size.description == "0.2" && trade.tradeID == nil)
        #expect(reading.symbol(trade.symbol) == "A/B" && trade.tsEvent == nil && trade.aggressorSide == nil)
        #expect(reading.oddities.isEmpty)
    }

    @Test("a time in seconds becomes an oddity, and the row has no time")
    func seconds() {
        let reading = HyperliquidReading([HyperliquidSample.best.replacing("1766566375292", with: "1766566375")])
        #expect(reading.events.quotes.count == 1 && reading.events.quotes[0].tsEvent == nil)
        #expect(reading.oddities.count == 1 && reading.outcome.recognised == 1)
    }

    @Test("an entry that cannot be read does not hide the others")
    func oneBadTrade() {
        let reading = HyperliquidReading([HyperliquidSample.trades.replacing(#""px":"3","#, with: "")])
        #expect(reading.events.trades.map(\.tradeID) == [3] && reading.oddities.count == 1)
        #expect(reading.outcome.unrecognised == 1)
    }

    @Test(
        "what the venue does not send is reported",
        arguments: [
            "", "[]", "{}", "null", #"{"channel":1}"#, #"{"channel":"trades"}"#, "Websocket connection", "{\"a",
        ]
    )
    func foreign(text: String) {
        let reading = HyperliquidReading([text])
        #expect(reading.outcome.unrecognised == 1 && reading.outcome.recognised == 0 && reading.oddities.count == 1)
    }

    @Test("every truncation and every change of a byte is read or reported", arguments: HyperliquidSample.all)
    func mutations(message: String) {
        let original = Array(message.utf8)
        for position in original.indices {
            check(Array(original[..<position]), "cut at \(position)")
            for byte in Array(#"0-"}],e\"#.utf8) + [0xFF] {
                var changed = original
                changed[position] = byte
                check(changed, "byte \(position) set to \(byte)")
            }
        }
    }

    private func check(_ payload: [UInt8], _ note: @autoclosure () -> Comment) {
        var batch = MessageBatch()
        batch.append(payload, direction: .received, tsRecv: UnixNanoseconds(0))
        var reading = HyperliquidReading([])
        reading.read(batch)
        let outcome = reading.outcome
        let levels = reading.events.bookLevels.count
        let isSound =
            outcome.recognised + outcome.unrecognised == 1
            && (outcome.unrecognised == 0 || !reading.oddities.isEmpty)
            && reading.events.bookMessages.reduce(0) { $0 + $1.levels.count } == levels
            && reading.events.bookMessages.allSatisfy { Int($0.book.value) < reading.dialect.books.entries.count }
        if !isSound { Issue.record(note()) }
    }
}
