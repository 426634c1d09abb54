import MarketModel

/// Generates trades, tickers, books and candles for the subscriptions of its client.
///
/// The same seed gives the same bytes.
struct KrakenSimulator: VenueSimulator {
    private let setting: SimulationSetting
    private var random: SplitMix64
    private var count: Int64 = 0
    private var markets: [SymbolIndex: KrakenSimulatedMarket] = [:]
    /// The number of the subscription that each snapshot of a book belongs to.
    private var snapshots: [SymbolIndex: Int] = [:]

    init(_ setting: SimulationSetting) {
        self.setting = setting
        random = SplitMix64(seed: setting.seed)
    }

    mutating func next(_ count: Int, for session: any VenueSession, into batch: inout MessageBatch) -> Int {
        guard let session = session as? KrakenSession, !session.subscriptions.isEmpty else { return 0 }
        let active = session.subscriptions
        for _ in 0..<count {
            let time = setting.time(ofMessage: self.count)
            let next = subscription(active)
            let name = session.symbols.text(of: next.symbol)
            let text = message(next, name, time)
            batch.append(text, direction: .received, tsRecv: time)
            self.count += 1
        }
        return count
    }

    /// The subscription of the next message: one whose snapshot is due, or a random one.
    private mutating func subscription(_ active: [KrakenSession.Subscription]) -> KrakenSession.Subscription {
        let isDue = { [snapshots] (one: KrakenSession.Subscription) in
            one.channel == .book && snapshots[one.symbol] != one.number
        }
        if let due = active.first(where: isDue) { return due }
        return active[Int(random.next() % UInt64(active.count))]
    }

    private mutating func message(
        _ next: KrakenSession.Subscription,
        _ symbol: String,
        _ time: UnixNanoseconds
    ) -> [UInt8] {
        var market = markets[next.symbol] ?? KrakenSimulatedMarket(symbol, using: &random)
        defer { markets[next.symbol] = market }
        switch next.channel {
        case .trade: return market.trade(time, random.next())
        case .ticker: return market.ticker(time)
        case .candles: return market.candle(time)
        case .book:
            if snapshots.updateValue(next.number, forKey: next.symbol) != next.number {
                return market.snapshot(depth: next.depth, time, using: &random)
            }
            return market.change(time, using: &random)
        }
    }
}
