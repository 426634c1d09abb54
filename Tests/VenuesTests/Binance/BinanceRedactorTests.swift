import MarketModel
import Testing
import Venues

/// Listen keys never leave the redactor; everything else stays byte for byte.
struct BinanceRedactorTests {
    private static let key = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"

    private static func redacted(_ payloads: [String], known: [String] = []) -> MessageBatch {
        var messages = batch(payloads)
        var redactor = Venue.binanceUSDM.makeRedactor(secrets: FeedSecrets(known))
        redactor.redact(&messages)
        return messages
    }

    @Test(
        "a listen key is replaced",
        arguments: [
            ("POST https://fapi.binance.com/fapi/v1/listenKey 200\n{\"listenKey\":\"KEY\"}", "\"listenKey\":\"***\""),
            (#"{"e":"listenKeyExpired","E":1,"listenKey" : "KEY"}"#, #""listenKey" : "***""#),
            (#"{"e":"listenKeyExpired","listen\u004bey":"KEY"}"#, #""listenKey":"***""#),
            (#"{"stream":"KEY","data":{"e":"ACCOUNT_UPDATE"}}"#, #"{"stream":"***","data""#),
            (#"{"data":{"e":"listenKeyExpired","listenKey":"KEY"},"stream":"KEY"}"#, #""***"},"stream":"***"}"#),
            (#"{"listenKey":"KEY"#, #"{"listenKey":"***"#),
        ]
    )
    func keys(text: String, part: String) {
        let market = SpotSample.combined("btcusdt@trade", SpotSample.trade)
        let messages = Self.redacted([market, text.replacing("KEY", with: Self.key), market])
        let result = texts(messages)
        #expect(result[1].contains(part) && !result[1].contains(Self.key))
        #expect(result[0] == market && result[2] == market)
        #expect(messages.entries.map(\.isRedacted) == [false, true, false])
        #expect(!String(decoding: messages.bytes, as: UTF8.self).contains(Self.key))
    }

    @Test("a secret that opened the connection is replaced wherever it is")
    func known() {
        let text = #"{"stream":"btcusdt@trade","data":{"x":"a-\#(Self.key)-b"}}"#
        let messages = Self.redacted([text], known: [Self.key, "short"])
        #expect(texts(messages) == [#"{"stream":"btcusdt@trade","data":{"x":"a-***-b"}}"#])
    }

    @Test("messages without secrets stay byte for byte, and are not marked")
    func harmless() {
        let payloads = [
            SpotSample.combined("!bookTicker", SpotSample.bookTicker), FuturesSample.bookTicker, "", "{",
            #"{"result":null,"id":1}"#, #"{"listenKey":7}"#, #"{"listenKey":""}"#, SpotSample.snapshot,
        ]
        let messages = Self.redacted(payloads)
        #expect(texts(messages) == payloads && messages.entries.allSatisfy { !$0.isRedacted })
    }

    @Test("events of an account read the same after their key is removed")
    func reading() {
        let text = SpotSample.combined(Self.key, #"{"e":"ACCOUNT_UPDATE","E":1,"a":{"B":[{"a":"USDT","wb":"5"}]}}"#)
        var run = BinanceRun(.usdm)
        run.receive(texts(Self.redacted([text]))[0])
        #expect(run.events.marginUpdates.first?.asset == "USDT")
        #expect(Venue.binanceUSDM.definition.makeRedactor(VenueReading()) != nil)
        #expect(Venue.binanceSpot.definition.makeRedactor(VenueReading()) == nil)
    }
}
