package import MarketModel
package import OrderBooks

/// The order book of a symbol at an instant, as a recording has it.
package struct RecordedBook: Sendable {
    package let venue: String
    package let symbol: String
    /// The venue's name for the channel.
    package let channel: String
    package let book: OrderBook
    /// The receive time of the last message in the book.
    package let tsRecv: UnixNanoseconds
    /// The venue's time of that message; `nil` if it sends none.
    package let tsEvent: UnixNanoseconds?
    /// The venue's number of the last change in the book, which the next change continues; `nil` if it sends none.
    package let number: Int64?
    /// The number of that message in its recording.
    package let messageIndex: Int64
    /// False if nothing that the venue sends can show a missing message.
    package let isVerifiable: Bool
    /// The recording's path.
    package let file: String

    package var levelCount: Int { book.bids.count + book.asks.count }
}

/// Why there is no right book at an instant.
package struct BookAbsence: Error, Sendable {
    /// A clause for people, such as `a message is missing`.
    package let reason: String
    /// When the book was last valid before the instant; `nil` if it never was.
    package var lastValid: UnixNanoseconds?

    package init(reason: String, lastValid: UnixNanoseconds? = nil) {
        self.reason = reason
        self.lastValid = lastValid
    }
}
