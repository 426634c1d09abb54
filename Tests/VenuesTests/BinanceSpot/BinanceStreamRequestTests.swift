import Testing
import Venues

struct BinanceStreamRequestTests {
    @Test(
        "C5 a name is corrected to the venue's spelling",
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
        "C5 a misspelt kind is refused with a suggestion",
        arguments: [
            ("btcusdt@trades", "btcusdt@trade"), ("btcusdt@agTrade", "btcusdt@aggTrade"),
            ("BTCUSDT@boktTicker", "btcusdt@bookTicker"), ("btcusdt@kline1m", "btcusdt@kline_1m"),
            ("averylongsymbolusdt@trads", "averylongsymbolusdt@trade"), ("!tiker@arr", "!ticker@arr"),
        ]
    )
    func misspelt(text: String, meant: String) {
        let error = #expect(throws: BinanceStreamRequest.Mistake.self) { try BinanceStreamRequest(text) }
        #expect(error?.description == "there is no stream '\(text)'; did you mean '\(meant)'?")
    }

    @Test("kind 9 text that is not a stream name is refused", arguments: ["btcusdt", "@trade", "btcusdt@", "", "@"])
    func noStream(text: String) {
        #expect(throws: BinanceStreamRequest.Mistake.self) { try BinanceStreamRequest(text) }
    }

    @Test("kind 9 a kind that feedrec does not know is accepted, with a notice")
    func unknown() throws {
        let request = try BinanceStreamRequest("btcusdt@referencePrice")
        #expect(request.name == "btcusdt@referencePrice")
        #expect(request.notice?.contains("does not know") == true)
    }
}
