/// How one kind of order book is kept: where it starts, what shows a missing message, and how deep it is.
package struct BookRule: Sendable, Hashable {
    /// Where the first state of a book comes from.
    package enum Start: Sendable, Hashable {
        /// The venue sends a snapshot on the connection.
        case inBand
        /// The recorder fetches a snapshot with update ID L over HTTP. Changes that end before L + `offset` are older
        /// than the snapshot; the first that is applied must contain L + `offset`.
        case request(offset: Int64)
        /// Each message is the whole book.
        case everyMessage
    }

    /// The numbers that must continue from one change to the next.
    package enum Chain: Sendable, Hashable {
        /// No numbers, or none that must continue.
        case none
        /// The first number of a change is the last number of the message before it, plus 1.
        case following
        /// A change names the last number of the message before it.
        case previous
    }

    /// What a checksum is made of.
    package enum Checksum: Sendable, Hashable {
        case none
        /// CRC-32 of the best 10 levels: asks, then bids, each price and size without its point and leading zeros.
        case sides
        /// CRC-32 of the best 25 levels, bid and ask in turns, texts as sent, joined by colons. 0 means absent.
        case turns
    }

    package var start = Start.inBand
    package var chain = Chain.none
    package var checksum = Checksum.none
    /// Levels beyond this depth are removed after each message; `nil` if the venue removes them itself.
    package var depth: Int?
    /// True if the connection numbers all its messages, so that a hole of the connection is a hole of the book.
    package var isNumberedByConnection = false
    /// True if auctions may leave the best bid at or above the best ask.
    ///
    /// Otherwise such a book has a hole.
    package var mayCross = false

    package init() {}

    /// True if nothing that the venue sends can show a missing message.
    package var isUnverifiable: Bool { chain == .none && checksum == .none && !isNumberedByConnection }
}

/// A small number that represents an order book within one ``BookTable``.
package struct BookIndex: Hashable, Sendable {
    package let value: Int32

    package init(_ value: Int32) { self.value = value }
}

/// The order books of one connection.
///
/// One symbol may have several books, such as one of 1 level and one of 50.
package struct BookTable: Sendable {
    package struct Entry: Sendable, Hashable {
        package let symbol: SymbolIndex
        /// The venue's name for the channel, such as `depth@100ms` or `orderbook.50`.
        package let channel: String
        package var rule: BookRule
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    package subscript(book: BookIndex) -> Entry { entries[Int(book.value)] }

    /// Returns the number of the book of `symbol` on `channel`, and gives it the rule `rule`.
    ///
    /// The search is linear: keep the result, and call this only for a new book.
    package mutating func intern(_ symbol: SymbolIndex, channel: String, rule: BookRule) -> BookIndex {
        if let index = entries.firstIndex(where: { $0.symbol == symbol && $0.channel == channel }) {
            entries[index].rule = rule
            return BookIndex(Int32(index))
        }
        entries.append(Entry(symbol: symbol, channel: channel, rule: rule))
        return BookIndex(Int32(entries.count - 1))
    }
}
