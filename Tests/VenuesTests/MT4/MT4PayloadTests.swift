import MarketModel
import Testing
import Venues

struct MT4PayloadTests {
    private static let bar =
        #"{"Open":{"bid":1.1,"ask":1.2},"maximum":{"Bid":"1.3","ask":1.4},"minimum":{"bid":1.0,"ask":1.0850999999999999},"#
        + #""close":{"bid":1.15,"ask":null},"symbol":"EURUSD","lastTime":"2026-01-05T09:30:00","volume":17}"#

    @Test(
        "the venue's bars are read flat and nested",
        arguments: [
            #"[{"tradePlatform":"P","ticks":[\#(bar)]}]"#, #"["P",[\#(bar)]]"#,
            #"[{"TradePlatform":"P","Ticks":[{"tradePlatform":"P","tick":\#(bar)}]}]"#,
        ]
    )
    func bars(arguments: String) throws {
        var run = MT4DialectRun()
        run.receive(#"{"type":1,"target":"OnTicksOHLC","arguments":\#(arguments)}|"#)
        let bar = try #require(run.events.venueBars.first)
        #expect(run.dialect.symbols.text(of: bar.symbol) == "EURUSD")
        #expect(bar.bid.open?.description == "1.1" && bar.bid.high?.description == "1.3")
        #expect(bar.bid.low?.description == "1.0" && bar.bid.close?.description == "1.15")
        #expect(bar.ask.low?.description == "1.0850999999999999" && bar.ask.close == nil)
        #expect(bar.tickCount == 17 && bar.tsEvent == UnixNanoseconds(iso8601: "2026-01-05T09:30:00Z"))
        #expect(run.events.venueEvents.isEmpty && run.events.quotes.isEmpty)
    }

    @Test(
        "bad bars are reported",
        arguments: ["null", "5", "{}", #"{"symbol":"A"}"#, #"{"symbol":"A","open":1}"#]
    )
    func oddBars(bar: String) {
        var run = MT4DialectRun()
        run.receive(#"{"type":1,"target":"OnTicksOHLC","arguments":[{"ticks":[\#(bar)]}]}|"#)
        #expect(run.oddities.count == 1 && run.events.venueBars.isEmpty)
    }

    @Test(
        "the changes of an order follow the hub's rule",
        arguments: [
            (#""Add""#, 7, OrderChange.opened), ("0", 7, .opened), (#""delete""#, 7, .closed), ("1", 7, .closed),
            (#""Update""#, 7, .updated), ("2", 0, .deleted), (#""Update""#, 0, .deleted),
        ]
    )
    func orders(type: String, login: Int64, change: OrderChange) throws {
        var run = MT4DialectRun()
        run.receive(
            #"{"type":2,"invocationId":"4","item":{"updateType":\#(type),"order":101,"login":\#(login),"symbol":"EURUSD","#
                + #""openTime":"2026-01-05T09:30:00","closeTime":"1970-01-01T00:00:00","digits":5,"volumeLots":0.10,"#
                + #""openPrice":1.0850999999999999,"sl":0,"tradeCommand":3,"tradeRecordState":"OpenNormal","#
                + #""tradeRecordReason":9,"storage":-0.35,"profit":"12.50","comment":"x","timeStamp":"2026-01-05T09:31:00"}}|"#
        )
        let update = try #require(run.events.orderUpdates.first)
        #expect(update.change == change && update.ticket == 101 && update.login == login)
        #expect(update.command == "SellLimit" && update.state == "OpenNormal" && update.reason == "9")
        #expect(update.volumeLots == "0.10" && update.openPrice == "1.0850999999999999" && update.stopLoss == "0")
        #expect(update.swap == "-0.35" && update.profit == "12.50" && update.closePrice == nil)
        #expect(update.tsOpen == UnixNanoseconds(iso8601: "2026-01-05T09:30:00Z") && update.tsClose == nil)
        #expect(update.tsEvent == UnixNanoseconds(iso8601: "2026-01-05T09:31:00Z"))
        #expect(String(decoding: update.json, as: UTF8.self).contains(#""comment":"***""#))
    }

    @Test(
        "contract details come with the event",
        arguments: [
            #"[{"tradePlatform":"P","type":"Update","symbol":{"symbol":"XAUUSD","digits":2,"contractSize":100}}]"#,
            #"["P",{"Type":2,"Symbol":{"symbol":"XAUUSD","digits":2,"contractSize":100}}]"#,
        ]
    )
    func symbols(arguments: String) throws {
        var run = MT4DialectRun()
        run.receive(#"{"type":1,"target":"OnSymbolUpdate","arguments":\#(arguments)}|"#)
        let details = try #require(run.events.instrumentDetails.first)
        #expect(run.dialect.symbols.text(of: details.symbol) == "XAUUSD" && details.priceDigits == 2)
        #expect(String(decoding: details.json, as: UTF8.self) == #"{"symbol":"XAUUSD","digits":2,"contractSize":100}"#)
        #expect(run.events.venueEvents.map(\.symbol) == [details.symbol])
        #expect(run.events.venueEvents.map(run.json) == [arguments])
    }

    @Test(
        "the state of the hub's link is read in both forms",
        arguments: [
            (#"OnMT4ConnectionStatus","arguments":[{"tradePlatform":"P","connected":false}]"#, false),
            (#"onmt4connectionstatus","arguments":[{"Connected":"True"}]"#, true),
            (#"OnMT5ConnectionStatus","arguments":["P",false]"#, false),
            (#"OnMT5ConnectionStatus","arguments":["P",1]"#, true),
        ]
    )
    func link(record: String, isUp: Bool) {
        var run = MT4DialectRun()
        run.receive(#"{"type":1,"target":"\#(record)}|"#)
        #expect(run.events.linkChanges.map(\.isUp) == [isUp])
        #expect(run.events.venueEvents.count == 1)
    }

    @Test("both enumerations of a margin level are read, and every amount keeps its text")
    func margin() throws {
        var run = MT4DialectRun()
        run.receive(
            #"{"type":2,"invocationId":"9","item":{"login":1,"margin":1E-7,"equity":123456789012345678901234,"#
                + #""level":199.99000000000001,"levelType":2,"controllingType":"currency"}}|"#
        )
        let update = try #require(run.events.marginUpdates.first)
        #expect(update.state == .stopOut && update.controllingType == .currency)
        #expect(update.texts.margin == "1E-7" && update.texts.equity == "123456789012345678901234")
        #expect(update.equity == nil && update.texts.marginLevel == "199.99000000000001" && update.texts.balance == nil)
    }

    @Test(
        "times are in the broker's zone",
        arguments: [
            ("2023-06-30T13:11:59", "2023-06-30T10:11:59Z"), ("2023-06-30T13:11:59Z", "2023-06-30T10:11:59Z"),
            ("2023-06-30T13:11:59.1234567", "2023-06-30T10:11:59.1234567Z"),
            ("2023-06-30T13:11:59+02:00", "2023-06-30T11:11:59Z"),
            (#"2023-06-30T13:11:59\u002B02:00"#, "2023-06-30T11:11:59Z"),
            ("2023-12-30T13:11:59", "2023-12-30T11:11:59Z"),
        ]
    )
    func zone(text: String, utc: String) {
        var subscription = MT4Subscription(tradePlatform: "P", symbols: ["A"])
        subscription.brokerTimeZone = ZoneRules(
            name: "x",
            offsetAtFirst: 7200,
            transitions: [
                ZoneRules.Transition(utcSeconds: 1_679_792_400, offsetSeconds: 10_800),
                ZoneRules.Transition(utcSeconds: 1_698_541_200, offsetSeconds: 7200),
            ]
        )
        var run = MT4DialectRun(subscription)
        run.receive(
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"A","bid":1,"ask":2,"lastTime":"\#(text)"}}]}|"#
        )
        #expect(run.events.quotes.first?.tsEvent == UnixNanoseconds(iso8601: utc))
    }
}
