extension Venue {
    /// Binance's USD-margined futures.
    package static let binanceUSDM = Venue(BinanceUSDMVenue())
}

/// Binance's USD-margined futures: market data streams ("Websocket Market Streams" of the USD-M futures).
///
/// Since 2026, quotes and books are served at `/public`, everything else at `/market`, so a feed may need two
/// connections.
package struct BinanceUSDMVenue: BinanceVenue {
    package let name = "binance-usdm"
    package var market: BinanceMarket { .usdm }

    package init() {}

    /// Listen keys open the stream of an account.
    package func makeRedactor(_ reading: VenueReading) -> (any MessageRedactor)? { BinanceRedactor() }

    package var examplePaths: [String] {
        ["/public/stream?streams=btcusdt@bookTicker", "/market/stream?streams=btcusdt@aggTrade"]
    }
}
