import JSONScanning
import MarketModel

/// Generates the messages of what a client of Hyperliquid is subscribed to: the same seed gives the same bytes.
struct HyperliquidSimulator: VenueSimulator {
    private let setting: SimulationSetting
    private var random: SplitMix64
    private var count: Int64 = 0
    private var markets: [String: HyperliquidSimulatedMarket] = [:]

    init(_ setting: SimulationSetting) {
        self.setting = setting
        random = SplitMix64(seed: setting.seed)
    }

    mutating func next(_ count: Int, for session: any VenueSession, into batch: inout MessageBatch) -> Int {
        guard let session = session as? HyperliquidSession, !session.subscriptions.isEmpty else { return 0 }
        let wanted = session.subscriptions
        for _ in 0..<count {
            let subscription = wanted[Int(random.next() % UInt64(wanted.count))]
            let time = setting.time(ofMessage: self.count)
            let text = message(subscription, milliseconds: time.rawValue / 1_000_000)
            batch.append(text.utf8, direction: .received, tsRecv: time)
            self.count += 1
        }
        return count
    }

    private mutating func message(
        _ subscription: HyperliquidSession.Subscription,
        milliseconds time: Int64
    ) -> String {
        guard let coin = subscription.subscription.coin else { return mids() }
        var market = market(coin)
        defer { markets[coin] = market }
        return market.message(subscription, time: time)
    }

    /// The mid prices of the listed perpetuals.
    private mutating func mids() -> String {
        let mids = HyperliquidSimulatedInstruments.perpetuals.map { name in
            let market = market(name)
            markets[name] = market
            return #""\#(name)":"\#(market.mid)""#
        }
        return #"{"channel":"allMids","data":{"mids":{\#(mids.joined(separator: ","))}}}"#
    }

    private func market(_ coin: String) -> HyperliquidSimulatedMarket {
        let seed = coin.utf8.reduce(setting.seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return markets[coin] ?? HyperliquidSimulatedMarket(coin: coin, seed: seed)
    }
}
