package import MarketModel

/// The venue whose simulated messages the benches record and replay.
package enum BenchVenue {
    package static let venue = Venue.binanceSpot

    /// The streams of some symbols: quotes and trades of each.
    package static func streams(symbols: Int) -> [String] {
        (0..<symbols).flatMap { ["sym\($0)usdt@bookTicker", "sym\($0)usdt@trade"] }
    }

    /// The options that record the streams of some symbols.
    package static func options(symbols: Int) -> VenueOptionValues {
        var values = VenueOptionValues()
        values.set(BinanceSpotVenue.streams, streams(symbols: symbols))
        return values
    }

    /// A source of the messages of `streams`, evenly spaced.
    package static func simulator(streams: [String], ratePerSecond: Int, start: UnixNanoseconds) -> BinanceSimulator {
        BinanceSimulator(seed: 1, streams: streams, ratePerSecond: ratePerSecond, start: start)
    }
}
