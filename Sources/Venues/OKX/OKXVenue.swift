import JSONScanning
import MarketModel

extension Venue {
    /// OKX.
    package static let okx = Venue(OKXVenue())
}

/// OKX, API version 5: spot, swaps, futures and options (www.okx.com/docs-v5).
struct OKXVenue: VenueDefinition {
    let name = "okx"
    let aliases = ["okx-v5"]

    /// Trades and best prices have numbers, which tell two connections apart.
    ///
    /// Numbers of trades are not promised to be consecutive, and several executions may be one trade.
    var rules: VenueRules {
        var rules = VenueRules()
        rules.acknowledgementTimeout = .seconds(10)
        rules.merging = .possible(renewalAge: nil)
        return rules
    }

    func makeReader(_ reading: VenueReading) -> any VenueDialect { OKXDialect([]) }

    func makeRedactor(_ reading: VenueReading) -> (any MessageRedactor)? { OKXRedactor() }

    func instrumentNames(_ exchange: RESTExchange, _ body: UnsafeRawBufferPointer) -> [String]? {
        guard exchange.path == OKXInstruments.path else { return nil }
        var names: [String] = []
        do throws(JSONError) {
            try OKXInstruments.forEach(in: body) { _, fields in
                if let name = fields.text("instId") { names.append(name) }
            }
        } catch {
            return nil
        }
        return names
    }

    // MARK: Serving clients

    let examplePaths = [OKXEndpoint.public.path, OKXEndpoint.business.path]
    let queryParameters: [String] = ["brokerId"]

    func makeServer() -> any VenueServer { OKXServer() }

    func makeOfferReader(symbols: Set<String>) -> any VenueOfferReader { OKXOfferReader(symbols: symbols) }

    func symbol(ofStream stream: String) -> String? {
        stream.split(separator: ":").dropFirst().first.map(String.init)
    }

    func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        var simulation = VenueSimulation(server: OKXServer(keys: setting.keys)) { OKXSimulator(setting) }
        simulation.answer = { OKXSimulatedInstruments.answer($0) }
        return simulation
    }
}
