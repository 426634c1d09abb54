package import MarketModel

/// A simulated Bybit for one client: the same seed and the same subscriptions give the same bytes.
///
/// The topics take turns at random. Each symbol has one market, so trades and books of all depths agree.
package struct BybitSimulator: VenueSimulator {
    private let setting: SimulationSetting
    private let product: BybitProduct
    private var random: SplitMix64
    private var markets: [BybitSimulatedMarket] = []
    private var marketOfSymbol: [String: Int] = [:]
    private var streams: [BybitSimulatedStream] = []
    private var streamOfTopic: [String: Int] = [:]
    private var messageCount: Int64 = 0
    private var account: BybitSimulatedAccount

    package init(_ setting: SimulationSetting, product: BybitProduct) {
        self.setting = setting
        self.product = product
        random = SplitMix64(seed: setting.seed)
        account = BybitSimulatedAccount(seed: setting.seed, product: product)
    }

    package mutating func next(_ count: Int, for session: any VenueSession, into batch: inout MessageBatch) -> Int {
        guard let client = session as? BybitSession else { return 0 }
        guard !client.isPrivate else { return nextOfAccount(count, client, into: &batch) }
        let active = client.topics.subscribed.compactMap { stream(of: client.topics[$0]) }
        guard !active.isEmpty else { return 0 }
        for _ in 0..<count {
            let time = setting.time(ofMessage: messageCount)
            messageCount += 1
            let place = active[Int(random.next() % UInt64(active.count))]
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

    private mutating func nextOfAccount(
        _ count: Int,
        _ client: BybitSession,
        into batch: inout MessageBatch
    ) -> Int {
        let topics = client.topics.subscribed.map { client.topics[$0].name }.filter { BybitTopic($0).isPrivate }
        guard !topics.isEmpty else { return 0 }
        for _ in 0..<count {
            let time = setting.time(ofMessage: messageCount)
            messageCount += 1
            let topic = topics[Int(random.next() % UInt64(topics.count))]
            guard let text = account.next(topic, at: time.rawValue / 1_000_000) else { continue }
            batch.append(text.utf8, direction: .received, tsRecv: time)
        }
        return count
    }

    /// The place of the stream of a topic; `nil` for topics that stay silent.
    private mutating func stream(of entry: BybitTopicSet.Entry) -> Int? {
        let index = streamOfTopic[entry.name] ?? makeStream(entry)
        guard let index else { return nil }
        // A client that subscribes again gets a snapshot.
        if streams[index].subscriptions != entry.subscriptions {
            streams[index].subscriptions = entry.subscriptions
            streams[index].hasSnapshot = false
        }
        return index
    }

    private mutating func makeStream(_ entry: BybitTopicSet.Entry) -> Int? {
        guard let symbol = entry.symbol, let content = BybitSimulatedStream.Content(entry.name) else { return nil }
        let market = marketOfSymbol[symbol] ?? markets.count
        if market == markets.count {
            markets.append(BybitSimulatedMarket(symbol: symbol, product: product, seed: setting.seed))
            marketOfSymbol[symbol] = market
        }
        let firstNumber = markets[market].startNumber()
        let stream = BybitSimulatedStream(topic: entry.name, content: content, market: market, number: firstNumber)
        streams.append(stream)
        streamOfTopic[entry.name] = streams.count - 1
        return streams.count - 1
    }
}
