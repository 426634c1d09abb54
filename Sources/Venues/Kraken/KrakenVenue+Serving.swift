import MarketModel

extension KrakenVenue {
    package var examplePaths: [String] { ["/v2"] }

    package var queryParameters: [String] { [] }

    package func makeServer() -> any VenueServer { KrakenServer() }

    package func makeOfferReader(symbols: Set<String>) -> any VenueOfferReader { KrakenOfferReader(symbols: symbols) }

    package func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        var simulation = VenueSimulation(server: makeServer()) { KrakenSimulator(setting) }
        simulation.answer = { KrakenSimulatedInstruments.answer($0) }
        return simulation
    }

    package var examples: VenueExamples {
        var examples = VenueExamples()
        examples.recording = [
            """
            feedrec record --venue kraken --symbol BTC/USD --channel trades,quotes,book \\
              --archive ./tape --duration 1h
            """
        ]
        examples.importing = ["feedrec import messages btcusd.tsv.gz --venue kraken --archive ./tape"]
        examples.simulating = ["feedrec simulate --venue kraken --listen 127.0.0.1:9001 --rate 1000"]
        examples.books = ["feedrec book ./tape --symbol BTC/USD --venue kraken --json"]
        return examples
    }
}
