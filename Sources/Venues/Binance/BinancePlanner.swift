import JSONScanning
import MarketModel

/// Divides what a user asks for among the connections that it needs.
struct BinancePlanner {
    let market: BinanceMarket
    /// The venue's name, for errors.
    let venue: String

    /// A longer request line is refused by some proxies; the streams are then requested with messages.
    private static let targetBytesMax = 4096

    /// Streams that go over one connection.
    private struct Part {
        /// Empty in a market without routes.
        let name: String
        let route: BinanceRoute?
        let streams: [String]
    }

    func plans(_ values: VenueOptionValues) throws(VenueOptionError) -> [VenuePlan] {
        let requests = try requests(values)
        let symbols = try symbols(values)
        var channels = try channels(values, symbols: symbols)
        let hasAccount = channels.contains(.account)
        channels.removeAll { $0 == .account }
        guard !requests.isEmpty || !symbols.isEmpty || hasAccount else {
            throw VenueOptionError(venue: venue, [.missing([MarketOptions.streams, MarketOptions.symbols])])
        }
        let polled = channels.contains(.openInterest) ? symbols : []
        let parts = parts(streams(requests, symbols, channels))
        let plans = parts.enumerated().map { index, part in
            var plan = plan(part, openInterestOf: index == 0 ? polled : [])
            plan.namedSymbols = symbols
            if index == 0 {
                plan.notices = requests.compactMap(\.notice)
                // A user who names streams may know instruments that the list lacks.
                if !symbols.isEmpty { plan.instrumentRequests = [instrumentRequest] }
            }
            return plan
        }
        return VenuePlan.named(public: plans, account: hasAccount ? accountPlan : nil)
    }

    /// The connection for an account; its URL contains a secret, which the recorder gets before each connection.
    private var accountPlan: VenuePlan {
        var plan = VenuePlan(subscription: #"{"account":true,"streams":[]}"#) { [market] _ in
            BinanceDialect(market: market, streams: [])
        }
        plan.account = BinanceAccount.plan()
        plan.requestInterval = BinanceRequests.interval
        return plan
    }

    private var instrumentRequest: RESTExchange {
        RESTExchange(url: market.restBase + market.restPrefix + "/exchangeInfo")
    }

    // MARK: What is asked for

    private func requests(_ values: VenueOptionValues) throws(VenueOptionError) -> [BinanceStreamRequest] {
        var requests: [BinanceStreamRequest] = []
        var problems: [VenueOptionError.Problem] = []
        for text in values.texts(MarketOptions.streams) {
            do throws(BinanceStreamRequest.Mistake) {
                requests.append(try BinanceStreamRequest(text, market: market))
            } catch {
                problems.append(.invalid(MarketOptions.streams, reason: error.description))
            }
        }
        guard problems.isEmpty else { throw VenueOptionError(venue: venue, problems) }
        return requests
    }

    private func symbols(_ values: VenueOptionValues) throws(VenueOptionError) -> [String] {
        var symbols: [String] = []
        var problems: [VenueOptionError.Problem] = []
        for text in values.texts(MarketOptions.symbols) {
            let symbol = text.uppercased()
            if symbol.isEmpty || symbol.contains(where: { "@/!?&# ".contains($0) }) {
                problems.append(.invalid(MarketOptions.symbols, reason: "'\(text)' is not a symbol, such as BTCUSDT"))
            } else if !symbols.contains(symbol) {
                symbols.append(symbol)
            }
        }
        guard problems.isEmpty else { throw VenueOptionError(venue: venue, problems) }
        return symbols
    }

    private func channels(
        _ values: VenueOptionValues,
        symbols: [String]
    ) throws(VenueOptionError) -> [MarketChannel] {
        let channels = try MarketOptions.channels(values, of: venue, available: market.channels)
        guard symbols.isEmpty, channels != [.account] else { return channels }
        guard values.texts(MarketOptions.channels).isEmpty else {
            throw VenueOptionError(venue: venue, [.missing([MarketOptions.symbols])])
        }
        return []
    }

    private func streams(
        _ requests: [BinanceStreamRequest],
        _ symbols: [String],
        _ channels: [MarketChannel]
    ) -> [String] {
        var kinds = channels.compactMap(market.streamKind)
        // The open interest comes over HTTP, but a connection needs a stream.
        if kinds.isEmpty, !channels.isEmpty { kinds = ["markPrice"] }
        var names: Set<String> = []
        let all = requests.map(\.name) + symbols.flatMap { symbol in kinds.map { "\(symbol.lowercased())@\($0)" } }
        return all.filter { names.insert($0).inserted }
    }

    // MARK: Connections

    private func parts(_ streams: [String]) -> [Part] {
        let routes: [BinanceRoute?] = market == .spot ? [nil] : [.public, .market]
        var parts: [Part] = []
        for route in routes {
            let own = route.map { route in streams.filter { BinanceRoute(stream: $0) == route } } ?? streams
            for (number, start) in stride(from: 0, to: own.count, by: market.streamsPerConnection).enumerated() {
                let chunk = Array(own[start..<min(start + market.streamsPerConnection, own.count)])
                let name = route.map { number == 0 ? $0.rawValue : "\($0.rawValue)-\(number + 1)" } ?? ""
                parts.append(Part(name: name, route: route, streams: chunk))
            }
        }
        return parts
    }

    private func plan(_ part: Part, openInterestOf polled: [String]) -> VenuePlan {
        let (market, streams, route) = (market, part.streams, part.route)
        let length = BinanceDialect.target(basePath: "", route: route, streams: streams).utf8.count
        let isSubscribing = length > Self.targetBytesMax
        var plan = VenuePlan(subscription: #"{"streams":\#(JSONText.list(streams))}"#) { _ in
            BinanceDialect(
                market: market,
                streams: streams,
                isSubscribing: isSubscribing,
                openInterestOf: polled
            )
        }
        plan.target = { base in
            BinanceDialect.target(basePath: base, route: route, streams: isSubscribing ? [] : streams)
        }
        plan.part = part.name
        plan.requestInterval = BinanceRequests.interval
        plan.ticks = ticks(streams)
        plan.quotes = isEveryQuote(streams) ? .all : Self.symbols(of: streams) { $0 == "bookTicker" }
        plan.books = Self.symbols(of: streams) { $0.hasPrefix("depth") }
        return plan
    }

    /// The symbols of the streams of some kinds, as messages write them.
    private static func symbols(of streams: [String], _ isWanted: (Substring) -> Bool) -> SymbolSelection {
        SymbolSelection(
            streams.filter { isWanted($0.drop { $0 != "@" }.dropFirst()) }.map { $0.prefix { $0 != "@" }.uppercased() }
        )
    }

    /// True if the quotes of all symbols are among `streams`.
    private func isEveryQuote(_ streams: [String]) -> Bool {
        streams.contains { $0.lowercased().hasPrefix("!bookticker") }
    }

    /// The symbols of `streams`; in the futures market with the kind of tick, because two connections share them.
    private func ticks(_ streams: [String]) -> SymbolSelection {
        // `!bookTicker` is the only stream of all symbols that brings ticks.
        if isEveryQuote(streams) { return .all }
        let names = streams.map { stream in
            let symbol = stream.prefix { $0 != "@" }.lowercased()
            return market == .spot ? symbol : "\(symbol)@\(BinanceRoute(stream: stream).rawValue)"
        }
        return .some(Set(names))
    }
}
