package import MarketModel

/// One side of an order book: its levels from the best price to the worst, each price once.
///
/// The levels lie in chunks of at most 64, so that a change moves at most one chunk and costs about the same near the
/// best price and deep in the book. The memory of removed levels is reused.
package struct BookLadder: Sendable {
    /// A run of neighbouring levels, never empty.
    struct Chunk: Sendable {
        /// The index of the first level in ``BookLadder/storage``.
        var start: Int
        var count: Int
    }

    /// The levels that a chunk has room for.
    static let chunkCapacity = 64

    package let side: BookSide
    /// `side` as a flag: comparing values of an enum from another module is slow.
    let areBids: Bool
    /// The number of levels.
    package internal(set) var count = 0
    /// Best prices first.
    var chunks: [Chunk] = []
    var storage: [PackedLevel] = []
    /// Starts of unused chunks in ``storage``.
    var freeStarts: [Int] = []

    package init(side: BookSide) {
        self.side = side
        areBids = side == .bid
    }

    package var isEmpty: Bool { count == 0 }

    /// The level with the best price.
    package var best: BookLevel? {
        guard let chunk = chunks.first else { return nil }
        return storage[chunk.start].level(on: side)
    }

    /// The size at `price`, whatever its digits; `nil` if the book has no such level.
    package func size(at price: FixedDecimal) -> FixedDecimal? {
        let place = place(of: PackedLevel(price: price, size: .zero))
        return place.isFound ? storage[chunks[place.chunk].start + place.offset].size : nil
    }
}

extension BookLadder {
    /// Where a price is, or where it would be inserted.
    struct Place {
        var chunk: Int
        var offset: Int
        var isFound: Bool
    }

    /// Searches the last chunk that starts with `level` or a better price, then inside it.
    ///
    /// Most changes lie near the best price, so the first chunk is tried before the others.
    func place(of level: PackedLevel) -> Place {
        guard !chunks.isEmpty else { return Place(chunk: 0, offset: 0, isFound: false) }
        var index = 0
        if chunks.count > 1, !level.isBetter(than: storage[chunks[1].start], areBids: areBids) {
            index = chunkIndex(of: level)
        }
        let chunk = chunks[index]
        let offset = offset(of: level, in: chunk)
        let isFound =
            offset < chunk.count && !level.isBetter(than: storage[chunk.start + offset], areBids: areBids)
        return Place(chunk: index, offset: offset, isFound: isFound)
    }

    /// The last chunk that starts with `level` or a better price, from the second on.
    private func chunkIndex(of level: PackedLevel) -> Int {
        var low = 1
        var high = chunks.count
        while high - low > 1 {
            let middle = (low + high) / 2
            let isBefore = level.isBetter(than: storage[chunks[middle].start], areBids: areBids)
            high = isBefore ? middle : high
            low = isBefore ? low : middle
        }
        return low
    }

    /// The number of levels in `chunk` with a better price than `level`.
    ///
    /// Without branches that depend on the prices, which the processor cannot predict.
    private func offset(of level: PackedLevel, in chunk: Chunk) -> Int {
        var low = chunk.start
        var count = chunk.count
        while count > 0 {
            let half = count / 2
            let isLater = storage[low + half].isBetter(than: level, areBids: areBids)
            low = isLater ? low + half + 1 : low
            count = isLater ? count - half - 1 : half
        }
        return low - chunk.start
    }
}

extension BookLadder: Sequence {
    /// Returns the levels from the best price to the worst.
    package struct Iterator: IteratorProtocol {
        private let ladder: BookLadder
        private var chunk: Int
        private var offset: Int

        init(_ ladder: BookLadder, chunk: Int = 0, offset: Int = 0) {
            self.ladder = ladder
            self.chunk = chunk
            self.offset = offset
            guard chunk < ladder.chunks.count, offset == ladder.chunks[chunk].count else { return }
            self.chunk += 1
            self.offset = 0
        }

        package mutating func next() -> BookLevel? {
            guard chunk < ladder.chunks.count else { return nil }
            let current = ladder.chunks[chunk]
            let level = ladder.storage[current.start + offset].level(on: ladder.side)
            offset += 1
            if offset == current.count {
                chunk += 1
                offset = 0
            }
            return level
        }
    }

    package func makeIterator() -> Iterator { Iterator(self) }

    /// Iterates from `price` on, or from the next worse price if the book has no such level.
    package func iterator(from price: FixedDecimal) -> Iterator {
        let place = place(of: PackedLevel(price: price, size: .zero))
        return Iterator(self, chunk: place.chunk, offset: place.offset)
    }

    package var underestimatedCount: Int { count }
}

extension BookLadder: Equatable {
    /// True if both have the same prices and sizes with the same digits.
    package static func == (left: BookLadder, right: BookLadder) -> Bool {
        left.side == right.side && left.count == right.count && left.elementsEqual(right)
    }
}
