extension Venue {
    /// Binance's spot market.
    package static let binanceSpot = Venue(BinanceSpotVenue())
}

/// Binance's spot market: market data streams (web-socket-streams.md of the Binance spot API).
package struct BinanceSpotVenue: VenueDefinition {
    package let name = "binance-spot"

    package init() {}

    /// The venue closes each connection after 24 hours, and numbers its ticks.
    package var rules: VenueRules {
        var rules = VenueRules()
        rules.numbersTrades = true
        rules.reportsAggregates = true
        rules.merging = .possible(renewalAge: .seconds(23 * 3600 + 1800))
        return rules
    }

    package func makeReader(_ reading: VenueReading) -> any VenueDialect { BinanceDialect(streams: []) }

    // MARK: Serving clients

    package func makeServer() -> any VenueServer { BinanceServer() }

    package func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        VenueSimulation(server: makeServer()) {
            BinanceSimulatedStreams(seed: setting.seed, ratePerSecond: setting.ratePerSecond, start: setting.start)
        }
    }

    package var examplePaths: [String] { ["/ws/btcusdt@trade", "/stream?streams=btcusdt@trade/btcusdt@bookTicker"] }

    package var queryParameters: [String] { BinanceSession.queryParameters }

    package func refusal(ofTarget target: String, offer: VenueOffer?) -> String? {
        BinanceSession.refusal(ofTarget: target, offer: offer)
    }

    package func makeOfferReader(symbols: Set<String>) -> any VenueOfferReader { BinanceOfferReader(symbols: symbols) }

    package func symbol(_ text: String) -> String { text.uppercased() }

    package func symbol(ofStream stream: String) -> String? { stream.prefix { $0 != "@" }.uppercased() }
}
