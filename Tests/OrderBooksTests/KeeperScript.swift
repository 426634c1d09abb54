import MarketModel
import OrderBooks
import Testing

/// Feeds one keeper with messages written as short texts.
struct KeeperScript {
    var keeper: BookKeeper

    init(_ configure: (inout BookRule) -> Void) {
        var rule = BookRule()
        configure(&rule)
        keeper = BookKeeper(rule: rule)
    }

    /// Applies a message with levels such as `b 10.5 2`, separated by commas.
    @discardableResult
    mutating func apply(
        _ kind: BookMessage.Kind,
        _ levels: String = "",
        first: Int64? = nil,
        last: Int64? = nil,
        previous: Int64? = nil,
        checksum: UInt32? = nil
    ) throws -> BookOutcome.Effect {
        var message = BookMessage(origin: EventOrigin(message: 0, item: 0), book: BookIndex(0), kind: kind)
        message.first = first
        message.last = last
        message.previous = previous
        message.checksum = checksum
        let parsed = try levels.split(separator: ",").map(Self.level)
        message.levels = 0..<parsed.count
        return keeper.apply(message, levels: parsed)
    }

    private static func level(_ text: Substring) throws -> BookLevel {
        let words = text.split(separator: " ")
        try #require(words.count == 3)
        return BookLevel(
            side: words[0] == "b" ? .bid : .ask,
            price: try #require(FixedDecimal(String(words[1]))),
            size: try #require(FixedDecimal(String(words[2])))
        )
    }

    /// The book as texts, best prices first.
    var bids: [String] { keeper.book.bids.map { "\($0.price) \($0.size)" } }
    var asks: [String] { keeper.book.asks.map { "\($0.price) \($0.size)" } }
}
