import MarketModel
import Testing
import TextEncoding
import Venues

struct OKXAccountTests {
    @Test("an account gives one update for the whole and one for each currency, with texts as sent")
    func account() {
        let text =
            #"{"arg":{"channel":"account","uid":"77982378738415879"},"data":[{"adjEq":"55444.12","#
            + #""details":[{"ccy":"USDT","cashBal":"4750.426970691436","availEq":"4734.371190691435","#
            + #""eq":"4892.951170691435","imr":"","uTime":"1705564213903"}],"imr":"8.5737166146","#
            + #""totalEq":"55868.06403501676","uTime":"1705564223311"}]}"#
        let updates = OKXReading([text]).events.marginUpdates
        #expect(updates.map(\.asset) == [nil, "USDT"] && updates.map(\.origin.item) == [0, 1])
        #expect(updates.allSatisfy { $0.login == 77_982_378_738_415_879 && $0.state == nil })
        #expect(updates[0].equity?.description == "55868.06403501676" && updates[0].texts.margin == "8.5737166146")
        #expect(updates[0].tsEvent == UnixNanoseconds(1_705_564_223_311_000_000))
        #expect(updates[1].balance?.description == "4750.426970691436" && updates[1].margin == nil)
        #expect(updates[1].texts.marginFree == "4734.371190691435")
        // In the simple account mode, the values of the whole account are empty.
        let simple = text.replacing("55868.06403501676", with: "")
        #expect(OKXReading([simple]).events.marginUpdates.map(\.asset) == ["USDT"])
    }

    @Test("a warning of liquidation is a margin call and an event")
    func warning() {
        let text =
            #"{"arg":{"channel":"liquidation-warning","instType":"FUTURES"},"data":[{"ccy":"ETH","#
            + #""instId":"ETH-USD-210430","lever":"10","markPx":"2353.849","mgnRatio":"11.73","pos":"1","#
            + #""posId":"3071","uTime":"1619507761462"}]}"#
        let reading = OKXReading([text])
        let update = reading.events.marginUpdates.first
        #expect(update?.state == .marginCall && update?.leverage == 10 && update?.texts.volume == "1")
        let event = reading.events.venueEvents.first
        #expect(event?.kind == "liquidation-warning" && event?.isOddity == false)
        #expect(event?.symbol.map { reading.symbol($0) } == "ETH-USD-210430")
    }

    @Test(
        "orders become order updates",
        arguments: [
            ("live", OrderChange.updated), ("partially_filled", .updated), ("filled", .closed), ("canceled", .deleted),
        ]
    )
    func orders(state: String, change: OrderChange) {
        let text =
            #"{"arg":{"channel":"orders","instType":"ANY","uid":"7"},"data":[{"instId":"BTC-USDT","ordId":"#
            + #""452197707845865472","px":"31527.1","sz":"0.001","side":"sell","ordType":"limit","#
            + #""fee":"-0.02","pnl":"0","state":"\#(state)","cTime":"1654084334977","uTime":"1654084353264","#
            + #""slTriggerPx":""}]}"#
        let reading = OKXReading([text])
        let update = reading.events.orderUpdates.first
        #expect(update?.ticket == 452_197_707_845_865_472 && update?.change == change && update?.login == 7)
        #expect(update?.command == "sell limit" && update?.openPrice == "31527.1" && update?.stopLoss == nil)
        #expect(update?.symbol.map { reading.symbol($0) } == "BTC-USDT" && update?.state == state)
        #expect((update?.tsClose != nil) == (change == .closed || change == .deleted))
        let huge = text.replacing("452197707845865472", with: String(repeating: "9", count: 30))
        #expect(OKXReading([huge]).events.orderUpdates.map(\.ticket) == [0])
    }

    @Test("positions become position updates")
    func positions() {
        let text =
            #"{"arg":{"channel":"positions","instType":"ANY","uid":"7"},"data":[{"instId":"ETH-USD-210430","pos":"1","#
            + #""posSide":"long","avgPx":"2566.31","markPx":"2353.849","liqPx":"2352.8","upl":"-0.01","imr":"","#
            + #""margin":"0.0003","mmr":"0.00003","lever":"10","mgnMode":"isolated","posId":"3071","#
            + #""uTime":"1619507761462"},{"instId":"A-B-SWAP","pos":"-2","posSide":"net"}]}"#
        let reading = OKXReading([text])
        let updates = reading.events.positions
        #expect(updates.map(\.side) == ["long", nil] && updates.map(\.size) == ["1", "-2"])
        #expect(updates.map { reading.symbol($0.symbol) } == ["ETH-USD-210430", "A-B-SWAP"])
        #expect(updates[0].entryPrice == "2566.31" && updates[0].initialMargin == "0.0003")
        #expect(updates[0].marginMode == "isolated" && updates[0].account == "3071" && updates[0].leverage == "10")
        #expect(updates[0].tsEvent == UnixNanoseconds(1_619_507_761_462_000_000))
    }

    @Test("balances and positions in one message become rows of both, and an event")
    func balances() {
        let text =
            #"{"arg":{"channel":"balance_and_position","uid":"7"},"data":[{"pTime":"1597026383085","#
            + #""eventType":"filled","balData":[{"ccy":"BTC","cashBal":"1.50","uTime":"1597026383085"}],"#
            + #""posData":[{"instId":"BTC-USD-191018","pos":"10","posSide":"long","avgPx":"3320"}]}]}"#
        let reading = OKXReading([text])
        #expect(reading.events.marginUpdates.map(\.balance?.description) == ["1.50"])
        #expect(reading.events.marginUpdates.map(\.asset) == ["BTC"] && reading.events.marginUpdates[0].login == 7)
        #expect(reading.events.positions.map(\.size) == ["10"])
        #expect(reading.events.venueEvents.map(\.kind) == ["balance_and_position"] && reading.oddities.isEmpty)
    }

    @Test("the text to sign and the message that logs in")
    func login() {
        #expect(OKXLogin.textToSign(seconds: 1_538_054_050) == "1538054050GET/users/self/verify")
        var keys = AccountKeys.sample("985d5b66", at: 1_538_054_050)
        keys.passphrase = "a\"b"
        let message = OKXLogin.message(keys)
        #expect(
            message == #"{"op":"login","args":[{"apiKey":"985d5b66","passphrase":"a\"b","timestamp":"1538054050","#
                + #""sign":"\#(Base64.encode(Array("signed(1538054050GET/users/self/verify)".utf8)))"}]}"#
        )
    }

    @Test("a login is stored without its key, passphrase and signature")
    func redaction() {
        var redactor = Venue.okx.makeRedactor()
        var batch = MessageBatch()
        let login = OKXLogin.message(.sample("985d5b66", at: 1_538_054_050))
        batch.append("ping".utf8, direction: .sent, tsRecv: UnixNanoseconds(1))
        batch.append(login.utf8, direction: .sent, tsRecv: UnixNanoseconds(2))
        batch.append(OKXSample.trade.utf8, direction: .received, tsRecv: UnixNanoseconds(3))
        redactor.redact(&batch)
        #expect(
            batch.entries.map(\.isRedacted) == [false, true, false]
                && batch.entries.map(\.tsRecv.rawValue) == [1, 2, 3]
        )
        #expect(
            texts(batch) == [
                "ping",
                #"{"op":"login","args":[{"apiKey":"***","passphrase":"***","timestamp":"1538054050","sign":"***"}]}"#,
                OKXSample.trade,
            ]
        )
    }
}
