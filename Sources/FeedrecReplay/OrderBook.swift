import MarketModel
import OrderBooks

/// The standing orders of one instrument by price, kept from the events of a tape.
///
/// ```swift
/// let tape = try ReplayTape(paths: ["./tape"], symbols: ["BTCUSDT"], books: .best(20))
/// var book = OrderBook()
/// for try await event in tape.events() {
///     if case .book(let change) = event { book.apply(change) }
///     if let bid = book.bestBid, let ask = book.bestAsk { print(bid.price, ask.price) }
/// }
/// ```
///
/// Two prices with the same value are one level, whatever their digits.
public struct OrderBook: Sendable, Equatable {
    private var book = OrderBooks.OrderBook()
    /// False before the first snapshot, and from a missing message to the next snapshot; the book is then empty.
    public private(set) var isValid = false

    /// Makes a book that waits for its first snapshot.
    public init() {}

    /// Applies the next event of this book.
    ///
    /// A change of a book that is not valid is ignored.
    public mutating func apply(_ event: BookEvent) {
        switch event.kind {
        case .snapshot:
            book.removeAll()
            isValid = true
        case .change: break
        case .invalid:
            book.removeAll()
            isValid = false
        }
        guard isValid else { return }
        for level in event.levels {
            let side: BookSide = level.side == .bid ? .bid : .ask
            book.apply(MarketModel.BookLevel(side: side, price: level.price.decimal, size: level.size.decimal))
        }
    }

    /// The level with the highest price to sell into; `nil` if there are no bids.
    public var bestBid: BookLevel? { book.bids.best.map { BookLevel($0) } }

    /// The level with the lowest price to buy from; `nil` if there are no asks.
    public var bestAsk: BookLevel? { book.asks.best.map { BookLevel($0) } }

    /// The levels to sell into, the highest price first, at most `depth` of them.
    public func bids(_ depth: Int = .max) -> [BookLevel] { levels(book.bids, depth) }

    /// The levels to buy from, the lowest price first, at most `depth` of them.
    public func asks(_ depth: Int = .max) -> [BookLevel] { levels(book.asks, depth) }

    /// The number of bids.
    public var bidCount: Int { book.bids.count }

    /// The number of asks.
    public var askCount: Int { book.asks.count }

    private func levels(_ ladder: BookLadder, _ depth: Int) -> [BookLevel] {
        ladder.prefix(max(0, depth)).map { BookLevel($0) }
    }
}

extension BookLevel {
    init(_ level: MarketModel.BookLevel) {
        self.init(side: level.side == .bid ? .bid : .ask, price: BookNumber(level.price), size: BookNumber(level.size))
    }
}
