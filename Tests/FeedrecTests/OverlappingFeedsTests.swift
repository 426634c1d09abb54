import Testing

@testable import feedrec

/// Feeds of one archive that would store a tick of a symbol twice.
struct OverlappingFeedsTests {
    private func mistakes(_ venue: String, _ first: String, _ second: String) -> [String] {
        let feeds = [first, second].enumerated().map { index, request in
            """
            [[feed]]
            name = "f\(index)"
            venue = "\(venue)"
            url = "wss://example.com"
            \(venue == "mt4" ? "trade_platform = \"P\"" : "")
            \(request)

            """
        }
        return ConfigurationTests.mistakes("archive = \"/tape\"\n" + feeds.joined())
    }

    @Test(
        "kind 5 two feeds with the same symbol of one venue are refused, and both are named",
        arguments: [
            ("binance-spot", #"streams = ["btcusdt@trade"]"#, #"streams = ["btcusdt@bookTicker"]"#),
            ("binance-spot", #"streams = ["btcusdt@trade"]"#, #"streams = ["ethusdt@trade", "BTCUSDT@aggTrade"]"#),
            ("binance-spot", #"streams = ["!bookTicker"]"#, #"streams = ["btcusdt@trade"]"#),
            ("mt4", #"symbols = ["EURUSD"]"#, #"symbols = ["GBPUSD", "EURUSD"]"#),
            ("mt4", #"symbols = ["EURUSD"]"#, "all_symbols = true"),
            ("mt4", "all_ticks = true", "all_symbols = true"),
        ]
    )
    func refused(venue: String, first: String, second: String) {
        for lines in [mistakes(venue, first, second), mistakes(venue, second, first)] {
            #expect(lines.count == 1, "\(lines)")
            #expect(lines.first?.contains("the feeds 'f0' and 'f1' record the same instruments") == true, "\(lines)")
        }
    }

    @Test(
        "kind 5 feeds with different symbols, or without ticks, may share an archive",
        arguments: [
            ("binance-spot", #"streams = ["btcusdt@trade"]"#, #"streams = ["btcusdc@trade"]"#),
            ("mt4", #"symbols = ["EURUSD"]"#, #"symbols = ["EURUSDx", "eurusd"]"#),
            ("mt4", #"symbols = ["EURUSD"]"#, "margin = true"),
        ]
    )
    func allowed(venue: String, first: String, second: String) {
        #expect(mistakes(venue, first, second).isEmpty)
    }
}
