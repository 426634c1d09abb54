import MarketModel

/// How one kind of message is recognised, and where its values are.
struct MessageMapping: Sendable, Hashable {
    /// What a message is.
    enum Kind: String, Sendable, Hashable, CaseIterable {
        case trade, quote, book
        case funding, mark, index
        case openInterest = "open-interest"
        case liquidation
        /// Kept as an event, without further rows.
        case event
        /// Known, and without anything to keep.
        case ignore
        /// An acknowledgement of a subscription.
        case accepted
        /// A refusal of a subscription.
        case refused
        /// A ping of the venue, which may require an answer.
        case ping
    }

    /// A value of a message, by its key in the mapping.
    enum Field: Int, Sendable, Hashable, CaseIterable {
        case symbol, price, size, side, time, sequence, id
        case bid, bidSize, ask, askSize
        case bids, asks, levels, first, last, previous
        case value, next, reason

        var key: String {
            switch self {
            case .symbol: "symbol"
            case .price: "price"
            case .size: "size"
            case .side: "side"
            case .time: "time"
            case .sequence: "sequence"
            case .id: "id"
            case .bid: "bid"
            case .bidSize: "bid_size"
            case .ask: "ask"
            case .askSize: "ask_size"
            case .bids: "bids"
            case .asks: "asks"
            case .levels: "levels"
            case .first: "first"
            case .last: "last"
            case .previous: "previous"
            case .value: "value"
            case .next: "next"
            case .reason: "reason"
            }
        }
    }

    /// How a time is written.
    enum TimeForm: Sendable, Hashable {
        case number(UnixTimeUnit)
        /// ISO 8601, in UTC unless it has an offset.
        case iso
    }

    let kind: Kind
    var conditions: [MappingCondition] = []
    /// The whole message, if it is not JSON.
    var text: String?
    var fields: [Field: MappingPath] = [:]
    /// The symbol of every message, if it is not in the messages.
    var constantSymbol: String?
    /// What surrounds the symbol in its field.
    var symbolPattern: MappingCondition.Pattern?
    var timeForm = TimeForm.number(.milliseconds)
    var buyWords = ["buy", "b", "bid"]
    var sellWords = ["sell", "s", "ask"]
    /// True if a negative size means that the seller took liquidity.
    var hasSignedSizes = false
    /// True for trades from before the subscription, which never enter bars.
    var isHistory = false
    /// The kind of the stored event.
    var name = ""
    var book = BookMapping()
    /// The answer to a ping.
    var answer: MappingTemplate?

    /// The path of this table in the mapping, for errors.
    let place: String
}

/// What a message says about an order book.
struct BookMapping: Sendable, Hashable {
    /// True if the levels are the whole book.
    var isSnapshot = true
    /// The name of the book, for symbols that have several.
    var channel = "book"
    /// Where the values of a level are, from the level.
    var price = ["0"]
    var size = ["1"]
    var side: [String]?
    var depth: Int?
    var mayCross = false
}
