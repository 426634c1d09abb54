package import MarketModel

/// A simulated Deribit for one client: the same seed and the same subscriptions give the same bytes.
///
/// The channels take turns at random. Each instrument has one market, so trades, prices and books agree.
package struct DeribitSimulator: VenueSimulator {
    private let setting: SimulationSetting
    private var random: SplitMix64
    private var markets: [DeribitSimulatedMarket] = []
    private var marketOfSymbol: [String: Int] = [:]
    private var streams: [DeribitSimulatedStream] = []
    private var streamOfChannel: [String: Int] = [:]
    private var messageCount: Int64 = 0
    private var account: DeribitSimulatedAccount

    package init(_ setting: SimulationSetting) {
        self.setting = setting
        random = SplitMix64(seed: setting.seed)
        account = DeribitSimulatedAccount(seed: setting.seed)
    }

    package mutating func next(_ count: Int, for session: any VenueSession, into batch: inout MessageBatch) -> Int {
        guard let client = session as? DeribitSession else { return 0 }
        let active = client.channels.subscribed.compactMap { stream(of: client.channels[$0]) }
        let names = client.channels.subscribed.map { client.channels[$0].name }
        let accounts = names.filter { DeribitSimulatedAccount.has(DeribitChannel($0)) }
        let sourceCount = active.count + accounts.count
        guard sourceCount > 0 else { return 0 }
        for _ in 0..<count {
            let time = setting.time(ofMessage: messageCount)
            messageCount += 1
            let choice = Int(random.next() % UInt64(sourceCount))
            if choice >= active.count {
                let text = account.next(accounts[choice - active.count], at: time.rawValue / 1_000_000)
                batch.append(text.utf8, direction: .received, tsRecv: time)
                continue
            }
            let place = active[choice]
            let offset = batch.bytes.count
            let market = streams[place].market
            streams[place].write(&markets[market], at: time.rawValue / 1_000_000, to: &batch.bytes)
            batch.entries.append(
                MessageBatch.Entry(
                    offset: offset,
                    length: batch.bytes.count - offset,
                    tsRecv: time,
                    direction: .received,
                    kind: .text
                )
            )
        }
        return count
    }

    /// The place of the stream of a channel; `nil` for channels that stay silent, such as those of an account.
    private mutating func stream(of entry: DeribitChannelSet.Entry) -> Int? {
        guard let index = streamOfChannel[entry.name] ?? makeStream(entry) else { return nil }
        // A client that subscribes again gets a snapshot.
        if streams[index].subscriptions != entry.subscriptions {
            streams[index].subscriptions = entry.subscriptions
            streams[index].restart()
        }
        return index
    }

    private mutating func makeStream(_ entry: DeribitChannelSet.Entry) -> Int? {
        guard let symbol = entry.symbol, let content = DeribitSimulatedStream.Content(DeribitChannel(entry.name))
        else { return nil }
        let market = marketOfSymbol[symbol] ?? markets.count
        if market == markets.count {
            markets.append(DeribitSimulatedMarket(symbol: symbol, seed: setting.seed))
            marketOfSymbol[symbol] = market
        }
        streams.append(DeribitSimulatedStream(channel: entry.name, content: content, market: market))
        streamOfChannel[entry.name] = streams.count - 1
        return streams.count - 1
    }
}
