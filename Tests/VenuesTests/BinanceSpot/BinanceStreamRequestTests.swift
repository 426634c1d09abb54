import Testing
import Venues

struct BinanceStreamRequestTests {
    @Test(
        "C5 a name is put into the venue's spelling",
        arguments: [
            ("btcusdt@trade", "btcusdt@trade"), ("BTCUSDT@trade", "btcusdt@trade"),
            ("BtcUsdt@AGGTRADE", "btcusdt@aggTrade"),
            ("ethusdt@kline_1m", "ethusdt@kline_1m"), ("ethusdt@kline_1M", "ethusdt@kline_1M"),
            ("BTCUSDT@depth20@100ms", "btcusdt@depth20@100ms"), ("!miniticker@ARR", "!miniTicker@arr"),
        ]
    )
    func spelling(text: String, name: String) throws {
        let request = try BinanceStreamRequest(text)
        #expect(request.name == name)
        #expect((request.notice == nil) == (text == name))
    }

    @Test(
        "C5 a misspelt kind is refused with the right one",
        arguments: [
            ("btcusdt@trades", "btcusdt@trade"), ("btcusdt@agTrade", "btcusdt@aggTrade"),
            ("BTCUSDT@boktTicker", "btcusdt@bookTicker"), ("btcusdt@kline1m", "btcusdt@kline_1m"),
            ("averylongsymbolusdt@trads", "averylongsymbolusdt@trade"), ("!tiker@arr", "!ticker@arr"),
        ]
    )
    func misspelt(text: String, meant: String) {
        let error = #expect(throws: BinanceStreamRequest.Mistake.self) { try BinanceStreamRequest(text) }
        #expect(error?.description == "there is no stream '\(text)'; is '\(meant)' meant?")
    }

    @Test("kind 9 what is no stream at all is refused", arguments: ["btcusdt", "@trade", "btcusdt@", "", "@"])
    func noStream(text: String) {
        #expect(throws: BinanceStreamRequest.Mistake.self) { try BinanceStreamRequest(text) }
    }

    @Test("kind 9 a kind that feedrec does not know is taken, with a notice")
    func unknown() throws {
        let request = try BinanceStreamRequest("btcusdt@referencePrice")
        #expect(request.name == "btcusdt@referencePrice")
        #expect(request.notice?.contains("does not know") == true)
    }
}
