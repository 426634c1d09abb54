import MarketModel

/// A market of Binance, with the facts in which the markets differ.
package enum BinanceMarket: Sendable, Hashable {
    case spot
    /// USD-margined futures.
    case usdm

    /// The base of the HTTP interface; public data needs no key there.
    package var restBase: String {
        switch self {
        case .spot: "https://data-api.binance.vision"
        case .usdm: "https://fapi.binance.com"
        }
    }

    /// The prefix of the HTTP interface's paths.
    package var restPrefix: String {
        switch self {
        case .spot: "/api/v3"
        case .usdm: "/fapi/v1"
        }
    }

    /// The public WebSocket endpoint.
    package var webSocketBase: String {
        switch self {
        case .spot: "wss://data-stream.binance.vision"
        case .usdm: "wss://fstream.binance.com"
        }
    }

    /// JSON messages that a client sends in a second.
    ///
    /// The venue allows 5 and 10, but also counts pings and pongs.
    var messagesPerSecond: Int { self == .spot ? 4 : 8 }

    /// The most streams that feedrec puts on one connection.
    ///
    /// The venue allows 1024 in both markets; clients of the futures market stay at 200.
    package var streamsPerConnection: Int { self == .spot ? 1024 : 200 }

    /// How a book of changes is kept: it starts with a snapshot over HTTP.
    ///
    /// Spot numbers follow each other. In the futures market, each change names the last number of the one before.
    var changeRule: BookRule {
        var rule = BookRule()
        rule.start = .request(offset: self == .spot ? 1 : 0)
        rule.chain = self == .spot ? .following : .previous
        return rule
    }

    /// How a book of the best levels is kept: each message is complete.
    static var completeRule: BookRule {
        var rule = BookRule()
        rule.start = .everyMessage
        return rule
    }

    /// What users can ask for in plain words.
    var channels: [MarketChannel] {
        switch self {
        case .spot: [.trades, .quotes, .book, .bars]
        case .usdm: [.trades, .quotes, .book, .bars, .funding, .mark, .openInterest, .liquidations, .account]
        }
    }

    /// The stream of a symbol for a plain word, without the symbol; `nil` if it comes over HTTP.
    func streamKind(_ channel: MarketChannel) -> String? {
        switch channel {
        // The single trades of the futures market are not documented.
        case .trades: self == .spot ? "trade" : "aggTrade"
        case .quotes: "bookTicker"
        case .book: "depth@100ms"
        case .bars: "kline_1m"
        case .funding, .mark: "markPrice@1s"
        case .liquidations: "forceOrder"
        case .openInterest, .account: nil
        }
    }
}

/// A part of the futures market's WebSocket interface: since 2026 each stream is served by only one of them.
enum BinanceRoute: String, Sendable, Hashable, CaseIterable {
    /// Quotes and books.
    case `public`
    /// Everything else that is public.
    case market
    /// An account.
    case `private`

    /// The route of a stream, by its name such as `btcusdt@depth@100ms`.
    init(stream: String) {
        let kind = stream.hasPrefix("!") ? stream.dropFirst() : stream.drop { $0 != "@" }.dropFirst()
        let isPublic = kind == "bookTicker" || kind.hasPrefix("depth") || kind.hasPrefix("rpiDepth")
        self = isPublic ? .public : .market
    }
}
