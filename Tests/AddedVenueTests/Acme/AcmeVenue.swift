import JSONScanning
import MarketModel
import Venues

/// Acme, a made-up exchange: one WebSocket path, and trades with numbers.
struct AcmeVenue: VenueDefinition {
    let name = "acme"
    let aliases = ["acme-exchange"]

    var rules: VenueRules {
        var rules = VenueRules()
        rules.numbersTrades = true
        rules.acknowledgementTimeout = .seconds(10)
        rules.merging = .possible(renewalAge: nil)
        return rules
    }

    // MARK: What a user can ask for

    static let symbols = VenueOption(
        "symbol",
        key: "symbols",
        .list,
        help: "A symbol to subscribe to; may be repeated."
    )

    func options(for use: VenueOption.Use) -> [VenueOption] { use == .recording ? [Self.symbols] : [] }

    func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        let symbols = values.texts(Self.symbols)
        guard !symbols.isEmpty else { throw VenueOptionError(venue: name, [.missing([Self.symbols])]) }
        var plan = VenuePlan(subscription: #"{"symbols":\#(JSONText.list(symbols))}"#) { _ in
            AcmeDialect(symbols: symbols)
        }
        plan.ticks = .some(Set(symbols))
        plan.namedSymbols = symbols
        return plan
    }

    // MARK: Reading, serving, simulating

    func makeReader(_ reading: VenueReading) -> any VenueDialect { AcmeDialect(symbols: []) }

    let examplePaths = ["/acme"]
    let queryParameters: [String] = []

    func makeServer() -> any VenueServer { AcmeServer() }

    func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        VenueSimulation(server: AcmeServer()) { AcmeSimulator(setting) }
    }
}
