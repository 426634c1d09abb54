package import MarketModel

/// What a client of a tape gets of a book: the whole book, a change, or the end of its validity.
package struct BookUpdate: Sendable {
    package enum Kind: Sendable, Hashable {
        /// The levels are the whole book, best prices first.
        case snapshot
        /// The levels replace or remove single prices.
        case change
        /// The book is not right; there are no levels.
        case invalid(Cause)
    }

    /// Why a book is not right.
    package struct Cause: Sendable, Hashable {
        /// A word, such as `sequence`, `checksum` or `disconnected`.
        package var word: String
        /// An explanation for people.
        package var detail: String?
        /// The two numbers that differ.
        package var expected: Int64?
        package var found: Int64?
    }

    package internal(set) var kind = Kind.snapshot
    /// The book's number on the tape.
    package internal(set) var subject = 0
    /// When the last message in the book was received, or when it stopped being right.
    package internal(set) var tsRecv = UnixNanoseconds(0)
    /// The venue's time of that message; `nil` if it sends none.
    package internal(set) var tsEvent: UnixNanoseconds?
    /// The venue's number of the last change in the book.
    package internal(set) var sequence: Int64?
    /// The number of the message in its recording; `nil` if no message is the cause.
    package internal(set) var messageIndex: Int64?
    /// False if a missing message could not be noticed.
    package internal(set) var isVerifiable = true
    package internal(set) var levels: [BookLevel] = []
}
