import JSONScanning
import MarketModel

extension HyperliquidVenue {
    var defaultURL: String? { "wss://api.hyperliquid.xyz\(HyperliquidServer.path)" }

    func options(for use: VenueOption.Use) -> [VenueOption] {
        use == .recording ? [MarketOptions.symbols, MarketOptions.channels] : []
    }

    /// Hyperliquid publishes neither liquidations nor, without an address, an account.
    static let available = MarketChannel.allCases.filter { $0 != .account && $0 != .liquidations }

    /// The subscription that brings what `word` means for `symbol`.
    private static func subscription(_ word: MarketChannel, _ symbol: String) -> HyperliquidSubscription? {
        switch word {
        case .trades: HyperliquidSubscription("trades", coin: symbol)
        case .quotes: HyperliquidSubscription("bbo", coin: symbol)
        case .book: HyperliquidSubscription("l2Book", coin: symbol)
        case .bars: HyperliquidSubscription("candle", coin: symbol, interval: HyperliquidDialect.barInterval)
        case .funding, .mark, .openInterest: HyperliquidSubscription("activeAssetCtx", coin: symbol)
        case .liquidations, .account: nil
        }
    }

    func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        let words = try MarketOptions.channels(values, of: name, available: Self.available)
        let symbols = Self.unique(values.texts(MarketOptions.symbols))
        guard !symbols.isEmpty else { throw VenueOptionError(venue: name, [.missing([MarketOptions.symbols])]) }
        let subscriptions = Self.unique(
            symbols.flatMap { symbol in words.compactMap { Self.subscription($0, symbol) } }
        )
        let streams = JSONText.list(subscriptions.map(\.name))
        var plan = VenuePlan(subscription: #"{"symbols":\#(JSONText.list(symbols)),"streams":\#(streams)}"#) { _ in
            HyperliquidDialect(subscriptions)
        }
        plan.target = Self.target
        plan.instrumentRequests = HyperliquidInstruments.requests(for: symbols)
        let hasTicks = words.contains(.trades) || words.contains(.quotes)
        plan.ticks = hasTicks ? .some(Set(symbols)) : .none
        plan.quotes = words.contains(.quotes) ? .all : .none
        plan.books = words.contains(.book) ? .all : .none
        plan.namedSymbols = symbols
        // The limit is that of an address, so more connections would not help.
        if subscriptions.count > HyperliquidSession.subscriptionsMax {
            plan.notices = [
                "\(subscriptions.count) subscriptions are needed, and Hyperliquid allows an address "
                    + "\(HyperliquidSession.subscriptionsMax); it will refuse the others"
            ]
        }
        return plan
    }

    /// Returns the path of a URL, or the venue's path if the URL has none.
    private static func target(_ given: String) -> String {
        if given.isEmpty || given == "/" { return HyperliquidServer.path }
        return given.hasPrefix("/?") ? HyperliquidServer.path + given.dropFirst() : given
    }

    private static func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
        var seen: Set<Element> = []
        return elements.filter { seen.insert($0).inserted }
    }
}
