package import MarketModel

/// The server of Binance's market data streams.
package struct BinanceServer: VenueServer {
    private let market: BinanceMarket

    package init(market: BinanceMarket = .spot) { self.market = market }

    package func place(ofPath path: String) -> VenuePlace? {
        BinanceSession.serves(path: path, market: market) ? VenuePlace() : nil
    }

    package func makeSession(at place: VenuePlace, target: String) -> any VenueSession {
        BinanceSession(target: target, market: market)
    }
}

/// Simulated streams: those that the client was subscribed to when its tape started.
package struct BinanceSimulatedStreams: VenueSimulator {
    private let seed: UInt64
    private let ratePerSecond: Double
    private let start: UnixNanoseconds
    private var simulator: BinanceSimulator?

    package init(seed: UInt64, ratePerSecond: Double, start: UnixNanoseconds) {
        self.seed = seed
        self.ratePerSecond = ratePerSecond
        self.start = start
    }

    package mutating func next(_ count: Int, for session: any VenueSession, into batch: inout MessageBatch) -> Int {
        guard let client = session as? BinanceSession else { return 0 }
        var simulator =
            simulator
            ?? BinanceSimulator(
                client.market,
                seed: seed,
                streams: client.subscribedStreams,
                ratePerSecond: Int(ratePerSecond.rounded()),
                start: start
            )
        let before = batch.count
        simulator.next(count, into: &batch)
        self.simulator = simulator
        return batch.count - before
    }
}
