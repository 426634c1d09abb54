import JSONScanning
package import MarketModel

extension Venue {
    /// Bybit's spot market.
    package static let bybitSpot = Venue(BybitVenue(.spot))
    /// Bybit's contracts that settle in USDT and USDC.
    package static let bybitLinear = Venue(BybitVenue(.linear))
}

/// One product of Bybit's v5 API.
package struct BybitVenue: VenueDefinition {
    package let product: BybitProduct

    package init(_ product: BybitProduct) { self.product = product }

    package var name: String { product.venueName }

    package var aliases: [String] { product == .spot ? ["bybit", "bybit-v5"] : [] }

    package var defaultURL: String? { "wss://stream.bybit.com\(product.publicPath)" }

    /// Only the numbers of deep books show a missing message, and two connections cannot be merged.
    ///
    /// Trades have IDs with gaps, or UUIDs; best prices come again with the same number.
    package var rules: VenueRules {
        var rules = VenueRules()
        rules.acknowledgementTimeout = .seconds(30)
        return rules
    }

    package func makeReader(_ reading: VenueReading) -> any VenueDialect { BybitDialect(product: product) }

    /// Removes the key and the signature of a login.
    package func makeRedactor(_ reading: VenueReading) -> (any MessageRedactor)? { BybitRedactor() }

    // MARK: Instruments

    package func instrumentNames(_ exchange: RESTExchange, _ body: UnsafeRawBufferPointer) -> [String]? {
        guard BybitInstruments.isAnswer(exchange, of: product) else { return nil }
        var names: [String] = []
        do throws(JSONError) {
            try BybitInstruments.forEach(in: body) { names.append($0.symbol) }
        } catch {
            return nil
        }
        return names
    }

    // MARK: Serving clients

    package func makeServer() -> any VenueServer { BybitServer(product) }

    package func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        var simulation = VenueSimulation(server: BybitServer(product, keys: setting.keys)) { [product] in
            BybitSimulator(setting, product: product)
        }
        simulation.answer = { [product] in BybitSimulatedInstruments.answer($0, product) }
        return simulation
    }

    package var examplePaths: [String] { [product.publicPath] }

    package var queryParameters: [String] { ["max_active_time"] }

    package func makeOfferReader(symbols: Set<String>) -> any VenueOfferReader { BybitOfferReader(symbols: symbols) }

    package func symbol(ofStream stream: String) -> String? { BybitTopic(stream).symbol }
}
