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

    /// Writes what `changes` have changed among the best `depth` levels of `book` into `levels`.
    ///
    /// The book already has the changes, which are all since the last call.
    mutating func showChanges(
        of book: OrderBook,
        _ changes: ArraySlice<BookLevel>,
        depth: Int,
        into levels: inout [BookLevel]
    ) {
        levels.removeAll(keepingCapacity: true)
        if let span = Self.span(of: changes, .bid) {
            Self.difference(&shown.bids, book.bids, span, depth, into: &levels)
        }
        if let span = Self.span(of: changes, .ask) {
            Self.difference(&shown.asks, book.asks, span, depth, into: &levels)
        }
    }

    /// Forgets what the client had.
    mutating func clear() {
        holder = nil
        shown = ([], [])
    }

    // MARK: Differences

    /// The best and the worst price of a side among changes.
    private struct Span {
        var best: FixedDecimal
        var worst: FixedDecimal
    }

    private static func span(of changes: ArraySlice<BookLevel>, _ side: BookSide) -> Span? {
        var span: Span?
        for change in changes where change.side == side {
            guard let known = span else {
                span = Span(best: change.price, worst: change.price)
                continue
            }
            if isBetter(change.price, than: known.best, side) { span?.best = change.price }
            if isBetter(known.worst, than: change.price, side) { span?.worst = change.price }
        }
        return span
    }

    /// Compares what the client has with a side of the book, best prices first.
    ///
    /// Only the levels between the best and the worst change are compared. What follows has moved, at most.
    private static func difference(
        _ old: inout [BookLevel],
        _ ladder: BookLadder,
        _ span: Span,
        _ depth: Int,
        into levels: inout [BookLevel]
    ) {
        let side = ladder.side
        let start = count(of: old, betterThan: span.best, side)
        guard start < depth else { return }
        var place = start
        var new: [BookLevel] = []
        var rest = ladder.iterator(from: span.best)
        while start + new.count < depth, let level = rest.next(), !isBetter(span.worst, than: level.price, side) {
            while place < old.count, isBetter(old[place].price, than: level.price, side) {
                levels.append(BookLevel(side: side, price: old[place].price, size: .zero))
                place += 1
            }
            let isKnown = place < old.count && !isBetter(level.price, than: old[place].price, side)
            if !isKnown || old[place] != level { levels.append(level) }
            if isKnown { place += 1 }
            new.append(level)
        }
        while place < old.count, !isBetter(span.worst, than: old[place].price, side) {
            levels.append(BookLevel(side: side, price: old[place].price, size: .zero))
            place += 1
        }
        old.replaceSubrange(start..<place, with: new)
        fit(&old, ladder, depth, into: &levels)
    }

    /// Removes the worst levels beyond `depth`, or adds those of the book that are missing.
    private static func fit(
        _ old: inout [BookLevel],
        _ ladder: BookLadder,
        _ depth: Int,
        into levels: inout [BookLevel]
    ) {
        while old.count > depth, let gone = old.popLast() {
            levels.append(BookLevel(side: ladder.side, price: gone.price, size: .zero))
        }
        guard old.count < min(depth, ladder.count) else { return }
        var rest = old.last.map { ladder.iterator(from: $0.price) } ?? ladder.makeIterator()
        if !old.isEmpty { _ = rest.next() }
        while old.count < depth, let level = rest.next() {
            levels.append(level)
            old.append(level)
        }
    }

    /// The number of levels of a sorted side with a better price.
    private static func count(of levels: [BookLevel], betterThan price: FixedDecimal, _ side: BookSide) -> Int {
        var (low, high) = (0, levels.count)
        while low < high {
            let middle = (low + high) / 2
            if isBetter(levels[middle].price, than: price, side) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    @inline(__always)
    private static func isBetter(_ price: FixedDecimal, than other: FixedDecimal, _ side: BookSide) -> Bool {
        side == .bid ? other.precedes(price) : price.precedes(other)
    }
}
