import JSONScanning

/// What a channel of OKX brings, decided by its name.
enum OKXChannel: UInt8, Sendable, Hashable {
    /// Executions; several of one order at one price may be one entry.
    case trades
    /// Executions one by one.
    case allTrades
    /// The best bid and ask, at each change.
    case bestPrices
    /// A summary of the day with the best bid and ask, at most every 100 ms.
    case tickers
    /// A snapshot and changes; 400 levels.
    case book
    /// The same with other depths and paces; these need a login.
    case fullBook, book50, retailBook
    /// Five levels, complete each time.
    case book5
    /// The venue's bars; the rest of the name is the interval.
    case candles
    case fundingRate, markPrice, indexTickers, openInterest, liquidations
    case account, positions, orders, balanceAndPosition, liquidationWarning
    /// Any other channel: nothing of it becomes a row.
    case other

    private static let names: [(StaticString, OKXChannel)] = [
        ("trades", .trades), ("bbo-tbt", .bestPrices), ("books", .book), ("books5", .book5), ("tickers", .tickers),
        ("trades-all", .allTrades), ("books-l2-tbt", .fullBook), ("books50-l2-tbt", .book50),
        ("books-rpi", .retailBook), ("funding-rate", .fundingRate), ("mark-price", .markPrice),
        ("index-tickers", .indexTickers), ("open-interest", .openInterest), ("liquidation-orders", .liquidations),
        ("account", .account), ("positions", .positions), ("orders", .orders),
        ("balance_and_position", .balanceAndPosition), ("liquidation-warning", .liquidationWarning),
    ]

    init(name: UnsafeRawBufferPointer) {
        if let known = Self.names.first(where: { name.equals($0.0) }) {
            self = known.1
        } else {
            self = name.hasPrefix("candle") ? .candles : .other
        }
    }

    init(name: String) {
        var copy = name
        self = copy.withUTF8 { OKXChannel(name: UnsafeRawBufferPointer($0)) }
    }

    /// True if its messages are an order book.
    var isBook: Bool {
        switch self {
        case .bestPrices, .book, .fullBook, .book50, .retailBook, .book5: true
        default: false
        }
    }

    /// True if its messages become quotes.
    var bringsQuotes: Bool { self == .bestPrices || self == .tickers }

    /// True if its messages are an order book of more than the best prices.
    var isDeepBook: Bool { isBook && self != .bestPrices }

    /// True if each message is the whole book.
    var isCompleteBook: Bool { self == .bestPrices || self == .book5 }

    /// True if it belongs to an account, so that the connection must log in.
    var isPrivate: Bool {
        switch self {
        case .account, .positions, .orders, .balanceAndPosition, .liquidationWarning: true
        default: false
        }
    }

    /// True if it sends something while the market is open.
    var flows: Bool { !isPrivate && self != .liquidations }
}

/// One of the three addresses of OKX; each has its own channels.
enum OKXEndpoint: String, Sendable, Hashable, CaseIterable {
    case `public`, business, `private`

    /// The path that clients open.
    var path: String { "/ws/v5/\(rawValue)" }

    /// The endpoint that serves the channel `name`.
    ///
    /// Candles moved to `business` in June 2023.
    init(channel name: String) {
        let channel = OKXChannel(name: name)
        if channel.isPrivate {
            self = .private
        } else if channel == .candles || channel == .allTrades || name.contains("-candle") {
            self = .business
        } else {
            self = .public
        }
    }
}
