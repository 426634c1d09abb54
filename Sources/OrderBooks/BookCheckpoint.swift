import MarketModel

/// The stored state of one book: its levels, the numbers that must continue, and the changes that wait.
///
/// A keeper that continues from it does what the keeper does that it was taken from. Counts are not part of it.
package struct BookCheckpoint: Sendable, Equatable {
    /// `nil` if the book is valid.
    package internal(set) var invalidity: BookInvalidity?
    package internal(set) var book = OrderBook()
    /// The venue's last number of what is in the book.
    package internal(set) var last: Int64?
    var awaited: Int64?
    var received: Int64?
    var hasChecksum = false
    var staleRun = 0
    var waiting = ChangeBuffer()

    /// The state of a book that its next message replaces.
    package init() {}
}

extension BookKeeper {
    /// The state from which another keeper can continue.
    package var checkpoint: BookCheckpoint {
        var checkpoint = BookCheckpoint()
        checkpoint.invalidity = invalidity
        checkpoint.book = book
        checkpoint.last = last
        checkpoint.awaited = awaited
        checkpoint.received = received
        checkpoint.hasChecksum = hasChecksum
        checkpoint.staleRun = staleRun
        checkpoint.waiting = waiting
        return checkpoint
    }

    /// Continues from `checkpoint`; the rule and the counts stay.
    package mutating func restore(_ checkpoint: BookCheckpoint) {
        invalidity = checkpoint.invalidity
        book = checkpoint.book
        last = checkpoint.last
        awaited = checkpoint.awaited
        received = checkpoint.received
        hasChecksum = checkpoint.hasChecksum
        staleRun = checkpoint.staleRun
        waiting = checkpoint.waiting
    }
}
