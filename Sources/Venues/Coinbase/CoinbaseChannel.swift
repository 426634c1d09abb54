import JSONScanning

/// A channel of Coinbase Advanced Trade with rows or events.
enum CoinbaseChannel: UInt8, Sendable, Hashable, CaseIterable {
    case trades, ticker, book, candles

    /// The venue's name in subscriptions.
    var name: StaticString {
        switch self {
        case .trades: "market_trades"
        case .ticker: "ticker"
        case .book: "level2"
        case .candles: "candles"
        }
    }

    /// The venue's name in data, which differs for books.
    var dataName: StaticString { self == .book ? "l2_data" : name }

    /// The user's word.
    var word: MarketChannel {
        switch self {
        case .trades: .trades
        case .ticker: .quotes
        case .book: .book
        case .candles: .bars
        }
    }

    init?(name: UnsafeRawBufferPointer) {
        guard let channel = Self.allCases.first(where: { name.equals($0.name) }) else { return nil }
        self = channel
    }

    init?(dataName: UnsafeRawBufferPointer) {
        guard let channel = Self.allCases.first(where: { dataName.equals($0.dataName) }) else { return nil }
        self = channel
    }

    init?(word: MarketChannel) {
        guard let channel = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = channel
    }

    /// What a user calls the channel of a symbol: `BTC-USD trades`.
    func subscriptionName(_ symbol: String) -> String { "\(symbol) \(word.rawValue)" }

    /// A set with one bit for each channel.
    var bit: UInt8 { 1 << rawValue }
}

/// The names of Coinbase's products.
enum CoinbaseSymbol {
    /// The name in the venue's messages: products in USDC have the order book of the same product in USD.
    static func answered(_ symbol: String) -> String {
        symbol.hasSuffix("-USDC") ? String(symbol.dropLast()) : symbol
    }
}
