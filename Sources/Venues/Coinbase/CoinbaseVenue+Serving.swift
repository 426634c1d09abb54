import MarketModel

extension CoinbaseVenue {
    package var examplePaths: [String] { ["/"] }

    package var queryParameters: [String] { [] }

    package func makeServer() -> any VenueServer { CoinbaseServer() }

    package func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        var simulation = VenueSimulation(server: makeServer()) { CoinbaseSimulator(setting) }
        simulation.answer = { CoinbaseSimulatedProducts.answer($0) }
        return simulation
    }

    package var examples: VenueExamples {
        var examples = VenueExamples()
        examples.recording = [
            """
            feedrec record --venue coinbase --symbol BTC-USD \\
              --channel trades,quotes,book --archive ./tape --duration 1h
            """
        ]
        examples.importing = ["feedrec import messages btcusd.tsv.gz --venue coinbase --archive ./tape"]
        examples.simulating = ["feedrec simulate --venue coinbase --listen 127.0.0.1:9001 --rate 1000"]
        return examples
    }
}
