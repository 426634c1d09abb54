import JSONScanning
import MarketModel

/// The parts of a topic, such as `orderbook.50.BTCUSDT`.
struct BybitTopic: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case trades
        /// `channel` is the part before the symbol, such as `orderbook.50`.
        case book(channel: String, isBest: Bool)
        case ticker
        case bars
        case liquidations
        case wallet
        case positions
        case orders
        case executions
        /// A topic whose messages stay raw.
        case other
    }

    let kind: Kind
    /// `nil` for topics of an account, and for unknown ones without a point.
    let symbol: String?

    init(_ name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let head = parts[0]
        if let account = Self.account(head) {
            kind = account
            symbol = nil
            return
        }
        let parameterCount = head == "orderbook" || head == "kline" ? 1 : 0
        guard parts.count > 1 + parameterCount else {
            kind = .other
            symbol = nil
            return
        }
        let rest = parts[(1 + parameterCount)...].joined(separator: ".")
        symbol = rest.isEmpty ? nil : rest
        kind = rest.isEmpty ? .other : Self.market(head, parameter: parts[1])
    }

    private static func market(_ head: Substring, parameter: Substring) -> Kind {
        switch head {
        case "publicTrade": .trades
        case "orderbook": .book(channel: "orderbook.\(parameter)", isBest: parameter == "1")
        case "tickers": .ticker
        case "kline": .bars
        case "liquidation", "allLiquidation": .liquidations
        default: .other
        }
    }

    /// The topics of an account; `order.linear` is one product of `order`.
    private static func account(_ head: Substring) -> Kind? {
        switch head {
        case "wallet": .wallet
        case "position": .positions
        case "order": .orders
        case "execution": .executions
        default: nil
        }
    }

    /// True if messages arrive while the market is open, so that silence means something.
    var flows: Bool {
        switch kind {
        case .trades, .book, .ticker, .bars: true
        case .liquidations, .wallet, .positions, .orders, .executions, .other: false
        }
    }

    /// True for topics of the private endpoint.
    var isPrivate: Bool {
        switch kind {
        case .wallet, .positions, .orders, .executions: true
        case .trades, .book, .ticker, .bars, .liquidations, .other: false
        }
    }

    /// True if messages become quotes or trades.
    var hasTicks: Bool { kind == .trades || hasQuotes }

    /// True if messages become quotes.
    var hasQuotes: Bool {
        if case .book(_, isBest: true) = kind { true } else { false }
    }

    /// True if messages are an order book of more than the best prices.
    var hasDeepBook: Bool {
        if case .book(_, isBest: false) = kind { true } else { false }
    }
}

extension MarketChannel {
    /// The topic of Bybit for this channel of `symbol`; `nil` for channels without one.
    func bybitTopic(_ symbol: String) -> String? {
        switch self {
        case .trades: "publicTrade.\(symbol)"
        case .quotes: "orderbook.1.\(symbol)"
        case .book: "orderbook.50.\(symbol)"
        case .bars: "kline.1.\(symbol)"
        case .funding, .mark, .openInterest: "tickers.\(symbol)"
        case .liquidations: "allLiquidation.\(symbol)"
        case .account: nil
        }
    }
}
