package import MarketModel

/// The best bid and the best ask of an order book; `nil` for a side without levels.
package struct BookTop: Sendable, Hashable {
    package var bid: BookLevel?
    package var ask: BookLevel?

    /// The top of an empty book.
    package init() {}

    init(_ book: OrderBook) {
        bid = book.bids.best
        ask = book.asks.best
    }

    /// True if the prices and sizes of both are the same numbers, whatever their digits.
    package func isSame(as other: BookTop) -> Bool {
        Self.isSame(bid, other.bid) && Self.isSame(ask, other.ask)
    }

    @inline(__always)
    private static func isSame(_ one: BookLevel?, _ other: BookLevel?) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        return isSame(one.price, other.price) && isSame(one.size, other.size)
    }

    @inline(__always)
    private static func isSame(_ one: FixedDecimal, _ other: FixedDecimal) -> Bool {
        if one.digits == other.digits { return one.mantissa == other.mantissa }
        return !one.precedes(other) && !other.precedes(one)
    }
}

extension OrderBook {
    package var top: BookTop { BookTop(self) }
}

extension BookSet {
    /// The top of a book that has a keeper.
    package func top(of book: BookIndex) -> BookTop { BookTop(keepers[Int(book.value)].book) }

    /// The venue's number of the last change in a book that has a keeper.
    ///
    /// `nil` if there is none, or if only the connection's messages are numbered.
    package func sequence(of book: BookIndex) -> Int64? {
        let index = Int(book.value)
        return keepers[index].rule.isNumberedByConnection ? nil : keepers[index].last
    }
}
