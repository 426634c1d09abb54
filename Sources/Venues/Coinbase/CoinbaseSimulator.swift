import MarketModel

/// Generates trades, tickers, books and candles for the subscriptions of its client.
///
/// Each subscription starts with a snapshot. The same seed gives the same bytes.
struct CoinbaseSimulator: VenueSimulator {
    private let setting: SimulationSetting
    private var random: SplitMix64
    private var count: Int64 = 0
    private var markets: [SymbolIndex: CoinbaseSimulatedMarket] = [:]
    /// The numbers of the subscriptions that have their snapshot.
    private var started: Set<Int> = []

    init(_ setting: SimulationSetting) {
        self.setting = setting
        random = SplitMix64(seed: setting.seed)
    }

    mutating func next(_ count: Int, for session: any VenueSession, into batch: inout MessageBatch) -> Int {
        guard let session = session as? CoinbaseSession, !session.subscriptions.isEmpty else { return 0 }
        let active = session.subscriptions
        for _ in 0..<count {
            let time = setting.time(ofMessage: self.count)
            let due = active.first { !started.contains($0.number) }
            let next = due ?? active[Int(random.next() % UInt64(active.count))]
            let event = event(next, session.symbols.text(of: next.symbol), time)
            let text = CoinbaseReply.message(next.channel.dataName, time, self.count, event)
            batch.append(text.utf8, direction: .received, tsRecv: time)
            self.count += 1
        }
        return count
    }

    private mutating func event(
        _ next: CoinbaseSession.Subscription,
        _ product: String,
        _ time: UnixNanoseconds
    ) -> String {
        let isSnapshot = started.insert(next.number).inserted
        var market = markets[next.symbol] ?? CoinbaseSimulatedMarket(product, using: &random)
        defer { markets[next.symbol] = market }
        switch next.channel {
        case .trades: return market.trades(time, isSnapshot: isSnapshot, using: &random)
        case .ticker: return market.ticker(isSnapshot: isSnapshot)
        case .candles: return market.candle(time, isSnapshot: isSnapshot)
        case .book: return market.book(time, isSnapshot: isSnapshot, using: &random)
        }
    }
}

/// The simulated venue's list of products; it accepts other products too.
enum CoinbaseSimulatedProducts {
    private static let symbols = [
        "BTC-USD", "BTC-USDC", "ETH-USD", "ETH-USDC", "SOL-USD", "XRP-USD", "ADA-USD", "DOGE-USD", "ETH-BTC",
    ]

    /// Answers a request for the list; `nil` for another path.
    static func answer(_ request: RESTExchange) -> RESTAnswer? {
        guard request.method == "GET", CoinbaseProducts.isList(request) else { return nil }
        let isSpot = request.parameter("product_type") != "FUTURE"
        let products = (isSpot ? symbols : []).map { symbol in
            let parts = symbol.split(separator: "-")
            return #"{"product_id":"\#(symbol)","base_increment":"0.00000001","quote_increment":"0.01","#
                + #""status":"online","product_type":"SPOT","quote_currency_id":"\#(parts[1])","#
                + #""base_currency_id":"\#(parts[0])","price_increment":"0.01"}"#
        }
        let body = #"{"products":[\#(products.joined(separator: ","))],"num_products":\#(products.count)}"#
        return RESTAnswer(body: Array(body.utf8), headers: ["Content-Type": "application/json"])
    }
}
