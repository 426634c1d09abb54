import JSONScanning
package import MarketModel

/// What the definitions of Binance's markets share.
package protocol BinanceVenue: RESTVenue {
    var market: BinanceMarket { get }
}

extension BinanceVenue {
    /// The venue closes each connection after 24 hours, and numbers its ticks.
    package var rules: VenueRules {
        var rules = VenueRules()
        rules.numbersTrades = true
        rules.reportsAggregates = true
        rules.merging = .possible(renewalAge: .seconds(23 * 3600 + 1800))
        return rules
    }

    // MARK: What a user can ask for

    package func options(for use: VenueOption.Use) -> [VenueOption] {
        use == .recording ? [MarketOptions.streams, MarketOptions.symbols, MarketOptions.channels] : []
    }

    package func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        try plans(values, zones: zones)[0]
    }

    package func plans(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> [VenuePlan] {
        try BinancePlanner(market: market, venue: name).plans(values)
    }

    package var defaultURL: String? { market.webSocketBase }

    package func instrumentNames(_ exchange: RESTExchange, _ body: UnsafeRawBufferPointer) -> [String]? {
        guard exchange.path.hasSuffix("/exchangeInfo"), exchange.status ?? 200 == 200 else { return nil }
        return JSONText.withPlain(body) { plain in (try? BinanceInstrument.read(plain))?.map(\.symbol) }
    }

    package func makeReader(_ reading: VenueReading) -> any VenueDialect {
        BinanceDialect(market: market, streams: [])
    }

    /// True if the URL names the stream of an account: its name is a listen key.
    package func hasSecret(inTarget target: String) -> Bool { BinancePath.hasListenKey(inTarget: target) }

    // MARK: Serving clients

    package func makeServer() -> any VenueServer { BinanceServer(market: market) }

    package func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        let listenKeys = market == .usdm ? BinanceSimulatedKeys(seed: setting.seed) : nil
        var simulation = VenueSimulation(server: BinanceServer(market: market, listenKeys: listenKeys)) {
            BinanceSimulatedStreams(seed: setting.seed, ratePerSecond: setting.ratePerSecond, start: setting.start)
        }
        let keys = setting.keys
        simulation.answerAccount = { exchange, header in listenKeys?.answer(exchange, header, keys) }
        let exchange = BinanceSimulatedExchange(market: market, seed: setting.seed, start: setting.start)
        simulation.answer = { exchange.answer($0) }
        return simulation
    }

    package var queryParameters: [String] { BinanceSession.queryParameters }

    package func refusal(ofTarget target: String, offer: VenueOffer?) -> String? {
        BinanceSession.refusal(ofTarget: target, offer: offer)
    }

    package func makeOfferReader(symbols: Set<String>) -> any VenueOfferReader {
        BinanceOfferReader(market: market, symbols: symbols)
    }

    package func symbol(_ text: String) -> String { text.uppercased() }

    package func symbol(ofStream stream: String) -> String? { stream.prefix { $0 != "@" }.uppercased() }
}
