import JSONScanning
package import MarketModel

extension DeribitVenue {
    /// Channels of one connection.
    private static let channelsMax = 500
    /// What the word `account` means: balances of all currencies, and changes of orders, fills and positions.
    private static let accountChannels = ["user.portfolio.any", "user.changes.any.any.raw"]

    package func options(for use: VenueOption.Use) -> [VenueOption] {
        use == .recording ? [MarketOptions.symbols, MarketOptions.channels, MarketOptions.streams] : []
    }

    package func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        try plans(values, zones: zones)[0]
    }

    /// Divides the channels among connections of at most 500 channels each.
    ///
    /// Those of an account have a connection of their own.
    package func plans(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> [VenuePlan] {
        let all = try streams(values)
        let account = all.filter { DeribitChannel($0).isPrivate }
        let streams = all.filter { !DeribitChannel($0).isPrivate }
        let starts = stride(from: 0, to: streams.count, by: Self.channelsMax)
        let plans = starts.map { start in
            Self.plan(Array(streams[start..<min(start + Self.channelsMax, streams.count)]))
        }
        return VenuePlan.named(public: plans, account: account.isEmpty ? nil : Self.accountPlan(account))
    }

    private static func accountPlan(_ channels: [String]) -> VenuePlan {
        var plan = VenuePlan(subscription: #"{"account":true,"channels":\#(JSONText.list(channels))}"#) { _ in
            DeribitDialect()
        }
        plan.account = AccountPlan { keys in DeribitDialect(channels: channels, keys: keys) }
        plan.target = target
        return plan
    }

    private static func plan(_ streams: [String]) -> VenuePlan {
        let channels = streams.map { DeribitChannel($0) }
        var known: Set<String> = []
        let symbols = channels.compactMap(\.symbol).filter { known.insert($0).inserted }
        let subscription = #"{"symbols":\#(JSONText.list(symbols)),"channels":\#(JSONText.list(streams))}"#
        var plan = VenuePlan(subscription: subscription) { _ in DeribitDialect(channels: streams) }
        plan.target = target
        plan.ticks = .some(Set(channels.filter(\.hasTicks).compactMap(\.symbol)))
        plan.quotes = SymbolSelection(channels.filter(\.hasQuotes).compactMap(\.symbol))
        plan.books = SymbolSelection(channels.filter(\.hasBook).compactMap(\.symbol))
        plan.namedSymbols = symbols
        let instruments = channels.filter { $0.kind != .index }.compactMap(\.symbol)
        plan.instrumentRequests = DeribitInstruments.requests(for: instruments)
        // A request for instruments costs a whole second of credits.
        plan.requestInterval = .seconds(1)
        return plan
    }

    /// The path and query to request: a URL without a path gets that of the API.
    private static func target(_ given: String) -> String {
        let path = given.prefix { $0 != "?" }
        guard path.isEmpty || path == "/" else { return given }
        return DeribitServer.path + given.dropFirst(path.count)
    }

    /// The channels that a user asked for, without repeats: symbol by symbol, then those by the venue's names.
    private func streams(_ values: VenueOptionValues) throws(VenueOptionError) -> [String] {
        let channels = try MarketOptions.channels(values, of: name, available: MarketChannel.allCases)
        let streams = values.texts(MarketOptions.streams)
        let symbols = values.texts(MarketOptions.symbols)
        var problems: [VenueOptionError.Problem] = []
        if symbols.isEmpty, streams.isEmpty, channels != [.account] {
            problems.append(.missing([MarketOptions.symbols, MarketOptions.streams]))
        }
        for symbol in symbols where !Self.isWord(symbol) || symbol.contains(".") {
            problems.append(.invalid(MarketOptions.symbols, reason: "'\(symbol)' is no instrument of \(name)"))
        }
        for stream in streams {
            guard let reason = refusal(of: stream) else { continue }
            problems.append(.invalid(MarketOptions.streams, reason: reason))
        }
        guard problems.isEmpty else { throw VenueOptionError(venue: name, problems) }
        var known: Set<String> = []
        let named = symbols.flatMap { symbol in channels.compactMap { $0.deribitChannel(symbol) } }
        let account = channels.contains(.account) ? Self.accountChannels : []
        return (named + account + streams).filter { known.insert($0).inserted }
    }

    private func refusal(of stream: String) -> String? {
        let channel = DeribitChannel(stream)
        guard Self.isWord(stream), stream.contains(".") || channel.kind != .other else {
            return "'\(stream)' is no channel of \(name), such as book.BTC-PERPETUAL.none.10.100ms"
        }
        return nil
    }

    /// True for a name that the venue could have: printable ASCII without spaces, and not too long.
    static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
