import JSONScanning
import MarketModel

extension OKXVenue {
    var defaultURL: String? { Self.url(.public) }

    private static func url(_ endpoint: OKXEndpoint) -> String { "wss://ws.okx.com:8443\(endpoint.path)" }

    func options(for use: VenueOption.Use) -> [VenueOption] {
        use == .recording ? [MarketOptions.symbols, MarketOptions.channels] : []
    }

    /// The channels of OKX that bring what `word` means for `symbol`.
    static func arguments(_ word: MarketChannel, _ symbol: String) -> [OKXArgument] {
        switch word {
        case .trades: [OKXArgument("trades", instrument: symbol)]
        case .quotes: [OKXArgument("bbo-tbt", instrument: symbol)]
        case .book: [OKXArgument("books", instrument: symbol)]
        case .bars: [OKXArgument("candle1m", instrument: symbol)]
        case .funding: [OKXArgument("funding-rate", instrument: symbol)]
        case .mark:
            [
                OKXArgument("mark-price", instrument: symbol),
                OKXArgument("index-tickers", instrument: OKXKind.index(of: symbol)),
            ]
        case .openInterest: [OKXArgument("open-interest", instrument: symbol)]
        case .liquidations: [OKXArgument("liquidation-orders", kind: liquidationKind(symbol))]
        case .account: accountArguments
        }
    }

    /// What a connection to ``OKXEndpoint/private`` subscribes to.
    static let accountArguments = [
        OKXArgument("account"), OKXArgument("positions", kind: "ANY"), OKXArgument("orders", kind: "ANY"),
        OKXArgument("balance_and_position"), OKXArgument("liquidation-warning", kind: "ANY"),
    ]

    /// Forced orders of a spot pair belong to its margin trading.
    private static func liquidationKind(_ symbol: String) -> String {
        let kind = OKXKind(symbol: symbol)
        return kind == .spot ? "MARGIN" : kind.rawValue
    }

    func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        try plans(values, zones: zones)[0]
    }

    func plans(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> [VenuePlan] {
        let words = try MarketOptions.channels(values, of: name, available: MarketChannel.allCases)
        let symbols = Self.unique(values.texts(MarketOptions.symbols))
        guard !symbols.isEmpty || words == [.account] else {
            throw VenueOptionError(venue: name, [.missing([MarketOptions.symbols])])
        }
        var arguments = symbols.flatMap { symbol in words.flatMap { Self.arguments($0, symbol) } }
        if words.contains(.account) { arguments += Self.accountArguments }
        arguments = Self.unique(arguments)
        var plans: [VenuePlan] = []
        for endpoint in OKXEndpoint.allCases {
            let served = arguments.filter { OKXEndpoint(channel: $0.channel) == endpoint }
            let parts = Self.connections(served)
            for (index, part) in parts.enumerated() {
                let suffix = parts.count > 1 ? "-\(index + 1)" : ""
                let name = endpoint == .private ? MarketOptions.accountPart : endpoint.rawValue
                plans.append(plan(part, endpoint, part: name + suffix, symbols))
            }
        }
        if plans.count == 1 { plans[0].part = "" }
        if words != [.account] { plans[0].instrumentRequests = OKXInstruments.requests(for: symbols) }
        return plans
    }

    private func plan(
        _ arguments: [OKXArgument],
        _ endpoint: OKXEndpoint,
        part: String,
        _ symbols: [String]
    ) -> VenuePlan {
        let named = symbols.filter { symbol in arguments.contains { $0.instrument == symbol } }
        let streams = JSONText.list(arguments.map(\.name))
        var plan = VenuePlan(
            subscription:
                #"{"endpoint":"\#(endpoint.rawValue)","symbols":\#(JSONText.list(named)),"streams":\#(streams)}"#
        ) { _ in OKXDialect(arguments) }
        if endpoint == .private {
            var account = AccountPlan { keys in OKXDialect(arguments, keys: keys) }
            account.needs = [.key, .secret, .passphrase]
            account.takes = account.needs
            plan.account = account
        }
        plan.part = part
        plan.defaultURL = Self.url(endpoint)
        plan.target = { Self.target($0, endpoint) }
        let ticks = arguments.filter { ["trades", "bbo-tbt"].contains($0.channel) }.compactMap(\.instrument)
        plan.ticks = ticks.isEmpty ? .none : .some(Set(ticks))
        let quotes = arguments.filter { OKXChannel(name: $0.channel).bringsQuotes }
        let books = arguments.filter { OKXChannel(name: $0.channel).isDeepBook }
        plan.quotes = SymbolSelection(quotes.compactMap(\.instrument))
        plan.books = SymbolSelection(books.compactMap(\.instrument))
        plan.namedSymbols = named
        return plan
    }

    /// Divides subscriptions so that those of a connection fit into one request; those of a symbol stay together.
    private static func connections(_ arguments: [OKXArgument]) -> [[OKXArgument]] {
        var parts: [[OKXArgument]] = []
        var room = 0
        for argument in arguments {
            let cost = argument.json.utf8.count + 1
            if parts.isEmpty || (cost > room && parts.last?.last?.instrument != argument.instrument) {
                parts.append([])
                room = OKXRequests.bytesMax
            }
            parts[parts.count - 1].append(argument)
            room -= cost
        }
        return parts
    }

    /// Returns the path for `endpoint` on the host of a URL with the path and query `given`.
    ///
    /// A path that is not one of OKX's stays as it is.
    static func target(_ given: String, _ endpoint: OKXEndpoint) -> String {
        let pieces = given.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path = String(pieces.first ?? "")
        while path.hasSuffix("/") { path.removeLast() }
        let query = pieces.count > 1 ? "?\(pieces[1])" : ""
        for other in OKXEndpoint.allCases where path.hasSuffix(other.path) {
            return path.dropLast(other.path.count) + endpoint.path + query
        }
        if path.hasSuffix("/ws/v5") { path.removeLast("/ws/v5".count) } else if !path.isEmpty { return given }
        return path + endpoint.path + query
    }

    private static func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
        var seen: Set<Element> = []
        return elements.filter { seen.insert($0).inserted }
    }
}
