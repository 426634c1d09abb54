import MarketModel

/// What a user can record of a venue, in plain words that are the same for all venues.
package enum MarketChannel: String, Sendable, Hashable, CaseIterable {
    /// Executions, single or aggregated, as the venue reports them.
    case trades
    /// The best bid and ask.
    case quotes
    /// The order book.
    case book
    /// The venue's own bars.
    case bars
    case funding
    case mark
    case openInterest = "open-interest"
    case liquidations
    /// Balances, positions and orders of an account, whatever the symbols; needs an API key.
    case account
}

/// The options that exchanges share, so that the same flag has the same meaning everywhere.
package enum MarketOptions {
    package static let symbols = VenueOption(
        "symbol",
        key: "symbols",
        .list,
        help: "A symbol to subscribe to; may be repeated."
    )
    package static let channels = VenueOption(
        "channel",
        key: "channels",
        .list,
        help: """
            What to record of the symbols, separated by commas: trades, quotes, book, bars, funding, mark, open-interest, \
            liquidations; a venue may lack some. account adds the balances, positions and orders of the API key's \
            account. (default: trades,quotes)
            """
    )
    package static let streams = VenueOption(
        "stream",
        key: "streams",
        .list,
        help: "A stream by the venue's own name, such as btcusdt@trade; may be repeated."
    )

    /// The name of the part of a feed that records an account.
    package static let accountPart = "account"

    /// The channels that a user asked for, without repeats, in the order given; trades and quotes if none is given.
    ///
    /// `available` are those of the venue.
    package static func channels(
        _ values: VenueOptionValues,
        of venue: String,
        available: [MarketChannel]
    ) throws(VenueOptionError) -> [MarketChannel] {
        var words: [String] = []
        for text in values.texts(channels) {
            for word in text.split(separator: ",") { words.append(String(word.filter { $0 != " " })) }
        }
        guard !words.isEmpty else { return [.trades, .quotes].filter(available.contains) }
        let known = available.map(\.rawValue)
        var chosen: [MarketChannel] = []
        var problems: [VenueOptionError.Problem] = []
        for word in words {
            if let channel = MarketChannel(rawValue: word), available.contains(channel) {
                if !chosen.contains(channel) { chosen.append(channel) }
                continue
            }
            let hint = Suggestion.hint(for: word, among: Set(known))
            let reason = "\(venue) has no channel '\(word)'\(hint); it has \(known.joined(separator: ", "))"
            problems.append(.invalid(channels, reason: reason))
        }
        guard problems.isEmpty else { throw VenueOptionError(venue: venue, problems) }
        return chosen
    }
}
