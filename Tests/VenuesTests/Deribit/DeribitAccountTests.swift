import MarketModel
import Testing
import TextEncoding
import Venues

struct DeribitAccountTests {
    static let portfolio = DeribitSample.data(
        "user.portfolio.any",
        #"{"currency":"BTC","balance":302.60065765,"equity":302.61869214,"initial_margin":1.24669592,"#
            + #""maintenance_margin":0.8857841,"available_funds":301.37,"margin_model":"cross_sm","#
            + #""cross_collateral_enabled":true,"total_equity_usd":21745166.3,"total_initial_margin_usd":1.5e3}"#
    )
    static let changes = DeribitSample.data(
        "user.changes.any.any.100ms",
        #"{"instrument_name":"ETH-PERPETUAL","trades":[{"trade_id":"ETH-7","order_id":"ETH-584864807","#
            + #""instrument_name":"ETH-PERPETUAL","direction":"buy","order_type":"limit","amount":10.0,"price":203.05,"#
            + #""fee":7.5e-7,"state":"filled","timestamp":1590484512188,"trade_seq":4}],"#
            + #""positions":[{"instrument_name":"ETH-PERPETUAL","size":-10.0,"direction":"sell","#
            + #""average_price":203.05,"#
            + #""mark_price":203.1,"leverage":50,"initial_margin":0.001,"kind":"future"}],"#
            + #""orders":[{"order_id":"ETH-584864807","instrument_name":"ETH-PERPETUAL","order_state":"filled","#
            + #""order_type":"limit","direction":"buy","amount":20.0,"price":203.1,"average_price":203.05,"#
            + #""filled_amount":20.0,"creation_timestamp":1590484512000,"last_update_timestamp":1590484512188}]}"#
    )
    static let order = DeribitSample.data(
        "user.orders.BTC-PERPETUAL.raw",
        #"{"order_id":"584827850","instrument_name":"BTC-PERPETUAL","order_state":"open","order_type":"stop_market","#
            + #""direction":"sell","amount":10.0,"price":"market_price","filled_amount":0.0,"trigger_price":9000.0,"#
            + #""creation_timestamp":1590484512000,"last_update_timestamp":1590484512000}"#
    )

    private func read(_ message: String) -> DeribitReading {
        var reading = DeribitReading()
        reading.read([message])
        return reading
    }

    @Test
    func `a portfolio is a margin update of a currency, one of the whole account, and an event`() {
        let events = read(Self.portfolio).events
        #expect(events.marginUpdates.map(\.asset) == ["BTC", nil])
        #expect(events.marginUpdates.map(\.texts.equity) == ["302.61869214", "21745166.3"])
        #expect(events.marginUpdates.map(\.margin) == [FixedDecimal("1.24669592"), FixedDecimal("1500")])
        #expect(events.marginUpdates[0].balance == FixedDecimal("302.60065765"))
        #expect(events.marginUpdates[0].texts.marginFree == "301.37" && events.marginUpdates[0].tsEvent == nil)
        #expect(events.marginUpdates[1].balance == nil && events.marginUpdates.map(\.origin.item) == [0, 1])
        #expect(events.venueEvents.map(\.kind) == ["user.portfolio"])
    }

    @Test
    func `changes are orders, fills and positions`() throws {
        let reading = read(Self.changes)
        let updates = reading.events.orderUpdates
        #expect(updates.map(\.ticket) == [584_864_807, 584_864_807] && updates.map(\.change) == [.closed, .closed])
        #expect(updates.map(\.volumeLots) == ["20.0", "10.0"] && updates.map(\.openPrice) == ["203.1", "203.05"])
        #expect(updates.map(\.reason) == [nil, "trade"] && updates[1].commission == "7.5e-7")
        #expect(updates.map(\.command) == ["buy limit", "buy limit"] && updates.map(\.origin.item) == [0, 1])
        #expect(updates[0].tsClose == UnixNanoseconds(1_590_484_512_188_000_000))
        let position = try #require(reading.events.positions.first)
        #expect(position.size == "-10.0" && position.side == nil && position.leverage == "50")
        #expect(reading.symbol(position.symbol) == "ETH-PERPETUAL" && reading.oddities.isEmpty)
    }

    @Test
    func `an order may be one object, and its price a word`() throws {
        let reading = read(Self.order)
        let update = try #require(reading.events.orderUpdates.first)
        #expect(update.ticket == 584_827_850 && update.change == .opened && update.openPrice == "market_price")
        #expect(update.stopLoss == "9000.0" && update.command == "sell stop_market" && update.tsClose == nil)
    }

    @Test
    func `the login is signed outside, and subscriptions wait for its answer`() {
        #expect(DeribitLogin.textToSign(milliseconds: 1, nonce: "n", data: "d") == "1\nn\nd")
        var reading = DeribitReading(["user.portfolio.any"], keys: .sample("KEY", at: 1_765_531_356))
        reading.open()
        let sent = reading.takeSent()
        #expect(sent.count == 2 && sent[1].contains(#""method":"public/auth""#))
        let signature = Array("signed(1765531356000\nnonce\n)".utf8).hexadecimal
        #expect(sent[1].contains(#""signature":"\#(signature)","nonce":"nonce","data":""}"#))
        reading.keepAlive(at: 1)
        let early = reading.takeSent()
        #expect(early.isEmpty && !reading.dialect.isSubscribed)
        reading.read([#"{"jsonrpc":"2.0","id":2,"result":{"access_token":"***"}}"#])
        let subscribe =
            #"{"jsonrpc":"2.0","id":10,"method":"private/subscribe","params":{"channels":["user.portfolio.any"]}}"#
        let later = reading.takeSent()
        #expect(later == [subscribe])
        reading.read([#"{"jsonrpc":"2.0","id":10,"result":["user.portfolio.any"]}"#])
        #expect(reading.outcome.isSubscribed && reading.dialect.undelivered.isEmpty)
    }

    @Test
    func `a refused login ends the conversation`() {
        var reading = DeribitReading(["user.portfolio.any"], keys: .sample("K"))
        reading.open()
        reading.read([#"{"jsonrpc":"2.0","id":2,"error":{"code":13004,"message":"invalid_credentials"}}"#])
        #expect(reading.outcome.ending?.kind == .refused && !reading.dialect.isSubscribed)
        #expect(reading.outcome.ending?.reason.contains("invalid_credentials") == true)
        #expect(reading.outcome.refusals == [.login("invalid_credentials")])
        #expect(reading.outcome.ending?.isReturnWelcome == false)
    }

    @Test
    func `keys, signatures and tokens are never stored`() {
        var redactor = Venue.deribit.makeRedactor()
        var tape = MessageBatch()
        let login = DeribitLogin.message(.sample(), id: 2)
        let test = #"{"jsonrpc":"2.0","id":3,"method":"public/test","params":{}}"#
        let call = #"{"id":4,"method":"private/subscribe","params":{"access_token":"SECRET","channels":["a"]}}"#
        for text in [login, "KEY", test, call] {
            tape.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
        }
        let answer = #"{"jsonrpc":"2.0","id":2,"result":{"scope":"a","refresh_token":"SECRET"},"usIn":1}"#
        for text in [answer, DeribitSample.trades, DeribitSample.accepted] {
            tape.append(text.utf8, direction: .received, tsRecv: UnixNanoseconds(0))
        }
        redactor.redact(&tape)
        let texts = DeribitReading.texts(tape)
        #expect(tape.entries.map(\.isRedacted) == [true, true, false, true, true, false, false])
        #expect(!texts.contains { $0.contains("KEY") || $0.contains("SECRET") || $0.contains("7369676e6564") })
        #expect(texts[2] == test && texts[5] == DeribitSample.trades && texts[6] == DeribitSample.accepted)
        #expect(texts[4] == #"{"jsonrpc":"2.0","id":2,"result":{"access_token":"***","refresh_token":"***"}}"#)
    }
}
