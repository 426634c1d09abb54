import JSONScanning
import MarketModel

extension Venue {
    /// Hyperliquid.
    package static let hyperliquid = Venue(HyperliquidVenue())
}

/// Hyperliquid: perpetuals and spot pairs (hyperliquid.gitbook.io, "API").
struct HyperliquidVenue: VenueDefinition {
    let name = "hyperliquid"

    /// Numbers of trades are unique and not consecutive, so a jump is no gap.
    var rules: VenueRules {
        var rules = VenueRules()
        rules.acknowledgementTimeout = .seconds(10)
        rules.merging = .impossible(reason: "its quotes carry no numbers to tell them apart")
        return rules
    }

    func makeReader(_ reading: VenueReading) -> any VenueDialect { HyperliquidDialect([]) }

    func instrumentNames(_ exchange: RESTExchange, _ body: UnsafeRawBufferPointer) -> [String]? {
        guard HyperliquidInstruments.isList(HyperliquidInstruments.type(of: exchange)) else { return nil }
        var names: [String] = []
        do throws(JSONError) {
            try JSONText.withPlain(body) { plain throws(JSONError) in
                try HyperliquidInstruments.forEach(in: plain) { names.append($0.name) }
            }
        } catch {
            return nil
        }
        return names
    }

    // MARK: Serving clients

    let examplePaths = [HyperliquidServer.path]
    let queryParameters: [String] = []

    func makeServer() -> any VenueServer { HyperliquidServer() }

    func makeOfferReader(symbols: Set<String>) -> any VenueOfferReader { HyperliquidOfferReader(symbols: symbols) }

    /// The coin of a stream such as `trades:dex:COIN`.
    func symbol(ofStream stream: String) -> String? {
        stream.split(separator: ":", maxSplits: 1).dropFirst().first.map(String.init)
    }

    func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        var simulation = VenueSimulation(server: HyperliquidServer()) { HyperliquidSimulator(setting) }
        simulation.answer = { HyperliquidSimulatedInstruments.answer($0) }
        return simulation
    }
}
