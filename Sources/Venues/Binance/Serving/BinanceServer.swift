package import MarketModel

/// The server of Binance's market data streams.
package struct BinanceServer: VenueServer {
    private let market: BinanceMarket
    /// The listen keys of a simulation; `nil` if any key opens the stream of an account.
    private let listenKeys: BinanceSimulatedKeys?

    package init(market: BinanceMarket = .spot) { self.init(market: market, listenKeys: nil) }

    init(market: BinanceMarket, listenKeys: BinanceSimulatedKeys?) {
        self.market = market
        self.listenKeys = listenKeys
    }

    package func place(ofPath path: String) -> VenuePlace? {
        BinanceSession.serves(path: path, market: market) ? VenuePlace() : nil
    }

    package func makeSession(at place: VenuePlace, target: String) -> any VenueSession {
        var session = BinanceSession(target: target, market: market)
        if let listenKeys { session.admit(only: listenKeys) }
        return session
    }
}

/// Simulated streams: those that the client was subscribed to when its tape started.
package struct BinanceSimulatedStreams: VenueSimulator {
    private let seed: UInt64
    private let ratePerSecond: Double
    private let start: UnixNanoseconds
    private var simulator: BinanceSimulator?
    private var account: BinanceSimulatedAccount
    private var accountMessages: Int64 = 0

    package init(seed: UInt64, ratePerSecond: Double, start: UnixNanoseconds) {
        self.seed = seed
        self.ratePerSecond = ratePerSecond
        self.start = start
        account = BinanceSimulatedAccount(seed: seed)
    }

    package mutating func next(_ count: Int, for session: any VenueSession, into batch: inout MessageBatch) -> Int {
        guard let client = session as? BinanceSession else { return 0 }
        guard client.accountKey == nil else { return nextOfAccount(count, into: &batch) }
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

    private mutating func nextOfAccount(_ count: Int, into batch: inout MessageBatch) -> Int {
        let setting = SimulationSetting(seed: seed, ratePerSecond: ratePerSecond, start: start)
        for _ in 0..<count {
            let time = setting.time(ofMessage: accountMessages)
            accountMessages += 1
            batch.append(account.next(at: time.rawValue / 1_000_000).utf8, direction: .received, tsRecv: time)
        }
        return count
    }
}
