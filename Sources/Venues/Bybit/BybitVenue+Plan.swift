import JSONScanning
package import MarketModel

extension BybitVenue {
    package func options(for use: VenueOption.Use) -> [VenueOption] {
        use == .recording ? [MarketOptions.symbols, MarketOptions.channels, MarketOptions.streams] : []
    }

    package func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        plan(try topics(values), values)
    }

    /// Divides the topics so that the arguments of each connection have at most 21,000 characters.
    package func plans(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> [VenuePlan] {
        var groups: [[String]] = []
        var room = 0
        for topic in try topics(values) {
            let length = BybitProduct.argumentBytes(topic)
            if length > room {
                groups.append([])
                room = BybitProduct.argumentBytesMax
            }
            groups[groups.count - 1].append(topic)
            room -= length
        }
        return groups.enumerated().map { number, topics in
            var plan = plan(topics, values)
            if groups.count > 1 { plan.part = String(number + 1) }
            return plan
        }
    }

    private func plan(_ topics: [String], _ values: VenueOptionValues) -> VenuePlan {
        let parts = topics.map { BybitTopic($0) }
        var known: Set<String> = []
        let symbols = parts.compactMap(\.symbol).filter { known.insert($0).inserted }
        let subscription = #"{"symbols":\#(JSONText.list(symbols)),"topics":\#(JSONText.list(topics))}"#
        var plan = VenuePlan(subscription: subscription) { [product] _ in
            BybitDialect(product: product, topics: topics)
        }
        plan.target = { [product] in Self.target($0, product) }
        plan.ticks = .some(Set(parts.filter(\.hasTicks).compactMap(\.symbol)))
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
        if symbols.isEmpty, streams.isEmpty {
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
        return (named + streams).filter { known.insert($0).inserted }
    }

    private func refusal(ofTopic stream: String) -> String? {
        let topic = BybitTopic(stream)
        if topic.isPrivate { return "'\(stream)' is a topic of an account, which needs a login" }
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
