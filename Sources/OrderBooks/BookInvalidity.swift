/// Why a book is not valid, with the numbers that do not fit.
package struct BookInvalidity: Sendable, Hashable {
    /// The raw values are the words for logs and tables.
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        /// No snapshot has come yet.
        case noSnapshot = "no_snapshot"
        /// A message is missing between the requested snapshot and the first change after it.
        case oldSnapshot = "old_snapshot"
        /// The venue's numbers do not continue.
        case sequence
        /// The venue's checksum is not that of the book.
        case checksum
        /// The best bid is not below the best ask after a complete message.
        case crossed
        /// The connection has lost a message of unknown content.
        case connectionHole = "connection_hole"
        /// A message of this book cannot be read.
        case unreadable
        /// The venue has stopped sending the book, as asked.
        case unsubscribed
        /// The connection has ended.
        case disconnected

        /// True if a message is missing or wrong, so that only a new snapshot helps.
        package var isHole: Bool {
            switch self {
            case .sequence, .checksum, .crossed, .connectionHole, .unreadable, .oldSnapshot: true
            case .noSnapshot, .unsubscribed, .disconnected: false
            }
        }
    }

    package var reason: Reason
    /// The venue's number that should have come, or the checksum of the book; `nil` if the reason has none.
    package var expected: Int64?
    /// The venue's number or checksum that came instead.
    package var found: Int64?

    package init(_ reason: Reason, expected: Int64? = nil, found: Int64? = nil) {
        self.reason = reason
        self.expected = expected
        self.found = found
    }
}

extension BookInvalidity.Reason {
    /// A clause for people.
    package var words: String {
        switch self {
        case .noSnapshot: "no snapshot"
        case .oldSnapshot: "the snapshot is too old"
        case .sequence: "a message is missing"
        case .checksum: "the checksum differs"
        case .crossed: "the best bid is not below the best ask"
        case .connectionHole: "the connection lost a message"
        case .unreadable: "a message cannot be read"
        case .unsubscribed: "unsubscribed"
        case .disconnected: "disconnected"
        }
    }
}
