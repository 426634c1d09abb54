package import MarketModel

/// What a message did to its book.
package struct BookOutcome: Sendable, Hashable {
    package enum Effect: Sendable, Hashable {
        /// The book is valid and this message set or changed it; also a change without levels.
        ///
        /// A requested snapshot and the buffered changes that follow it are one state. `began` is true if the book was
        /// not valid before.
        case state(began: Bool)
        /// The message is older than the book, which is unchanged.
        case stale
        /// The book is not valid, and the message does not change that.
        case waiting
        /// The book was valid until this message.
        case invalidated
        /// The message is a snapshot that cannot be used. Another one is needed.
        case refused
    }

    package var book: BookIndex
    /// The index in ``MarketEvents/bookMessages``; `nil` for the end of the connection.
    package var message: Int?
    package var effect: Effect
    /// Why the book is not valid now; `nil` if it is valid.
    package var invalidity: BookInvalidity?
    /// How the best prices stand; ``OrderBook/Spread/open`` if the book is not valid.
    package var spread = OrderBook.Spread.open

    /// True if the venue should be asked for a new snapshot because of this message.
    package var needsSnapshot: Bool {
        switch effect {
        case .refused: true
        case .invalidated: invalidity?.reason.isHole ?? false
        case .state, .stale, .waiting: false
        }
    }
}
