import MarketModel
import Testing
import Venues

/// Events of a futures account; the texts are the venue documentation's examples.
struct BinanceAccountTests {
    private static let update =
        #"{"e":"ACCOUNT_UPDATE","E":1564745798939,"T":1564745798938,"a":{"m":"ORDER","B":[{"a":"USDT","#
        + #""wb":"122624.12345678","cw":"100.12345678","bc":"50.12345678"},{"a":"BUSD","wb":"1.00000000","#
        + #""cw":"0.00000000","bc":"-49.12345678"}],"P":[\#(position)]}}"#
    private static let position =
        #"{"s":"BTCUSDT","pa":"-10","ep":"6563.86000","bep":"6563.6","cr":"-45.04000000","up":"-1423.15600","#
        + #""mt":"isolated","iw":"6570.42511771","ps":"SHORT"}"#

    @Test("an account update has the assets and positions that changed", arguments: [true, false])
    func accountUpdate(isCombined: Bool) throws {
        var run = BinanceRun(.usdm)
        run.receive(isCombined ? SpotSample.combined("123", Self.update) : Self.update)
        let time = UnixNanoseconds(1_564_745_798_938_000_000)
        #expect(run.events.marginUpdates.map(\.asset) == ["USDT", "BUSD"])
        #expect(run.events.marginUpdates.map(\.texts.balance) == ["122624.12345678", "1.00000000"])
        #expect(run.events.marginUpdates.allSatisfy { $0.login == 0 && $0.equity == nil && $0.tsEvent == time })
        #expect(run.events.marginUpdates.map(\.origin.item) == [0, 1])
        let position = try #require(run.events.positions.first)
        #expect(run.symbol(position.symbol) == "BTCUSDT" && position.tsEvent == time)
        #expect(position.side == "short" && position.size == "-10" && position.entryPrice == "6563.86000")
        #expect(position.realisedProfit == "-45.04000000" && position.unrealisedProfit == "-1423.15600")
        #expect(position.marginMode == "isolated" && position.json == Array(Self.position.utf8))
        #expect(run.events.venueEvents.isEmpty && run.outcome.dataMessages == 1)
    }

    @Test("a margin call has its positions")
    func marginCall() throws {
        var run = BinanceRun(.usdm)
        run.receive(
            #"{"e":"MARGIN_CALL","E":1587727187525,"cw":"3.16812045","p":[{"s":"ETHUSDT","ps":"LONG","pa":"1.327","#
                + #""mt":"CROSSED","iw":"0","mp":"187.17127","up":"-1.166074","mm":"1.614445"}]}"#
        )
        let call = try #require(run.events.marginUpdates.first)
        #expect(call.state == .marginCall && call.asset == nil && call.balance == nil)
        let position = try #require(run.events.positions.first)
        #expect(position.maintenanceMargin == "1.614445" && position.markPrice == "187.17127")
        #expect(position.marginMode == "cross" && position.side == "long" && position.entryPrice == nil)
        #expect(run.events.venueEvents.map(\.kind) == ["MARGIN_CALL"])
    }

    @Test(
        "an order update says what happened",
        arguments: [
            ("NEW", "NEW", OrderChange.opened), ("TRADE", "PARTIALLY_FILLED", .updated), ("TRADE", "FILLED", .closed),
            ("CANCELED", "CANCELED", .deleted), ("AMENDMENT", "NEW", .updated), ("SOMETHING", "NEW", nil),
        ]
    )
    func order(execution: String, state: String, change: OrderChange?) throws {
        let order =
            #"{"s":"BTCUSDT","c":"TEST","S":"SELL","o":"LIMIT","f":"GTC","q":"0.001","p":"7103.04","ap":"0","#
            + #""x":"\#(execution)","X":"\#(state)","i":8886774,"l":"0","z":"0","n":"0.1","T":1568879465650,"#
            + #""t":0,"rp":"0.5"}"#
        var run = BinanceRun(.usdm)
        run.receive(#"{"e":"ORDER_TRADE_UPDATE","E":1568879465651,"T":1568879465650,"o":\#(order)}"#)
        let update = try #require(run.events.orderUpdates.first)
        #expect(update.ticket == 8_886_774 && update.change == change && update.state == state)
        #expect(update.command == "SELL LIMIT" && update.volumeLots == "0.001" && update.openPrice == "7103.04")
        #expect(update.commission == "0.1" && update.profit == "0.5" && update.json == Array(order.utf8))
        #expect(update.tsEvent == UnixNanoseconds(1_568_879_465_650_000_000) && run.symbol(update.symbol) == "BTCUSDT")
    }

    @Test("an order number that does not fit is in the record")
    func longNumber() {
        var run = BinanceRun(.usdm)
        run.receive(
            #"{"e":"ORDER_TRADE_UPDATE","o":{"s":"A","i":123456789012345678901234567890,"x":"NEW"}}"#
        )
        #expect(run.events.orderUpdates.first?.ticket == 0)
        let json = String(decoding: run.events.orderUpdates.first?.json ?? [], as: UTF8.self)
        #expect(json.contains("123456789012345678901234567890"))
    }

    @Test("an expired listen key ends the conversation, and is not stored in the event")
    func expired() {
        var run = BinanceRun(.usdm)
        run.receive(#"{"e":"listenKeyExpired","E":1736996475556,"listenKey":"WsCMN0a4KHUPTQuX6IUnqEZ"}"#)
        #expect(run.outcome.ending?.kind == .failure && run.outcome.ending?.isReturnWelcome == true)
        #expect(run.events.venueEvents.first?.json == Array(#"{"E":1736996475556}"#.utf8))
    }

    @Test("other events of an account are kept as the venue's JSON; spot has none of these")
    func others() {
        let text = #"{"e":"ACCOUNT_CONFIG_UPDATE","E":1611646737479,"T":1,"ac":{"s":"BTCUSDT","l":25}}"#
        var run = BinanceRun(.usdm)
        run.receive(text)
        #expect(run.events.venueEvents.map(\.kind) == ["ACCOUNT_CONFIG_UPDATE"])
        #expect(run.events.venueEvents.first?.json == Array(text.utf8))
        var spot = BinanceRun(.spot)
        spot.receive(text, Self.update)
        #expect(spot.events.venueEvents.isEmpty && spot.events.marginUpdates.isEmpty && spot.outcome.dataMessages == 2)
    }
}
