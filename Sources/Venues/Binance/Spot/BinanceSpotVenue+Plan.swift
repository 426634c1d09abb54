import JSONScanning
package import MarketModel

extension BinanceSpotVenue {
    package var optionsTitle: String { "Feed" }

    package func options(for use: VenueOption.Use) -> [VenueOption] { use == .recording ? [Self.streams] : [] }

    package static let streams = VenueOption(
        "stream",
        key: "streams",
        .list,
        help: "binance-spot: a stream, such as btcusdt@trade; may be repeated."
    )

    package func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        let requests = try requests(values)
        var names: Set<String> = []
        let streams = requests.map(\.name).filter { names.insert($0).inserted }
        var plan = VenuePlan(subscription: #"{"streams":\#(JSONText.list(streams))}"#) { _ in
            BinanceDialect(streams: streams)
        }
        plan.target = { BinanceDialect.target(basePath: $0, streams: streams) }
        plan.notices = requests.compactMap(\.notice)
        let symbols = Set(streams.map { $0.prefix { $0 != "@" }.lowercased() })
        // `!bookTicker` is the only stream of all symbols that brings ticks.
        plan.ticks = symbols.contains("!bookticker") ? .all : .some(symbols)
        return plan
    }

    private func requests(_ values: VenueOptionValues) throws(VenueOptionError) -> [BinanceStreamRequest] {
        var requests: [BinanceStreamRequest] = []
        var problems: [VenueOptionError.Problem] = []
        for text in values.texts(Self.streams) {
            do throws(BinanceStreamRequest.Mistake) {
                requests.append(try BinanceStreamRequest(text))
            } catch {
                problems.append(.invalid(Self.streams, reason: error.description))
            }
        }
        if requests.isEmpty, problems.isEmpty { problems.append(.missing([Self.streams])) }
        guard problems.isEmpty else { throw VenueOptionError(venue: name, problems) }
        return requests
    }
}
