import JSONScanning
package import MarketModel

extension KrakenVenue {
    package static let depth = VenueOption(
        "depth",
        .text(default: nil),
        help: "kraken: the depth of books: 10, 25, 100, 500 or 1000. (default: 1000)",
        valueName: "levels"
    )

    package func options(for use: VenueOption.Use) -> [VenueOption] {
        use == .recording ? [MarketOptions.symbols, MarketOptions.channels, Self.depth] : []
    }

    package func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        var wanted = KrakenSubscriptions()
        var seen: Set<String> = []
        wanted.symbols = values.texts(MarketOptions.symbols).filter { seen.insert($0).inserted }
        guard !wanted.symbols.isEmpty else { throw VenueOptionError(venue: name, [.missing([MarketOptions.symbols])]) }
        let available = KrakenChannel.allCases.map(\.word)
        let words = try MarketOptions.channels(values, of: name, available: available)
        wanted.channels = words.compactMap { KrakenChannel(word: $0) }
        wanted.depth = try depth(values)
        return plan(wanted)
    }

    private func plan(_ wanted: KrakenSubscriptions) -> VenuePlan {
        let words = wanted.channels.map(\.word.rawValue)
        var subscription = #"{"symbols":\#(JSONText.list(wanted.symbols)),"channels":\#(JSONText.list(words))"#
        if wanted.channels.contains(.book) { subscription += #","depth":\#(wanted.depth)"# }
        var plan = VenuePlan(subscription: subscription + "}") { _ in KrakenDialect(wanted) }
        plan.target = Self.target
        plan.instrumentRequests = [RESTExchange(url: KrakenInstruments.address)]
        if wanted.channels.contains(.trade) || wanted.channels.contains(.ticker) {
            plan.ticks = .some(Set(wanted.symbols))
        }
        plan.quotes = wanted.channels.contains(.ticker) ? .all : .none
        plan.books = wanted.channels.contains(.book) ? .all : .none
        plan.namedSymbols = wanted.symbols
        plan.notices = wanted.symbols.compactMap { symbol in
            let name = KrakenInstruments.symbol(symbol)
            return name == symbol ? nil : "\(symbol) is a name of Kraken's old interface; this one calls it \(name)"
        }
        return plan
    }

    /// The path and query to request: a URL without a path gets that of the interface.
    private static func target(_ given: String) -> String {
        let path = given.prefix { $0 != "?" }
        guard path.isEmpty || path == "/" else { return given }
        return "/v2" + given.dropFirst(path.count)
    }

    private func depth(_ values: VenueOptionValues) throws(VenueOptionError) -> Int {
        guard let text = values.text(Self.depth) else { return KrakenDepth.all.max() ?? KrakenDepth.standard }
        guard let depth = Int(text), KrakenDepth.all.contains(depth) else {
            let list = KrakenDepth.all.map(String.init).joined(separator: ", ")
            throw VenueOptionError(venue: name, [.invalid(Self.depth, reason: "'\(text)' is not one of \(list)")])
        }
        return depth
    }
}
