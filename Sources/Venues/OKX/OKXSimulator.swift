import JSONScanning
import MarketModel

/// Generates the messages of what a client of OKX is subscribed to: the same seed gives the same bytes.
///
/// The first message of a book is a snapshot, also after a client has subscribed again. Channels that are not simulated
/// stay silent.
struct OKXSimulator: VenueSimulator {
    private let setting: SimulationSetting
    private var random: SplitMix64
    private var count: Int64 = 0
    private var markets: [String: OKXSimulatedMarket] = [:]
    private var books: [String: OKXSimulatedBook] = [:]
    private var account: OKXSimulatedAccount

    init(_ setting: SimulationSetting) {
        self.setting = setting
        random = SplitMix64(seed: setting.seed)
        account = OKXSimulatedAccount(seed: setting.seed)
    }

    mutating func next(_ count: Int, for session: any VenueSession, into batch: inout MessageBatch) -> Int {
        guard let session = session as? OKXSession else { return 0 }
        let wanted = session.subscriptions.filter { Self.isSimulated(OKXChannel(name: $0.argument.channel)) }
        guard !wanted.isEmpty else { return 0 }
        for _ in 0..<count {
            let subscription = wanted[Int(random.next() % UInt64(wanted.count))]
            let time = setting.time(ofMessage: self.count)
            let text = text(of: subscription, milliseconds: time.rawValue / 1_000_000)
            batch.append(text.utf8, direction: .received, tsRecv: time)
            self.count += 1
        }
        return count
    }

    private mutating func text(of subscription: OKXSession.Subscription, milliseconds time: Int64) -> String {
        let argument = subscription.argument
        if OKXChannel(name: argument.channel).isPrivate { return account.next(argument, at: time) }
        return #"{"arg":\#(argument.json),\#(data(of: subscription, milliseconds: time))}"#
    }

    private static func isSimulated(_ channel: OKXChannel) -> Bool {
        if OKXSimulatedAccount.has(channel) { return true }
        return switch channel {
        case .trades, .bestPrices, .tickers, .book, .book5, .candles, .fundingRate, .markPrice, .indexTickers,
            .openInterest:
            true
        default: false
        }
    }

    /// The members of a message after its argument.
    private mutating func data(of subscription: OKXSession.Subscription, milliseconds time: Int64) -> String {
        let argument = subscription.argument
        let symbol = argument.instrument ?? ""
        let seed = symbol.utf8.reduce(setting.seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        var market = markets[symbol] ?? OKXSimulatedMarket(symbol: symbol, seed: seed)
        defer { markets[symbol] = market }
        let channel = OKXChannel(name: argument.channel)
        switch channel {
        case .book, .book5, .bestPrices:
            var book = books[argument.name] ?? OKXSimulatedBook(market: market)
            defer { books[argument.name] = book }
            let isSnapshot = channel != .book || book.serial != subscription.serial
            book.serial = subscription.serial
            return book.next(channel, isSnapshot: isSnapshot, &market, time: time)
        default: return market.data(channel, time: time)
        }
    }
}

/// The instruments of the simulated venue.
enum OKXSimulatedInstruments {
    private static let names = ["BTC-USDT", "ETH-USDT", "BTC-USDT-SWAP", "ETH-USDT-SWAP"]

    /// Answers a request for a list of instruments; `nil` for any other request.
    static func answer(_ request: RESTExchange) -> RESTAnswer? {
        guard request.method == "GET", request.path == OKXInstruments.path else { return nil }
        guard let kind = request.parameter("instType"), OKXKind(rawValue: kind) != nil || kind == "MARGIN" else {
            return RESTAnswer(body: Array(#"{"code":"51000","msg":"Parameter instType error","data":[]}"#.utf8))
        }
        let listed = names.filter { OKXKind(symbol: $0).rawValue == kind }
        let data = listed.map { name in
            #"{"instType":"\#(kind)","instId":"\#(name)","tickSz":"0.1","lotSz":"0.00001","state":"live"}"#
        }
        return RESTAnswer(body: Array(#"{"code":"0","msg":"","data":[\#(data.joined(separator: ","))]}"#.utf8))
    }
}
