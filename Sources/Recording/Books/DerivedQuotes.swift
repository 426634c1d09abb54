import MarketModel
import OrderBooks
import Venues

/// Makes quotes from the best prices of one connection's order books.
///
/// Each book is compared with its own last quote, so the same messages always give the same quotes.
struct DerivedQuotes: Sendable {
    private struct Place: Sendable {
        /// False for a symbol whose books give no quotes.
        let isWanted: Bool
        /// The best prices of the last quote.
        var top = BookTop()
    }

    private let symbols: SymbolSelection
    /// False if no book gives quotes; then there is no need to call anything else.
    let isOn: Bool
    /// By ``BookIndex``.
    private var places: [Place] = []
    /// True if the message that was noted last gives a quote.
    private var hasNew = false
    /// The key of the last quote.
    private var last: (message: Int64, item: Int64, symbol: SymbolIndex)?

    /// Makes quotes from the books of `symbols`.
    init(of symbols: SymbolSelection) {
        self.symbols = symbols
        isOn = symbols != .none
    }

    /// Notes what a message did to its book; ``quote(after:_:in:_:stated:)`` returns the quote.
    ///
    /// The first state after an absence gives a quote in any case, because a reader that begins with a stored state
    /// does not know the quotes before it.
    mutating func note(_ outcome: BookOutcome, in set: BookSet, _ table: BookTable, _ names: SymbolTable) {
        hasNew = false
        switch outcome.effect {
        case .state: hasNew = noteTop(of: outcome.book, in: set, table, names)
        case .invalidated: forget(Int(outcome.book.value))
        case .stale, .waiting, .refused: break
        }
    }

    /// Begins with a stored state of a book, whose best prices have been a quote.
    mutating func begin(_ book: BookIndex, in set: BookSet, _ table: BookTable, _ names: SymbolTable) {
        hasNew = false
        _ = noteTop(of: book, in: set, table, names)
    }

    /// The quote because of `message`, which has just been noted; only the first call returns it.
    ///
    /// - Returns: `nil` if the best prices and sizes are the same as before, or if `stated`, the quotes of the venue,
    ///   has a quote of the same part of the message.
    mutating func quote(
        after message: BookMessage,
        _ position: RowPosition,
        in set: BookSet,
        _ table: BookTable,
        stated: [Quote]
    ) -> Quote? {
        guard hasNew else { return nil }
        hasNew = false
        let symbol = table[message.book].symbol
        // One answer of the venue may begin several books of a symbol.
        if let last, last == (position.messageIndex, position.item, symbol) { return nil }
        guard !Self.contains(stated, message.origin, symbol) else { return nil }
        last = (position.messageIndex, position.item, symbol)
        let top = places[Int(message.book.value)].top
        var quote = Quote(
            origin: message.origin,
            symbol: symbol,
            tsEvent: message.tsEvent.flatMap {
                EventTimeRule.canBeRight($0, receivedAt: position.tsRecv) ? $0 : nil
            },
            bidPrice: top.bid?.price,
            bidSize: top.bid?.size,
            askPrice: top.ask?.price,
            askSize: top.ask?.size,
            sequence: set.sequence(of: message.book)
        )
        quote.isDerived = true
        return quote
    }

    /// Notes the best prices of a book; returns true if the book gives quotes and they have changed.
    private mutating func noteTop(
        of book: BookIndex,
        in set: BookSet,
        _ table: BookTable,
        _ names: SymbolTable
    ) -> Bool {
        let index = Int(book.value)
        while places.count <= index {
            let symbol = names.text(of: table.entries[places.count].symbol)
            places.append(Place(isWanted: symbols.contains(symbol)))
        }
        guard places[index].isWanted else { return false }
        let top = set.top(of: book)
        guard !top.isSame(as: places[index].top) else { return false }
        places[index].top = top
        return true
    }

    /// Makes the next state of a book give a quote in any case.
    mutating func forget(_ book: Int) {
        guard places.indices.contains(book) else { return }
        places[book].top = BookTop()
    }

    /// True if `quotes`, which are in order of their messages, has one of `symbol` at `origin`.
    private static func contains(_ quotes: [Quote], _ origin: EventOrigin, _ symbol: SymbolIndex) -> Bool {
        var (low, high) = (0, quotes.count)
        while low < high {
            let middle = (low + high) / 2
            if quotes[middle].origin.message < origin.message { low = middle + 1 } else { high = middle }
        }
        while low < quotes.count, quotes[low].origin.message == origin.message {
            if quotes[low].origin == origin, quotes[low].symbol == symbol { return true }
            low += 1
        }
        return false
    }
}
