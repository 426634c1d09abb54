package import MarketModel

/// Keeps one order book by its rule: it applies messages, and knows whether the book is right.
///
/// The book is valid from a snapshot on until a message is missing or wrong. Nothing is ever applied across a hole; a
/// book that is not valid is empty. The keeper does no I/O and asks for nothing: the caller requests snapshots.
package struct BookKeeper: Sendable {
    /// Old messages in a row that are tolerated.
    ///
    /// After more, the venue has probably restarted its numbers, and the book
    /// would stand still.
    static let staleRunMax = 16

    package var rule: BookRule
    package internal(set) var book = OrderBook()
    /// Why the book is not valid; `nil` if it is valid.
    package internal(set) var invalidity: BookInvalidity? = BookInvalidity(.noSnapshot)
    package internal(set) var counts = BookCounts()

    /// The venue's last number of what is in the book.
    package internal(set) var last: Int64?
    /// After a requested snapshot, the number that the first change must contain.
    var awaited: Int64?
    /// The venue's last number of the message before this one, whether it was applied or not.
    var received: Int64?
    /// True if the latest message in the book had a checksum.
    var hasChecksum = false
    /// Old messages since the last one that was applied.
    var staleRun = 0
    /// Changes that wait for a requested snapshot.
    var waiting = ChangeBuffer()

    package init(rule: BookRule) {
        self.rule = rule
    }

    package var isValid: Bool { invalidity == nil }

    /// True if nothing that the venue sends for this book can show a missing message.
    package var isUnverifiable: Bool {
        if rule.isUnverifiable { return true }
        return isValid && last == nil && !hasChecksum && !rule.isNumberedByConnection
    }

    /// Applies a message, whose range of levels refers to `levels`.
    ///
    /// - Returns: What happened. The reason is in ``invalidity``.
    package mutating func apply(_ message: BookMessage, levels: [BookLevel]) -> BookOutcome.Effect {
        switch message.kind {
        case .snapshot: return applySnapshot(message, levels: levels)
        case .change: return applyChange(message, levels: levels)
        case .ended: return end(.unsubscribed)
        case .connectionHole:
            counts.chainBreaks += 1
            let expected = message.previous.map { $0 &+ 1 }
            return fail(BookInvalidity(.connectionHole, expected: expected, found: message.first ?? message.last))
        case .unreadable:
            received = nil
            return fail(BookInvalidity(.unreadable))
        }
    }

    /// Ends the book with its connection.
    package mutating func disconnect() -> BookOutcome.Effect { end(.disconnected) }

    /// The checksum of the book by its rule; `nil` if the last message in it had none.
    package var checksumOfBook: UInt32? {
        isValid && hasChecksum ? BookChecksum.value(of: book, rule: rule.checksum) : nil
    }

    /// How the best prices stand; always open if the book is not valid.
    package var spread: OrderBook.Spread { isValid ? book.spread : .open }
}

extension BookKeeper {
    /// Ends validity because a message is missing or wrong.
    ///
    /// The first reason stays until the book is valid again.
    mutating func fail(_ reason: BookInvalidity) -> BookOutcome.Effect {
        waiting.removeAll()
        guard isValid else { return .waiting }
        counts.holes += 1
        forget(reason)
        return .invalidated
    }

    /// Ends validity, although nothing is missing.
    private mutating func end(_ reason: BookInvalidity.Reason) -> BookOutcome.Effect {
        waiting.release()
        received = nil
        guard isValid else {
            if let invalidity, !invalidity.reason.isHole { self.invalidity = BookInvalidity(reason) }
            return .waiting
        }
        forget(BookInvalidity(reason))
        return .invalidated
    }

    /// Empties the book, which is not valid any more.
    mutating func forget(_ reason: BookInvalidity) {
        invalidity = reason
        book.removeAll()
        last = nil
        awaited = nil
        hasChecksum = false
        staleRun = 0
    }

    /// Completes a message whose levels are in the book: cuts it to its depth and checks it.
    ///
    /// - Returns: The failure, or `nil` if the book is right.
    mutating func finish(checksum expected: UInt32?) -> BookInvalidity? {
        if let depth = rule.depth { book.cut(to: depth) }
        if let failure = verify(expected) { return failure }
        let spread = book.spread
        if spread == .locked { counts.locked += 1 }
        if spread == .crossed { counts.crossed += 1 }
        if spread != .open, !rule.mayCross { return BookInvalidity(.crossed) }
        counts.bidsMax = max(counts.bidsMax, book.bids.count)
        counts.asksMax = max(counts.asksMax, book.asks.count)
        return nil
    }

    private mutating func verify(_ expected: UInt32?) -> BookInvalidity? {
        hasChecksum = false
        guard let expected, rule.checksum != .none else { return nil }
        if expected == 0, rule.checksum == .turns {
            counts.checksumsZero += 1
            return nil
        }
        guard let actual = BookChecksum.value(of: book, rule: rule.checksum), actual != expected else {
            counts.checksumsRight += 1
            hasChecksum = true
            return nil
        }
        counts.checksumsWrong += 1
        return BookInvalidity(.checksum, expected: Int64(actual), found: Int64(expected))
    }
}
