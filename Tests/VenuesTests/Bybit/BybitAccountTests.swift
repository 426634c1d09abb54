import MarketModel
import Testing
import TextEncoding
import Venues

struct BybitAccountTests {
    static let wallet =
        #"{"id":"592324d2bce751","topic":"wallet","creationTime":1700034722104,"data":[{"accountIMRate":"0","#
        + #""accountMMRate":"0.012","totalEquity":"10262.91335023","totalWalletBalance":"9684.46297164","#
        + #""totalAvailableBalance":"9556.6056555","totalInitialMargin":"0","coin":[{"coin":"BTC","equity":"0.00102964"}],"#
        + #""accountLTV":"","accountType":"UNIFIED"}]}"#
    static let order =
        #"{"id":"5923240c6880ab","topic":"order","creationTime":1672364262474,"data":[{"symbol":"ETHUSDT","#
        + #""orderId":"5cf98598-39a7-459e-97bf-76ca765ee020","side":"Sell","orderType":"Limit","price":"72.5","qty":"1","#
        + #""orderStatus":"Filled","avgPrice":"75","cumExecFee":"0.358635","createdTime":"1672364262444","#
        + #""updatedTime":"1672364262457","rejectReason":"EC_NoError","takeProfit":"","stopLoss":"70"}]}"#
    static let position =
        #"{"id":"1003076014fb7eedb","topic":"position","creationTime":1697682317044,"data":[{"symbol":"BTCUSDT","#
        + #""side":"","size":"0","entryPrice":"0","positionStatus":"Normal","seq":8327597863}]}"#
    static let execution =
        #"{"id":"592324803b2785","topic":"execution","creationTime":1672364174455,"data":[{"symbol":"XRPUSDT","#
        + #""execId":"7e2ae69c","execPrice":"0.3374","execQty":"25"},{"symbol":"BTCUSDT","execId":"8"}]}"#

    private func read(_ message: String) -> BybitReading {
        var reading = BybitReading()
        reading.read([message])
        return reading
    }

    @Test
    func `a wallet is a margin update and an event with everything else`() throws {
        let events = read(Self.wallet).events
        let update = try #require(events.marginUpdates.first)
        #expect(update.balance == decimal("9684.46297164") && update.equity == decimal("10262.91335023"))
        #expect(update.margin == decimal("0") && update.texts.marginFree == "9556.6056555")
        #expect(update.group == "UNIFIED" && update.login == 0 && update.asset == "USD")
        #expect(update.tsEvent == UnixNanoseconds(1_700_034_722_104_000_000))
        #expect(events.venueEvents.map(\.kind) == ["wallet"])
    }

    @Test
    func `an order is an order update, with the same number in each message`() throws {
        let reading = read(Self.order)
        let update = try #require(reading.events.orderUpdates.first)
        #expect(update.change == .closed && update.state == "Filled" && update.command == "SellLimit")
        #expect(update.volumeLots == "1" && update.openPrice == "72.5" && update.closePrice == "75")
        #expect(update.stopLoss == "70" && update.takeProfit == nil && update.reason == nil)
        #expect(update.tsEvent == UnixNanoseconds(1_672_364_262_457_000_000))
        #expect(reading.symbol(update.symbol) == "ETHUSDT" && update.ticket > 0)
        let partly = Self.order.replacing("Filled", with: "PartiallyFilled")
        #expect(read(partly).events.orderUpdates.map(\.ticket) == [update.ticket])
        let spot = Self.order.replacing("5cf98598-39a7-459e-97bf-76ca765ee020", with: "1523347543495541248")
        #expect(read(spot).events.orderUpdates.map(\.ticket) == [1_523_347_543_495_541_248])
    }

    @Test
    func `a position has a row, and a closed one has no side`() throws {
        let reading = read(Self.position)
        let closed = try #require(reading.events.positions.first)
        #expect(reading.symbol(closed.symbol) == "BTCUSDT" && closed.side == nil && closed.size == "0")
        #expect(closed.tsEvent == UnixNanoseconds(1_697_682_317_044_000_000) && reading.events.venueEvents.isEmpty)
        let open = Self.position.replacing(#""side":"""#, with: #""side":"Sell","leverage":"10","tradeMode":0"#)
        let update = try #require(read(open).events.positions.first)
        #expect(update.side == "short" && update.leverage == "10" && update.marginMode == "cross")
    }

    @Test
    func `the key and the signature of a login are never stored`() {
        var redactor = Venue.bybitSpot.makeRedactor()
        var tape = MessageBatch()
        let login = BybitLogin.message(.sample())
        for text in [login, "KEY", #"{"op":"ping"}"#] {
            tape.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
        }
        tape.append(BybitSample.trades.utf8, direction: .received, tsRecv: UnixNanoseconds(0))
        redactor.redact(&tape)
        let hidden = #"{"op":"auth","args":["***","***","***"]}"#
        #expect(texts(tape) == [hidden, hidden, #"{"op":"ping"}"#, BybitSample.trades])
        #expect(tape.entries.map(\.isRedacted) == [true, true, false, false])
    }

    @Test
    func `executions are events of their symbols`() {
        let executions = read(Self.execution)
        #expect(executions.events.venueEvents.map(\.origin.item) == [0, 1])
        #expect(executions.events.venueEvents.map(\.kind) == ["execution", "execution"])
        #expect(executions.events.venueEvents.map { executions.symbol($0.symbol) } == ["XRPUSDT", "BTCUSDT"])
    }

    @Test
    func `the login is signed outside, and subscriptions wait for its answer`() {
        var reading = BybitReading(topics: ["wallet", "order"], keys: .sample("key", at: 1_789_299_655))
        reading.open()
        let expires = 1_789_299_665_000
        #expect(BybitLogin.textToSign(expires: 1_789_299_665_000) == "GET/realtime1789299665000")
        let signature = Array("signed(GET/realtime\(expires))".utf8).hexadecimal
        #expect(
            reading.takeSent() == [#"{"req_id":"auth","op":"auth","args":["key",\#(expires),"\#(signature)"]}"#]
        )
        reading.keepAlive(at: 1)
        #expect(reading.takeSent().isEmpty && !reading.dialect.isSubscribed)
        reading.read([#"{"success":true,"ret_msg":"","op":"auth","conn_id":"c","req_id":"auth"}"#])
        #expect(reading.takeSent() == [#"{"req_id":"1","op":"subscribe","args":["wallet","order"]}"#])
        reading.read([BybitSample.accepted])
        #expect(reading.outcome.isSubscribed && reading.dialect.undelivered.isEmpty)
    }

    @Test
    func `a refused login ends the conversation`() {
        var reading = BybitReading(topics: ["wallet"], keys: .sample("key"))
        reading.open()
        reading.read([#"{"success":false,"ret_msg":"Params Error","op":"auth","conn_id":"c"}"#])
        #expect(reading.outcome.ending?.kind == .refused && !reading.dialect.isSubscribed)
        #expect(reading.outcome.ending?.reason.contains("Params Error") == true)
    }
}
