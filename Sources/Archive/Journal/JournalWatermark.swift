package import MarketModel

/// How far a recording has stored the messages of a connection; stored with the blocks in one transaction.
package struct JournalWatermark: Hashable, Sendable {
    package var connectionID: Int64
    package var journalKey: UInt64
    package var position: JournalPosition
    /// True if nothing follows: the connection has ended or continues in another file.
    package var isLast: Bool

    package init(connectionID: Int64, journalKey: UInt64, position: JournalPosition, isLast: Bool = false) {
        self.connectionID = connectionID
        self.journalKey = journalKey
        self.position = position
        self.isLast = isLast
    }
}

/// A connection of a recording; the journal may hold more of its messages.
package struct JournaledConnection: Hashable, Sendable {
    package let connectionID: Int64
    package let feedID: Int64
    package let key: UInt64
    package let position: JournalPosition

    package init(connectionID: Int64, feedID: Int64, key: UInt64, position: JournalPosition) {
        self.connectionID = connectionID
        self.feedID = feedID
        self.key = key
        self.position = position
    }
}

extension JournaledConnection {
    static let query = """
        SELECT connection_id, feed_id, journal_key, journal_received, journal_sent FROM connection
        WHERE journal_key IS NOT NULL
        """

    /// Reads a row of ``query``.
    init(_ row: PreparedStatement) {
        self.init(
            connectionID: row.integer(0),
            feedID: row.integer(1),
            key: UInt64(bitPattern: row.integer(2)),
            position: JournalPosition(
                received: UInt64(clamping: row.integer(3)),
                sent: UInt64(clamping: row.integer(4))
            )
        )
    }
}
