import JSONScanning

/// A channel of Kraken's WebSocket API v2 with rows or events.
enum KrakenChannel: UInt8, Sendable, Hashable, CaseIterable {
    case trade, ticker, book, candles

    /// The venue's name.
    var name: StaticString {
        switch self {
        case .trade: "trade"
        case .ticker: "ticker"
        case .book: "book"
        case .candles: "ohlc"
        }
    }

    /// The user's word.
    var word: MarketChannel {
        switch self {
        case .trade: .trades
        case .ticker: .quotes
        case .book: .book
        case .candles: .bars
        }
    }

    init?(name: UnsafeRawBufferPointer) {
        guard let channel = Self.allCases.first(where: { name.equals($0.name) }) else { return nil }
        self = channel
    }

    init?(word: MarketChannel) {
        guard let channel = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = channel
    }

    /// What a user calls the channel of a symbol: `BTC/USD trades`.
    func subscriptionName(_ symbol: String) -> String { "\(symbol) \(word.rawValue)" }

    /// A set with one bit for each channel.
    var bit: UInt8 { 1 << rawValue }
}

/// The depths of a book that a client can ask for.
enum KrakenDepth {
    static let all = [10, 25, 100, 500, 1000]

    /// The depth of a subscription that does not state one.
    static let standard = 10

    /// The smallest depth that fits a snapshot, for recordings that do not show what was asked for.
    static func fitting(levels: Int) -> Int { all.first { $0 >= levels } ?? levels }
}
