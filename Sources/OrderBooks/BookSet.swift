package import MarketModel

/// The books of one connection, kept from the events of its dialect.
package struct BookSet: Sendable {
    /// By ``BookIndex``; grows with the dialect's table.
    package private(set) var keepers: [BookKeeper] = []

    package init() {}

    /// The book with this index; `nil` if no message has come for it.
    package subscript(book: BookIndex) -> BookKeeper? {
        keepers.indices.contains(Int(book.value)) ? keepers[Int(book.value)] : nil
    }

    /// Applies the messages of a batch in their order, and appends one outcome for each.
    ///
    /// A caller that needs the book after each message uses ``apply(messageAt:of:books:)``.
    package mutating func apply(_ events: MarketEvents, books: BookTable, outcomes: inout [BookOutcome]) {
        for index in events.bookMessages.indices {
            if let outcome = apply(messageAt: index, of: events, books: books) { outcomes.append(outcome) }
        }
    }

    /// Applies one message of a batch.
    ///
    /// - Returns: `nil` if the message's book is not in the table.
    package mutating func apply(messageAt index: Int, of events: MarketEvents, books: BookTable) -> BookOutcome? {
        let message = events.bookMessages[index]
        let book = Int(message.book.value)
        guard prepare(book, books) else { return nil }
        let effect = keepers[book].apply(message, levels: events.bookLevels)
        return outcome(effect, of: book, message: index)
    }

    /// Ends all books with their connection, and appends an outcome for each that was valid.
    ///
    /// The set can be used for the next connection if its dialect has the same table.
    package mutating func disconnect(outcomes: inout [BookOutcome]) {
        for book in keepers.indices {
            let effect = keepers[book].disconnect()
            if effect == .invalidated { outcomes.append(outcome(effect, of: book, message: nil)) }
        }
    }

    /// Continues a book from a stored state, and counts on from `counts`; returns false if the book is not in the
    /// table.
    package mutating func restore(
        _ checkpoint: BookCheckpoint,
        _ counts: BookCounts = BookCounts(),
        of book: BookIndex,
        books: BookTable
    ) -> Bool {
        guard prepare(Int(book.value), books) else { return false }
        keepers[Int(book.value)].restore(checkpoint)
        keepers[Int(book.value)].counts = counts
        return true
    }

    /// Makes sure that a keeper with the current rule exists; false if the table has no such book.
    private mutating func prepare(_ book: Int, _ books: BookTable) -> Bool {
        guard books.entries.indices.contains(book) else { return false }
        while keepers.count <= book { keepers.append(BookKeeper(rule: books.entries[keepers.count].rule)) }
        if keepers[book].rule != books.entries[book].rule { keepers[book].rule = books.entries[book].rule }
        return true
    }

    private func outcome(_ effect: BookOutcome.Effect, of book: Int, message: Int?) -> BookOutcome {
        BookOutcome(
            book: BookIndex(Int32(truncatingIfNeeded: book)),
            message: message,
            effect: effect,
            invalidity: keepers[book].invalidity,
            spread: keepers[book].spread
        )
    }
}
