package import MarketModel

/// The standing orders of one instrument by price: absolute sizes, best prices first.
///
/// A level is a numeric price, so `61.7` and `61.70` are one level, with the digits of the latest text. The book is a
/// value and allocates only when it becomes larger than it ever was.
package struct OrderBook: Sendable, Equatable {
    package internal(set) var bids = BookLadder(side: .bid)
    package internal(set) var asks = BookLadder(side: .ask)

    package init() {}

    package var isEmpty: Bool { bids.isEmpty && asks.isEmpty }

    package subscript(side: BookSide) -> BookLadder { side == .bid ? bids : asks }

    /// Sets the size at a price, or removes the price if the size is 0.
    ///
    /// The digits of the latest price and size are kept. Takes O(log n).
    @discardableResult
    package mutating func apply(_ level: BookLevel) -> BookLadder.Effect {
        switch level.side {
        case .bid: bids.apply(price: level.price, size: level.size)
        case .ask: asks.apply(price: level.price, size: level.size)
        }
    }

    /// Replaces the whole book; levels with size 0 are left out, and the last of several entries for a price wins.
    package mutating func replace(with levels: some Sequence<BookLevel>) {
        removeAll()
        for level in levels { apply(level) }
    }

    /// Removes all levels and keeps the memory.
    package mutating func removeAll() {
        bids.removeAll()
        asks.removeAll()
    }

    /// Removes the worst levels of each side until at most `depth` are left.
    package mutating func cut(to depth: Int) {
        bids.cut(to: depth)
        asks.cut(to: depth)
    }

    /// How the best prices stand to each other.
    package enum Spread: UInt8, Sendable, Hashable {
        /// The best bid is below the best ask, or a side is empty.
        case open
        /// The best bid equals the best ask.
        case locked
        /// The best bid is above the best ask.
        case crossed
    }

    package var spread: Spread {
        guard let bid = bids.best?.price, let ask = asks.best?.price, !bid.precedes(ask) else { return .open }
        return ask.precedes(bid) ? .crossed : .locked
    }
}
