import JSONScanning
package import MarketModel

extension DeribitVenue {
    /// Channels of one connection.
    private static let channelsMax = 500
    /// What a user can record without keys.
    private static let channels = MarketChannel.allCases.filter { $0 != .account }

    package func options(for use: VenueOption.Use) -> [VenueOption] {
        use == .recording ? [MarketOptions.symbols, MarketOptions.channels, MarketOptions.streams] : []
    }

    package func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        Self.plan(try streams(values))
    }

    /// Divides the channels among connections of at most 500 channels each.
    package func plans(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> [VenuePlan] {
        let streams = try streams(values)
        let starts = stride(from: 0, to: streams.count, by: Self.channelsMax)
        return starts.enumerated().map { number, start in
            var plan = Self.plan(Array(streams[start..<min(start + Self.channelsMax, streams.count)]))
            if streams.count > Self.channelsMax { plan.part = String(number + 1) }
            return plan
        }
    }

    private static func plan(_ streams: [String]) -> VenuePlan {
        let channels = streams.map { DeribitChannel($0) }
        var known: Set<String> = []
        let symbols = channels.compactMap(\.symbol).filter { known.insert($0).inserted }
        let subscription = #"{"symbols":\#(JSONText.list(symbols)),"channels":\#(JSONText.list(streams))}"#
        var plan = VenuePlan(subscription: subscription) { _ in DeribitDialect(channels: streams) }
        plan.target = target
        plan.ticks = .some(Set(channels.filter(\.hasTicks).compactMap(\.symbol)))
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
        let channels = try MarketOptions.channels(values, of: name, available: Self.channels)
        let streams = values.texts(MarketOptions.streams)
        let symbols = values.texts(MarketOptions.symbols)
        var problems: [VenueOptionError.Problem] = []
        if symbols.isEmpty, streams.isEmpty {
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
        return (named + streams).filter { known.insert($0).inserted }
    }

    private func refusal(of stream: String) -> String? {
        let channel = DeribitChannel(stream)
        if channel.isPrivate { return "'\(stream)' is a channel of an account, which needs a login" }
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
