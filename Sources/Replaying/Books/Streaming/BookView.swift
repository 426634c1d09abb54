import MarketModel
import OrderBooks

/// What a client has of one book, to find the changes that it needs if its depth is limited.
struct BookView {
    /// The lane whose book the client has; `nil` if it has none.
    var holder: Int?
    /// The levels of each side that the client has at most; `nil` for all.
    private(set) var depth: Int?
    /// What the client has of each side; only for a limited depth.
    private var shown = (bids: [BookLevel](), asks: [BookLevel]())

    /// Writes the best levels of `book` into `levels`, all of them if `depth` is `nil`.
    mutating func show(_ book: OrderBook, depth: Int?, into levels: inout [BookLevel]) {
        levels.removeAll(keepingCapacity: true)
        levels.append(contentsOf: depth.map { Array(book.bids.prefix($0)) } ?? Array(book.bids))
        let bidCount = levels.count
        levels.append(contentsOf: depth.map { Array(book.asks.prefix($0)) } ?? Array(book.asks))
        shown = ([], [])
        self.depth = depth
        guard depth != nil else { return }
        shown.bids = Array(levels[..<bidCount])
        shown.asks = Array(levels[bidCount...])
    }

    /// Writes what has changed among the best `depth` levels of `book` since the last call into `levels`.
    mutating func showChanges(of book: OrderBook, depth: Int, into levels: inout [BookLevel]) {
        levels.removeAll(keepingCapacity: true)
        Self.difference(from: &shown.bids, to: book.bids, depth, .bid, into: &levels)
        Self.difference(from: &shown.asks, to: book.asks, depth, .ask, into: &levels)
    }

    /// Forgets what the client had.
    mutating func clear() {
        holder = nil
        shown = ([], [])
    }

    /// Compares two sides level by level, best prices first.
    private static func difference(
        from old: inout [BookLevel],
        to ladder: BookLadder,
        _ depth: Int,
        _ side: BookSide,
        into levels: inout [BookLevel]
    ) {
        let start = levels.count
        var place = 0
        var count = 0
        for level in ladder.prefix(depth) {
            while place < old.count, isBetter(old[place].price, than: level.price, side) {
                levels.append(BookLevel(side: side, price: old[place].price, size: .zero))
                place += 1
            }
            if place < old.count, !isBetter(level.price, than: old[place].price, side) {
                if old[place] != level { levels.append(level) }
                place += 1
            } else {
                levels.append(level)
            }
            count += 1
        }
        for gone in old[place...] { levels.append(BookLevel(side: side, price: gone.price, size: .zero)) }
        guard levels.count > start else { return }
        old.removeAll(keepingCapacity: true)
        old.reserveCapacity(count)
        for level in ladder.prefix(depth) { old.append(level) }
    }

    @inline(__always)
    private static func isBetter(_ price: FixedDecimal, than other: FixedDecimal, _ side: BookSide) -> Bool {
        side == .bid ? other.precedes(price) : price.precedes(other)
    }
}
