import JSONScanning
package import MarketModel

extension CoinbaseVenue {
    package func options(for use: VenueOption.Use) -> [VenueOption] {
        use == .recording ? [MarketOptions.symbols, MarketOptions.channels] : []
    }

    package func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        var (wanted, seen): (CoinbaseSubscriptions, Set<String>) = (CoinbaseSubscriptions(), [])
        wanted.symbols = values.texts(MarketOptions.symbols).filter {
            seen.insert(CoinbaseSymbol.answered($0)).inserted
        }
        guard !wanted.symbols.isEmpty else { throw VenueOptionError(venue: name, [.missing([MarketOptions.symbols])]) }
        let available = CoinbaseChannel.allCases.map(\.word)
        let words = try MarketOptions.channels(values, of: name, available: available)
        wanted.channels = words.compactMap { CoinbaseChannel(word: $0) }
        return plan(wanted)
    }

    private func plan(_ wanted: CoinbaseSubscriptions) -> VenuePlan {
        let names = wanted.symbols.map(CoinbaseSymbol.answered)
        let words = wanted.channels.map(\.word.rawValue)
        let subscription = #"{"symbols":\#(JSONText.list(names)),"channels":\#(JSONText.list(words))}"#
        var plan = VenuePlan(subscription: subscription) { _ in CoinbaseDialect(wanted) }
        plan.instrumentRequests = CoinbaseProducts.requests(for: wanted.symbols)
        if wanted.channels.contains(.trades) || wanted.channels.contains(.ticker) { plan.ticks = .some(Set(names)) }
        plan.quotes = wanted.channels.contains(.ticker) ? .all : .none
        plan.books = wanted.channels.contains(.book) ? .all : .none
        plan.namedSymbols = wanted.symbols
        plan.notices = zip(wanted.symbols, names).compactMap { symbol, name in
            symbol == name ? nil : "\(symbol) has the order book of \(name), and is recorded under that name"
        }
        return plan
    }
}
