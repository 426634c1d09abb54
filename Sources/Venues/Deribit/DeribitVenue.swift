import JSONScanning
package import MarketModel

extension Venue {
    /// Deribit's perpetual contracts, futures, options and spot pairs.
    package static let deribit = Venue(DeribitVenue())
}

/// Deribit, by its JSON-RPC API v2 (docs.deribit.com).
package struct DeribitVenue: VenueDefinition {
    package let name = "deribit"
    package let aliases = ["deribit-v2"]
    package let defaultURL: String? = "wss://www.deribit.com\(DeribitServer.path)"

    package init() {}

    /// The venue numbers the trades of an instrument without gaps, but not its quotes.
    package var rules: VenueRules {
        var rules = VenueRules()
        rules.numbersTrades = true
        rules.acknowledgementTimeout = .seconds(30)
        rules.merging = .impossible(reason: "its quotes carry no numbers to tell them apart")
        return rules
    }

    package func makeReader(_ reading: VenueReading) -> any VenueDialect { DeribitDialect() }

    /// Removes keys, signatures and tokens.
    package func makeRedactor(_ reading: VenueReading) -> (any MessageRedactor)? { DeribitRedactor() }

    package func instrumentNames(_ exchange: RESTExchange, _ body: UnsafeRawBufferPointer) -> [String]? {
        guard DeribitInstruments.isAnswer(exchange) else { return nil }
        var names: [String] = []
        do throws(JSONError) {
            try DeribitInstruments.forEach(in: body) { name, _, _ in names.append(name) }
        } catch {
            return nil
        }
        return names
    }

    // MARK: Serving clients

    package func makeServer() -> any VenueServer { DeribitServer() }

    package func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        var simulation = VenueSimulation(server: DeribitServer(keys: setting.keys)) { DeribitSimulator(setting) }
        simulation.answer = { DeribitSimulatedInstruments.answer($0) }
        return simulation
    }

    package let examplePaths = [DeribitServer.path]
    package let queryParameters: [String] = []

    package func makeOfferReader(symbols: Set<String>) -> any VenueOfferReader {
        DeribitOfferReader(symbols: symbols)
    }

    package func symbol(ofStream stream: String) -> String? { DeribitChannel(stream).symbol }
}
