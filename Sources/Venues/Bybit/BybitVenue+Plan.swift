import JSONScanning
package import MarketModel

extension BybitVenue {
    package func options(for use: VenueOption.Use) -> [VenueOption] {
        use == .recording ? [MarketOptions.symbols, MarketOptions.channels, MarketOptions.streams] : []
    }

    package func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        try plans(values, zones: zones)[0]
    }

    /// Divides the topics so that the arguments of each connection have at most 21,000 characters.
    ///
    /// The topics of an account have a connection of their own.
    package func plans(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> [VenuePlan] {
        var groups: [[String]] = []
        var room = 0
        let topics = try topics(values)
        for topic in topics where !BybitTopic(topic).isPrivate {
            let length = BybitProduct.argumentBytes(topic)
            if length > room {
                groups.append([])
                room = BybitProduct.argumentBytesMax
            }
            groups[groups.count - 1].append(topic)
            room -= length
        }
        let account = topics.filter { BybitTopic($0).isPrivate }
        return VenuePlan.named(public: groups.map(plan), account: account.isEmpty ? nil : accountPlan(account))
    }

    private func accountPlan(_ topics: [String]) -> VenuePlan {
        let product = product
        var plan = VenuePlan(subscription: #"{"account":true,"topics":\#(JSONText.list(topics))}"#) { _ in
            BybitDialect(product: product)
        }
        plan.account = AccountPlan { keys in
            BybitDialect(product: product, topics: topics, keys: keys)
        }
        plan.target = { Self.privateTarget($0) }
        plan.defaultURL = "wss://stream.bybit.com\(BybitServer.privatePath)"
        return plan
    }

    /// The path and query of the private endpoint on the host of a URL without a path, or with that of a product.
    private static func privateTarget(_ given: String) -> String {
        let path = given.prefix { $0 != "?" }
        let known = BybitProduct.allCases.map(\.publicPath)
        guard path.isEmpty || path == "/" || known.contains(String(path)) else { return given }
        return BybitServer.privatePath + given.dropFirst(path.count)
    }

    private func plan(_ topics: [String]) -> VenuePlan {
        let parts = topics.map { BybitTopic($0) }
        var known: Set<String> = []
        let symbols = parts.compactMap(\.symbol).filter { known.insert($0).inserted }
        let subscription = #"{"symbols":\#(JSONText.list(symbols)),"topics":\#(JSONText.list(topics))}"#
        var plan = VenuePlan(subscription: subscription) { [product] _ in
            BybitDialect(product: product, topics: topics)
        }
        plan.target = { [product] in Self.target($0, product) }
        plan.ticks = .some(Set(parts.filter(\.hasTicks).compactMap(\.symbol)))
        plan.quotes = SymbolSelection(parts.filter(\.hasQuotes).compactMap(\.symbol))
        plan.books = SymbolSelection(parts.filter(\.hasDeepBook).compactMap(\.symbol))
        plan.namedSymbols = symbols
        plan.instrumentRequests = [BybitInstruments.request(product)]
        return plan
    }

    /// The path and query to request: a URL without a path gets that of the product.
    static func target(_ given: String, _ product: BybitProduct) -> String {
        let path = given.prefix { $0 != "?" }
        guard path.isEmpty || path == "/" else { return given }
        return product.publicPath + given.dropFirst(path.count)
    }

    /// The topics that a user asked for, without repeats: symbol by symbol, then those by the venue's names.
    private func topics(_ values: VenueOptionValues) throws(VenueOptionError) -> [String] {
        let channels = try MarketOptions.channels(values, of: name, available: product.channels)
        let streams = values.texts(MarketOptions.streams)
        let symbols = values.texts(MarketOptions.symbols)
        var problems: [VenueOptionError.Problem] = []
        if symbols.isEmpty, streams.isEmpty, channels != [.account] {
            problems.append(.missing([MarketOptions.symbols, MarketOptions.streams]))
        }
        for symbol in symbols where !Self.isWord(symbol) || symbol.contains(".") {
            problems.append(.invalid(MarketOptions.symbols, reason: "'\(symbol)' is no symbol of \(name)"))
        }
        for stream in streams {
            guard let reason = refusal(ofTopic: stream) else { continue }
            problems.append(.invalid(MarketOptions.streams, reason: reason))
        }
        guard problems.isEmpty else { throw VenueOptionError(venue: name, problems) }
        var known: Set<String> = []
        let named = symbols.flatMap { symbol in channels.compactMap { $0.bybitTopic(symbol) } }
        let account = channels.contains(.account) ? Self.accountTopics : []
        return (named + account + streams).filter { known.insert($0).inserted }
    }

    /// What the word `account` means.
    private static let accountTopics = ["wallet", "position", "order", "execution"]

    private func refusal(ofTopic stream: String) -> String? {
        let topic = BybitTopic(stream)
        if topic.isPrivate, Self.isWord(stream) { return nil }
        if topic.symbol == nil || !Self.isWord(stream) {
            return "'\(stream)' is no topic of \(name), such as orderbook.200.BTCUSDT"
        }
        return nil
    }

    /// True for a name that the venue could have: printable ASCII without spaces, and not too long.
    static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
