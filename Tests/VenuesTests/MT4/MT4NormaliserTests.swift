import MarketModel
import Testing
import Venues

struct MT4NormaliserTests {
    @Test(
        "a tick is read in every form and case",
        arguments: [
            #"[{"tradePlatform":"P","tick":{"symbol":"EURUSD","bid":1.0850,"ask":1.08512,"lastTime":"2023-06-30T13:11:59"}}]"#,
            #"["P",{"symbol":"EURUSD","bid":1.0850,"ask":1.08512,"lastTime":"2023-06-30T13:11:59Z"}]"#,
            #"[{"TradePlatform":"P","Tick":{"Ask":"1.08512","Bid":"1.0850","LASTTIME":"2023-06-30T15:11:59+02:00","Symbol":"EURUSD"}}]"#,
            #"["P",{"tradePlatform":"P","tick":{"symbol":"EUR\u0055SD","bid":1.0850,"ask":1.08512,"lastTime":"2023-06-30T13:11:59.0000000"}}]"#,
            #"[ { "symbol":"EURUSD" , "bid":1.0850,"ask":1.08512,"lastTime":"2023-06-30T13:11:59","tick":null,"extra":[{}]} ]"#,
        ],
        ["OnTick", "onTick", "ONTICK"]
    )
    func tick(arguments: String, target: String) throws {
        var run = MT4DialectRun()
        run.receive(#"{"type":1,"target":"\#(target)","arguments":\#(arguments)}|"#)
        let quote = try #require(run.events.quotes.first)
        #expect(run.symbol(quote) == "EURUSD")
        #expect(quote.bidPrice == FixedDecimal(mantissa: 10850, digits: 4))
        #expect(quote.askPrice == FixedDecimal(mantissa: 108_512, digits: 5))
        #expect(quote.tsEvent == UnixNanoseconds(iso8601: "2023-06-30T13:11:59Z"))
        #expect(run.events.quotes.count == 1 && run.events.venueEvents.isEmpty)
        #expect(run.outcome.dataMessages == 1)
    }

    @Test(
        "a list is read as its callback says, whatever it is called and whatever is missing",
        arguments: [
            (#""OnTicks","arguments":[{"ticks":[{"symbol":"A","bid":1},null]}]"#, 1, 0, ["OnTicks"]),
            (#""OnTicks","arguments":[{"symbol":"A","bid":1}]"#, 1, 0, []),
            (#""OnTicks","arguments":[]"#, 0, 0, ["OnTicks"]),
            (#""OnTicks","arguments":[{"margins":[{"login":7}]}]"#, 0, 0, ["OnTicks"]),
            (#""OnMarginUpdate","arguments":[{"margins":[{"login":7},{"login":8}]}]"#, 0, 2, []),
            (#""OnMarginUpdate","arguments":[{"login":7}]"#, 0, 1, []),
            (#""OnMarginUpdate","arguments":[]"#, 0, 0, ["OnMarginUpdate"]),
            (#""OnMarginUpdate","arguments":[{"ticks":[{"symbol":"A","bid":1}]}]"#, 0, 0, ["OnMarginUpdate"]),
        ]
    )
    func lists(callback: String, quotes: Int, margins: Int, oddities: [String]) {
        var run = MT4DialectRun()
        run.receive(#"{"type":1,"target":\#(callback)}|"#)
        #expect(run.events.quotes.count == quotes)
        #expect(run.events.marginUpdates.count == margins)
        #expect(run.events.venueEvents.map(\.kind) == oddities)
        #expect(run.events.venueEvents.allSatisfy { $0.isOddity })
    }

    @Test("digits stay as in the source, even unusual ones")
    func digits() {
        var run = MT4DialectRun()
        run.receive(
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"A","bid":1.0850999999999999,"ask":1E-05}}]}|"#
        )
        #expect(run.events.quotes.first?.bidPrice?.description == "1.0850999999999999")
        #expect(run.events.quotes.first?.askPrice?.description == "0.00001")
    }

    @Test(
        "empty and missing times give no time",
        arguments: [
            "", #","lastTime":null"#, #","lastTime":"1970-01-01T00:00:00""#, #","lastTime":"0001-01-01T00:00:00""#,
            #","lastTime":0"#, #","lastTime":-62135596800"#, #","lastTime":"\/Date(-62135596800000)\/""#,
        ]
    )
    func emptyTimes(member: String) {
        let events = Self.tick(member)
        #expect(events.quotes.count == 1 && events.venueEvents.isEmpty)
        #expect(events.quotes.first?.tsEvent == nil)
    }

    @Test(
        "kind 6 a lastTime in an unknown notation is an oddity, and its tick is kept",
        arguments: ["\"soon\"", "5", "\"\"", "true", "[1]", "17675712000", "\"2026-13-05T00:00:00\"", "\"/Date(x)/\""]
    )
    func badTimes(value: String) {
        let events = Self.tick(",\"lastTime\":\(value)")
        #expect(events.quotes.count == 1 && events.quotes.first?.tsEvent == nil)
        #expect(events.venueEvents.map(\.isOddity) == [true])
        let json = events.venueEvents.first.map { String(decoding: $0.json, as: UTF8.self) }
        #expect(json == #"{"reason":"'lastTime' is not a time"}"#)
    }

    @Test(
        "kind 6 a numeric lastTime is read in the unit that its digits show",
        arguments: [
            ("1767605400", 0), ("\"1767605400\"", 0), ("1767605400000", 0), ("1767605400000000", 0),
            ("1767605400000000000", 0), ("1767605400.25", 250_000_000), ("1767605400000.5", 500_000),
            ("1.7676054e9", 0), ("639032022000000000", 0), (#""\/Date(1767605400000)\/""#, 0),
            (#""/Date(1767605400000+0200)/""#, 0), (#""/Date(1767605400000-0500)/""#, 0),
        ]
    )
    func numericTimes(value: String, nanoseconds: Int64) throws {
        let events = Self.tick(",\"lastTime\":\(value)")
        let time = try #require(UnixNanoseconds(iso8601: "2026-01-05T09:30:00Z"))
        #expect(events.quotes.first?.tsEvent == time.advanced(by: .nanoseconds(nanoseconds)))
        #expect(events.venueEvents.isEmpty)
    }

    @Test(
        "kind 6 a number is local time of the broker's zone, unless it has an offset",
        arguments: [("1767605400", -2), (#""\/Date(1767605400000)\/""#, -2), (#""/Date(1767605400000+0200)/""#, 0)]
    )
    func numericTimesInZone(value: String, hours: Int) {
        var reader = Venue.mt4.makeReader(VenueReading(brokerTimeZone: ZoneRules(fixedOffset: "+02:00")))
        let record =
            #"{"type":1,"target":"OnTick","arguments":[{"symbol":"A","bid":1,"ask":2,"lastTime":\#(value)}]}"#
            + "\u{1E}"
        var batch = MessageBatch()
        batch.append(record.utf8, direction: .received, tsRecv: UnixNanoseconds(0))
        var events = MarketEvents()
        var outgoing = MessageBatch()
        _ = reader.receive(batch, now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        let expected = UnixNanoseconds(1_767_605_400_000_000_000).advanced(by: .seconds(hours * 3600))
        #expect(events.quotes.map(\.tsEvent) == [expected])
    }

    private static func tick(_ member: String) -> MarketEvents {
        var run = MT4DialectRun()
        run.receive(#"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"A","bid":1,"ask":2\#(member)}}]}|"#)
        return run.events
    }

    @Test("lists give their elements in order, nested or flat, and report each bad element")
    func ticks() {
        var run = MT4DialectRun()
        run.receive(
            #"{"type":1,"target":"OnTicks","arguments":[{"tradePlatform":"P","ticks":["#
                + #"{"tradePlatform":"P","tick":{"symbol":"A","bid":1,"ask":2}},null,{"symbol":"B","bid":3,"ask":4},"#
                + #"{"tradePlatform":"P","tick":null},{"tick":{"bid":1,"ask":2}},{"tick":{"symbol":"C","bid":"x","ask":2}}"#
                + "]}]}|"
        )
        #expect(run.events.quotes.map(run.symbol) == ["A", "B"])
        #expect(run.events.quotes.map(\.origin.item) == [0, 2])
        #expect(
            run.oddities == [
                #"OnTicks {"reason":"the tick is null"}"#, #"OnTicks {"reason":"the tick is null"}"#,
                #"OnTicks {"reason":"a tick without a symbol"}"#,
                #"OnTicks {"reason":"a tick without exact bid and ask"}"#,
            ]
        )
    }

    @Test(
        "null ticks are counted and give no quotes",
        arguments: [
            #"OnTick","arguments":[{"tradePlatform":"P","tick":null}]"#, #"OnTick","arguments":[]"#, #"OnTick""#,
            #"OnTick","arguments":["P",null]"#, #"OnTicks","arguments":[{"tradePlatform":"P","ticks":null}]"#,
            #"OnTicks","arguments":[null]"#, #"OnTicks""#, #"OnMarginUpdate","arguments":[{"margins":[null]}]"#,
            #"OnMarginUpdate","arguments":[{"margins":[{"login":"x"}]}]"#,
        ]
    )
    func nulls(record: String) {
        var run = MT4DialectRun()
        run.receive(#"{"type":1,"target":"\#(record)}|"#)
        #expect(run.oddities.count == 1 && run.events.venueEvents.count == 1)
        #expect(run.events.quotes.isEmpty && run.events.marginUpdates.isEmpty)
    }

    @Test(
        "a margin update keeps every number",
        arguments: [
            #"{"type":1,"target":"OnMarginUpdate","arguments":[{"tradePlatform":"P","margins":[#]}]}|"#,
            #"{"type":1,"target":"onMarginUpdate","arguments":["P",[#]]}|"#,
            #"{"type":1,"target":"onMarginUpdate","arguments":["P",#]}|"#,
            #"{"type":2,"invocationId":"9","item":#}|"#,
        ],
        [#""MarginCall""#, #""margincall""#, "1", #""1""#]
    )
    func margin(record: String, levelType: String) throws {
        let level =
            #"{"group":"demo\\x","login":1001,"leverage":100,"updated":0,"balance":10000.50,"equity":"9999.5","volume":110,"#
            + #""margin":5000,"free":-0.25,"level":199.99,"controllingType":"Percent","levelType":\#(levelType)}"#
        var run = MT4DialectRun()
        run.receive(record.split(separator: "#", omittingEmptySubsequences: false).joined(separator: level))
        let update = try #require(run.events.marginUpdates.first)
        #expect(update.login == 1001 && update.leverage == 100 && update.group == #"demo\x"#)
        #expect(update.balance?.description == "10000.50" && update.equity?.description == "9999.5")
        #expect(update.volume?.description == "110" && update.margin?.description == "5000")
        #expect(update.marginFree?.description == "-0.25" && update.marginLevel?.description == "199.99")
        #expect(update.state == .marginCall && update.tsEvent == nil)
        #expect(run.events.venueEvents.isEmpty)
    }

    @Test("a SymbolInfo item is a quote, an order is an order, other items are events")
    func items() {
        var run = MT4DialectRun()
        run.receive(
            #"{"type":2,"invocationId":"2","item":{"lastTime":"2026-01-05T09:30:00","symbol":"XAUUSD","digits":2,"bid":2034.1,"ask":2034.35}}|"#,
            #"{"type":2,"invocationId":"3","item":{"order":5,"login":1,"digits":2,"margin":1}}|{"type":2,"invocationId":"4","item":null}|"#
        )
        #expect(run.events.quotes.map(run.symbol) == ["XAUUSD"])
        #expect(run.events.orderUpdates.map(\.ticket) == [5])
        #expect(run.events.venueEvents.map(\.kind) == ["StreamItem"])
        #expect(run.events.venueEvents.map(run.json) == ["null"])
        #expect(run.events.venueEvents.map(\.origin.item) == [1])
        #expect(run.outcome.dataMessages == 2)
    }

    @Test("every other target is an event under its own spelling with its arguments verbatim")
    func others() {
        var run = MT4DialectRun()
        run.receive(
            #"{"type":1,"target":"OnMT4ConnectionStatus","arguments":[ {"connected": false} ]}|"#,
            #"{"target":"onSomethingNew","type":1}|"#
        )
        #expect(run.events.venueEvents.map(\.kind) == ["OnMT4ConnectionStatus", "onSomethingNew"])
        #expect(run.events.venueEvents.map(run.json) == [#"[ {"connected": false} ]"#, "[]"])
        #expect(run.oddities.isEmpty)
    }

    @Test(
        "passwords are never kept, in any form",
        arguments: [
            #"{"type":2,"invocationId":"2","item":{"type":"Add","user":{"login":1,"name":"SECRET-"}}}|"#,
            #"{"type":2,"invocationId":"2","item":{"login":1,"PasswordInvestor":"SECRET-"}}|"#,
            #"{"type":1,"target":"OnDebug","arguments":[{"data":[{"otpSecret":"SECRET-"}]}]}|"#,
            #"{"type":1,"target":"OnUserUpdate","arguments":["P",{"\u0070ass\u0057ord":"SECRET-"}]}|"#,
            #"{"type":1,"target":"OnDebug","arguments":[{"data":"{\"password\":\"SECRET-\"}"}]}|"#,
            #"{"type":1,"target":"OnDebug","arguments":[{"data":"{\"\\u0070assword\":\"SECRET-\"}"}]}|"#,
            #"{"type":1,"target":"OnTick2","arguments":[{"password":"SECRET-"}|"#,
        ]
    )
    func secrets(record: String) {
        var run = MT4DialectRun()
        run.receive(record)
        #expect(run.events.venueEvents.count == 1)
        #expect(run.events.venueEvents.allSatisfy { !run.json($0).contains("SECRET-") })
    }

    @Test("malformed records are reported with their length, and the next record is read")
    func malformed() {
        var run = MT4DialectRun()
        run.receive(
            #"{"type":1,"target":|[]|{"type":1}|{"type":2}|{"type":44}|{"type":4}|{"a":1,"target":"x"}||"#
                + #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"A","bid":1,"ask":2}}]}|"#
        )
        #expect(run.events.venueEvents.count == 8)
        #expect(run.events.venueEvents.allSatisfy { $0.isOddity && $0.kind == "malformed" })
        #expect(
            run.oddities[0]
                == #"malformed {"reason":"bad JSON at byte 19: the text ends where a value should be","bytes":19}"#
        )
        #expect(run.events.quotes.map(\.origin.item) == [8])
        #expect(run.outcome.dataMessages == 1)
    }

    @Test("garbage never causes a trap", arguments: 0..<20 as Range<UInt64>)
    func garbage(seed: UInt64) {
        let seeds = [
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"symbol":"A","bid":1.5,"ask":2,"lastTime":"2026-01-05T09:30:00"}}]}|"#,
            #"{"type":2,"invocationId":"1","item":{"login":1,"margin":5,"levelType":2,"digits":1,"bid":1}}|"#,
            #"{"type":1,"target":"OnTicks","arguments":["P",[{"symbol":"A\u0041","bid":"1","ask":-2e3}]]}|"#,
            #"{"type":3,"invocationId":"2","result":null}|{"type":7,"error":"x"}|{}|"#,
        ].map(mt4Bytes)
        var random = SplitMix64(seed: seed)
        var run = MT4DialectRun()
        _ = run.open()
        var session = MT4SessionRun.open(
            #"{"type":4,"invocationId":"1","target":"StreamAllTicks","arguments":["P"]}|"#,
            #"{"type":1,"target":"SubscribeToTicks","arguments":["P","A"]}|"#
        )
        var other = MT4HubSession()
        for _ in 0..<500 {
            var bytes = seeds[Int(random.next() % 4)]
            for _ in 0..<random.next() % 5 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            bytes.removeLast(Int(random.next() % 4) % bytes.count)
            var batch = MessageBatch()
            batch.append(bytes, direction: .received, tsRecv: UnixNanoseconds(0))
            run.receive(batch)
            var output = MessageBatch()
            session.session.deliver(batch, 0..<1, into: &output)
            _ = bytes.withUnsafeBytes { other.receive($0, kind: .text, replies: &output) }
        }
        #expect(run.events.venueEvents.count > 0, "seed \(seed)")
    }

    private func quotes(_ ticks: String...) -> MT4DialectRun {
        var run = MT4DialectRun()
        for tick in ticks { run.receive(#"{"type":1,"target":"OnTick","arguments":[{"tick":\#(tick)}]}|"#) }
        return run
    }

    @Test("B1 prices of zero and below are prices")
    func signs() {
        let run = quotes(
            #"{"symbol":"OIL","bid":-37.63,"ask":-0.01}"#,
            #"{"symbol":"OIL","bid":0.0,"ask":1.10}"#
        )
        #expect(run.events.quotes.map { $0.bidPrice?.description } == ["-37.63", "0.0"])
        #expect(run.events.quotes.map { $0.askPrice?.description } == ["-0.01", "1.10"])
    }

    @Test(
        "kind 5 a side that is missing, null or not a number has no price; the other side is kept",
        arguments: ["", #""bid":null,"#, #""bid":"NaN","#, #""bid":"Infinity","#, #""bid":"-Infinit\u0079","#]
    )
    func missingSide(bid: String) {
        let run = quotes(#"{"symbol":"A",\#(bid)"ask":1.5}"#)
        #expect(run.events.quotes.count == 1 && run.events.venueEvents.isEmpty)
        #expect(run.events.quotes.first?.bidPrice == nil && run.events.quotes.first?.askPrice == FixedDecimal("1.5"))
    }

    @Test("kind 5 a tick without a price, or with an unreadable price, is an oddity")
    func unreadableSides() {
        let run = quotes(
            #"{"symbol":"A","bid":null,"ask":"NaN"}"#,
            #"{"symbol":"A","bid":"1,5","ask":1.5}"#,
            #"{"symbol":"A","bid":1e999,"ask":1.5}"#
        )
        #expect(run.events.quotes.isEmpty && run.events.venueEvents.map(\.isOddity) == [true, true, true])
    }

    @Test(
        "B9 a tick is read the same with escapes in its names, its numbers and its target",
        arguments: [
            #"{"type":1,"target":"OnT\u0069ck","arguments":[{"tick":{"symbol":"EURUSD","bid":1.5,"ask":1.6}}]}|"#,
            #"{"t\u0079pe":1,"target":"OnTick","arguments":[{"tick":{"symbol":"EURUSD","bid":1.5,"ask":1.6}}]}|"#,
            #"{"type":1,"target":"OnTick","arguments":[{"tick":{"s\u0079mbol":"EURUSD","bid":"1\u002e5","ask":1.6}}]}|"#,
            #"{"type":1,"target":"OnTick","arguments":[{"t\u0069ck":{"symbol":"EURUS\u0044","\u0062id":1.5,"ask":1.6}}]}|"#,
        ]
    )
    func escapes(record: String) throws {
        var run = MT4DialectRun()
        run.receive(record)
        let quote = try #require(run.events.quotes.first)
        #expect(run.symbol(quote) == "EURUSD" && run.events.venueEvents.isEmpty)
        #expect(quote.bidPrice == FixedDecimal("1.5") && quote.askPrice == FixedDecimal("1.6"))
    }

    @Test(
        "B10 a margin level that is not a finite number has no value, and its text is kept",
        arguments: [#""Infinity""#, #""NaN""#, "1e999", #""-Infinity""#, "1e-400"]
    )
    func margins(level: String) throws {
        var run = MT4DialectRun()
        run.receive(
            #"{"type":1,"target":"OnMarginUpdate","arguments":[[{"login":7,"margin":0,"level":\#(level),"equity":-0}]]}|"#
        )
        let update = try #require(run.events.marginUpdates.first)
        #expect(update.marginLevel == nil && update.texts.marginLevel == level.filter { $0 != "\"" })
        #expect(update.equity == FixedDecimal("0"))
    }
}
