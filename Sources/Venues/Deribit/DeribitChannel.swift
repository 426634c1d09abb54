/// The parts of a channel, such as `book.BTC-PERPETUAL.100ms`.
struct DeribitChannel: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case trades
        case quote
        case ticker
        /// A book of changes; `name` is the channel without the instrument, such as `book.100ms`.
        case book(name: String)
        /// A book that is complete each time, with grouped prices; `name` is such as `book.none.10.100ms`.
        case groupedBook(name: String, depth: Int?)
        /// `name` is the channel without the instrument, such as `chart.trades.1`.
        case chart(name: String)
        case perpetual
        case index
        /// A channel whose data becomes an event.
        case event
        case portfolio
        case orders
        case fills
        case changes
        /// A channel whose messages stay raw.
        case other
    }

    let kind: Kind
    /// The instrument, or the index of `deribit_price_index`; `nil` for channels of many instruments.
    let symbol: String?
    /// True if the venue sends the channel only to clients that have logged in.
    let needsLogin: Bool
    /// True for channels of an account.
    let isPrivate: Bool

    init(_ name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        isPrivate = parts.first == "user"
        if isPrivate {
            kind = Self.account(parts)
            symbol = nil
            needsLogin = true
            return
        }
        let kind = Self.market(parts)
        self.kind = kind
        symbol = Self.symbol(parts, kind)
        needsLogin = parts.last == "raw"
    }

    private static func market(_ parts: [Substring]) -> Kind {
        switch (parts[0], parts.count) {
        // `trades.future.BTC.100ms` has the trades of many instruments.
        case ("trades", 3), ("trades", 4): .trades
        case ("quote", 2): .quote
        case ("ticker", 3): .ticker
        case ("book", 3): .book(name: "book.\(parts[2])")
        case ("book", 5): .groupedBook(name: "book.\(parts[2...].joined(separator: "."))", depth: Int(parts[3]))
        case ("chart", 4) where parts[1] == "trades": .chart(name: "chart.trades.\(parts[3])")
        case ("perpetual", 3): .perpetual
        case ("deribit_price_index", 2): .index
        case ("instrument", 4), ("platform_state", _): .event
        default: .other
        }
    }

    private static func symbol(_ parts: [Substring], _ kind: Kind) -> String? {
        let place: Int
        switch kind {
        case .trades: place = parts.count == 3 ? 1 : 0
        case .chart: place = 2
        case .quote, .ticker, .book, .groupedBook, .perpetual, .index: place = 1
        default: place = 0
        }
        return place == 0 || parts[place].isEmpty ? nil : String(parts[place])
    }

    private static func account(_ parts: [Substring]) -> Kind {
        switch parts.dropFirst().first {
        case "portfolio": .portfolio
        case "orders": .orders
        case "trades": .fills
        case "changes": .changes
        default: .other
        }
    }

    /// The channel `name`, such as `book.100ms`, of one instrument: `book.BTC-PERPETUAL.100ms`.
    static func full(_ name: String, of symbol: String) -> String {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return ([parts[0], Substring(symbol)] + parts.dropFirst()).joined(separator: ".")
    }

    /// True if messages arrive while the market is open, so that silence means something.
    ///
    /// Options and dated futures may have no trade for weeks.
    var flows: Bool {
        switch kind {
        case .quote, .ticker, .book, .groupedBook, .perpetual, .index: true
        case .trades, .chart: symbol?.hasSuffix("-PERPETUAL") ?? false
        case .event, .portfolio, .orders, .fills, .changes, .other: false
        }
    }

    /// True if messages become quotes or trades.
    var hasTicks: Bool { kind == .trades || hasQuotes }

    /// True if messages become quotes.
    var hasQuotes: Bool { kind == .quote || kind == .ticker }

    /// True if messages are an order book.
    var hasBook: Bool {
        switch kind {
        case .book, .groupedBook: true
        default: false
        }
    }
}

extension MarketChannel {
    /// The channel of Deribit for `symbol`; `nil` for words without one.
    func deribitChannel(_ symbol: String) -> String? {
        switch self {
        case .trades, .liquidations: "trades.\(symbol).100ms"
        case .quotes: "quote.\(symbol)"
        case .book: "book.\(symbol).100ms"
        case .bars: "chart.trades.\(symbol).1"
        case .funding, .mark, .openInterest: "ticker.\(symbol).100ms"
        case .account: nil
        }
    }
}
