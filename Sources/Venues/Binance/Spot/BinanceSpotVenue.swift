extension Venue {
    /// Binance's spot market.
    package static let binanceSpot = Venue(BinanceSpotVenue())
}

/// Binance's spot market: market data streams (web-socket-streams.md of the Binance spot API).
package struct BinanceSpotVenue: BinanceVenue {
    package let name = "binance-spot"
    package var market: BinanceMarket { .spot }
    package var optionsTitle: String { "Feed" }

    package static let streams = MarketOptions.streams

    package init() {}

    package var examplePaths: [String] { ["/ws/btcusdt@trade", "/stream?streams=btcusdt@trade/btcusdt@bookTicker"] }
}
