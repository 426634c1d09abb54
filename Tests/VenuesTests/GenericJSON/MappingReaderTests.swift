import MarketModel
import Testing
import Venues

/// Rows of messages that a mapping describes.
struct MappingReaderTests {
    /// A mapping with one kind of message.
    private static func mapping(_ message: String) -> String { #"{"message":[\#(message)]}"# }

    static let trade = mapping(
        #"{"kind":"trade","match":{"type":"trade"},"symbol":"s","price":"p","size":"q","side":"side","id":"i","#
            + #""time":"t","time_unit":"ms"}"#
    )

    @Test("a trade keeps its digits, side, number and time")
    func trades() throws {
        var run = MappingRun(Self.trade)
        run.receive(#"{"type":"trade","s":"X","p":"1.50","q":3.250,"side":"SELL","i":"17","t":1767605400123}"#)
        let trade = try #require(run.events.trades.first)
        #expect(trade.price.description == "1.50" && trade.size.description == "3.250")
        #expect(trade.aggressorSide == .seller && trade.tradeID == 17 && run.text(trade.symbol) == "X")
        #expect(trade.tsEvent == UnixNanoseconds(1_767_605_400_123_000_000))
        #expect(run.outcome.recognised == 1 && run.outcome.dataMessages == 1 && run.oddities.isEmpty)
    }

    @Test(
        "a required value that is missing or wrong is named",
        arguments: [
            (#"{"type":"trade","s":"X","q":1}"#, "'price' (p) is missing"),
            (#"{"type":"trade","s":"X","p":null,"q":1}"#, "'price' (p) is missing"),
            (#"{"type":"trade","p":1,"q":1}"#, "'symbol' (s) is missing"),
            (#"{"type":"trade","s":"X","p":1}"#, "'size' (q) is missing"),
            (#"{"type":"trade","s":"X","p":"1.2.3","q":1}"#, "'price' (p) is no decimal"),
            (#"{"type":"trade","s":"X","p":1.2345678901234567890123,"q":1}"#, "'price' (p) is no decimal"),
            (#"{"type":"trade","s":"X","p":1,"q":-1}"#, "'size' is negative"),
            (#"{"type":"trade","s":["X"],"p":1,"q":1}"#, "'symbol' (s) is no text"),
        ]
    )
    func required(message: String, reason: String) {
        var run = MappingRun(Self.trade)
        run.receive(message)
        #expect(run.events.trades.isEmpty && run.oddities.count == 1)
        #expect(run.oddities.first?.contains(reason) == true, "\(run.oddities)")
        #expect(run.outcome.unrecognised == 1 && run.outcome.recognised == 0)
    }

    @Test("an optional value that is wrong is an oddity beside the row")
    func optional() {
        var run = MappingRun(Self.trade)
        run.receive(#"{"type":"trade","s":"X","p":1,"q":1,"side":"neither","t":"yesterday"}"#)
        #expect(run.events.trades.map(\.tsEvent) == [nil] && run.events.trades.map(\.aggressorSide) == [nil])
        #expect(run.oddities.count == 2)
        run.receive(#"{"type":"trade","s":"X","p":1,"q":1}"#)
        #expect(run.events.trades.count == 1 && run.oddities.isEmpty)
    }

    @Test("messages that match nothing, and broken ones, are oddities")
    func unmatched() {
        var run = MappingRun(Self.trade)
        run.receive(#"{"type":"other"}"#, "[1,2", "", "pong", #"{"type":"trade"} x"#, "\"\"")
        #expect(
            run.events.venueEvents.map(\.kind).sorted() == [
                "malformed", "malformed", "malformed", "malformed", "unrecognised", "unrecognised",
            ]
        )
        #expect(run.outcome.unrecognised == 6 && run.events.trades.isEmpty)
    }

    @Test("paths lead into lists, by position and for each element")
    func lists() {
        var run = MappingRun(
            Self.mapping(
                #"{"kind":"trade","match":{"1":"te"},"symbol":"0","price":"2.3","size":"2.2","signed_size":true,"#
                    + #""id":"2.0","time":"2.1","time_unit":"ms"}"#
            )
        )
        run.receive(#"["tBTCUSD","te",[401597395,1767605400123,-0.005,7245.3]]"#, #"["tBTCUSD","hb"]"#)
        #expect(run.events.trades.map(\.aggressorSide) == [.seller] && run.oddities.count == 1)
        #expect(run.events.trades.first?.size.description == "0.005")
        run = MappingRun(
            Self.mapping(
                #"{"kind":"trade","match":{"e":"many"},"symbol":"data.*.s","price":"data.*.fills.*.0","#
                    + #""size":"data.*.fills.*.1"}"#
            )
        )
        run.receive(
            #"{"data":[{"fills":[["1","2"],["3","4"]],"s":"A"},{"s":"B","fills":[]},"#
                + #"{"s":"C","fills":[["5"],["6","7"]]}],"e":"many"}"#
        )
        #expect(run.events.trades.map { run.text($0.symbol) } == ["A", "A", "C"])
        #expect(run.events.trades.map(\.price.description) == ["1", "3", "6"])
        #expect(run.events.trades.map(\.size.description) == ["2", "4", "7"])
        #expect(run.oddities.count == 1 && Set(run.events.trades.map(\.origin.item)).count == 3)
    }

    @Test("elements can be told apart by their own values")
    func elements() {
        var run = MappingRun(
            #"{"message":[{"kind":"trade","match":{"type":"update","events.*.type":"trade"},"symbol_is":"A","#
                + #""price":"events.*.price","size":"events.*.amount"},"#
                + #"{"kind":"quote","match":{"type":"update","events.*.type":["bid","b*d"]},"symbol_is":"A","#
                + #""bid":"events.*.price"}]}"#
        )
        run.receive(
            #"{"type":"update","events":[{"type":"bid","price":"1"},{"type":"trade","price":"2","amount":"3"},"#
                + #"{"type":"bad","price":"4"},{"type":"ask","price":"5"}]}"#
        )
        #expect(run.events.trades.map(\.price.description) == ["2"])
        #expect(run.events.quotes.map(\.bidPrice?.description) == ["1", "4"] && run.oddities.isEmpty)
    }

    @Test("one message may give rows of several kinds")
    func several() {
        var run = MappingRun(
            #"{"message":[{"kind":"quote","match":{"e":"t"},"symbol":"s","bid":"b","ask":"a"},"#
                + #"{"kind":"mark","match":{"e":"t","m":"*"},"symbol":"s","value":"m"},"#
                + #"{"kind":"funding","match":{"e":"t"},"absent":"m","symbol":"s","value":"f","time":"t","next":"n","#
                + #""time_unit":"s"}]}"#
        )
        run.receive(
            #"{"e":"t","s":"X","b":"1","a":null,"m":"5"}"#,
            #"{"e":"t","s":"X","b":"1","a":"2","f":"0.01","t":1767605400.5,"n":1767608000}"#
        )
        #expect(run.events.quotes.map(\.askPrice?.description) == [nil, "2"])
        #expect(run.events.statistics.map(\.kind) == [.markPrice, .fundingRate])
        #expect(run.events.statistics.map(\.tsEvent?.rawValue) == [nil, 1_767_605_400_500_000_000])
        #expect(run.events.statistics.map(\.tsNext?.rawValue) == [nil, 1_767_608_000_000_000_000])
        #expect(Set(run.events.statistics.map(\.origin)).count == 2 && run.oddities.isEmpty)
    }

    @Test(
        "times in every unit, exactly",
        arguments: [
            ("s", "1767605400", 1_767_605_400_000_000_000),
            ("s", #""1767605400.123456789""#, 1_767_605_400_123_456_789),
            ("ms", "1767605400123.5", 1_767_605_400_123_500_000),
            ("us", #""1767605400123456""#, 1_767_605_400_123_456_000),
            ("ns", "1767605400123456789", 1_767_605_400_123_456_789),
            ("iso", #""2026-01-05T09:30:00.25Z""#, 1_767_605_400_250_000_000),
            ("iso", #""2026-01-05T11:30:00+02:00""#, 1_767_605_400_000_000_000),
        ]
    )
    func times(unit: String, text: String, expected: Int64) {
        var run = MappingRun(
            Self.mapping(
                #"{"kind":"trade","symbol_is":"A","price":"p","size":"p","time":"t","time_unit":"\#(unit)"}"#
            )
        )
        run.receive(#"{"p":1,"t":\#(text)}"#)
        #expect(run.events.trades.map(\.tsEvent?.rawValue) == [expected] && run.oddities.isEmpty)
    }

    @Test("symbols are taken out of names, and written as the mapping says")
    func symbols() {
        var run = MappingRun(
            #"{"symbols":{"btcusd":"BTC/USD"},"message":[{"kind":"trade","match":{"c":"trades_*_v2"},"symbol":"c","#
                + #""symbol_pattern":"trades_{symbol}_v2","price":"p","size":"p"}]}"#
        )
        run.receive(
            #"{"c":"trades_btcusd_v2","p":1}"#,
            #"{"c":"trades_eth\u0075sd_v2","p":1}"#,
            #"{"c":"trades__v2","p":1}"#,
            #"{"c":"trades_v2","p":1}"#
        )
        #expect(run.events.trades.map { run.text($0.symbol) } == ["BTC/USD", "ethusd"] && run.oddities.count == 2)
    }

    @Test("damaged messages never trap, and give rows or oddities")
    func damage() {
        let sample = #"{"type":"trade","s":"X","p":"1.50","q":3.250,"side":"SELL","i":"17","t":1767605400123}"#
        var run = MappingRun(Self.trade)
        for length in 0..<sample.utf8.count {
            run.receive(String(sample.prefix(length)))
            #expect(run.oddities.count == 1 && run.events.trades.isEmpty)
        }
        for index in sample.utf8.indices {
            var bytes = Array(sample.utf8)
            bytes[sample.utf8.distance(from: sample.utf8.startIndex, to: index)] = UInt8(ascii: "0")
            run.receive(String(decoding: bytes, as: UTF8.self))
            #expect(run.outcome.recognised + run.outcome.unrecognised == 1)
        }
    }
}
