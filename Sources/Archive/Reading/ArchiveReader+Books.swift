package import MarketModel

/// The stored states of order books.
extension ArchiveReader {
    /// The channels with a book of one of these instruments, sorted.
    package func bookChannels(instrumentIDs: [Int64]) throws(ArchiveError) -> [String] {
        try read { handle throws(ArchiveError) in
            guard try hasBooks(handle) else { return [] }
            var channels: Set<String> = []
            let statement = try PreparedStatement(
                "SELECT DISTINCT channel FROM book_checkpoint WHERE instrument_id = ?",
                on: handle,
                path: path
            )
            for id in instrumentIDs {
                statement.bind(1, id)
                while try statement.step() { channels.insert(statement.text(0)) }
                statement.reset()
            }
            return channels.sorted()
        }
    }

    /// The newest stored states of a book at or before `time`, the newest first, at most `limit`.
    package func bookStates(
        instrumentIDs: [Int64],
        channel: String,
        until time: UnixNanoseconds,
        limit: Int
    ) throws(ArchiveError) -> [BookCheckpointRow] {
        try read { handle throws(ArchiveError) in
            guard try hasBooks(handle) else { return [] }
            let statement = try PreparedStatement(
                """
                SELECT \(BookCheckpointRow.columns) FROM book_checkpoint
                WHERE instrument_id = ? AND channel = ? AND ts_recv <= ?
                ORDER BY ts_recv DESC, message_index DESC, item DESC LIMIT ?
                """,
                on: handle,
                path: path
            )
            var rows: [BookCheckpointRow] = []
            for id in instrumentIDs {
                statement.bind(1, id)
                statement.bind(2, channel)
                statement.bind(3, time.rawValue)
                statement.bind(4, Int64(limit))
                while try statement.step() { rows.append(BookCheckpointRow(statement)) }
                statement.reset()
            }
            rows.sort { ($1.tsRecv, $1.messageIndex, $1.item) < ($0.tsRecv, $0.messageIndex, $0.item) }
            return Array(rows.prefix(limit))
        }
    }

    /// The receive time of the first stored state at or after `time` that has a valid book.
    package func firstBookTime(
        instrumentIDs: [Int64],
        channel: String,
        from time: UnixNanoseconds
    ) throws(ArchiveError) -> UnixNanoseconds? {
        try read { handle throws(ArchiveError) in
            guard try hasBooks(handle) else { return nil }
            let statement = try PreparedStatement(
                """
                SELECT ts_recv FROM book_checkpoint
                WHERE instrument_id = ? AND channel = ? AND ts_recv >= ? AND state = 1 ORDER BY ts_recv LIMIT 1
                """,
                on: handle,
                path: path
            )
            var first: Int64?
            for id in instrumentIDs {
                statement.bind(1, id)
                statement.bind(2, channel)
                statement.bind(3, time.rawValue)
                while try statement.step() { first = min(first ?? .max, statement.integer(0)) }
                statement.reset()
            }
            return first.map(UnixNanoseconds.init)
        }
    }

    /// All stored states of all books, by instrument and channel, in the order of their messages.
    ///
    /// The books themselves are left out.
    package func bookStates() throws(ArchiveError) -> [BookCheckpointRow] {
        try read { handle throws(ArchiveError) in
            guard try hasBooks(handle) else { return [] }
            let statement = try PreparedStatement(
                """
                SELECT \(BookCheckpointRow.facts), NULL FROM book_checkpoint
                ORDER BY instrument_id, channel, ts_recv, message_index, item
                """,
                on: handle,
                path: path
            )
            var rows: [BookCheckpointRow] = []
            while try statement.step() { rows.append(BookCheckpointRow(statement)) }
            return rows
        }
    }

    /// A stored state with its book, for one of ``bookStates()``; `nil` if it has been removed since.
    package func bookState(like row: BookCheckpointRow) throws(ArchiveError) -> BookCheckpointRow? {
        let place = BookPlace(connectionID: row.connectionID, instrumentID: row.instrumentID, channel: row.channel)
        return try bookStates(
            of: place,
            "ts_recv = ? AND message_index = ? AND item = ?",
            [row.tsRecv.rawValue, row.messageIndex, row.item],
            limit: 1
        ).first
    }

    /// True if there are stored states of order books.
    package func hasBookStates() throws(ArchiveError) -> Bool {
        try read { handle throws(ArchiveError) in
            guard try hasBooks(handle) else { return false }
            let statement = try PreparedStatement("SELECT 1 FROM book_checkpoint LIMIT 1", on: handle, path: path)
            return try statement.step()
        }
    }

    /// The books with stored states: the connection, the instrument and the channel of each, sorted.
    package func bookPlaces() throws(ArchiveError) -> [BookPlace] {
        try read { handle throws(ArchiveError) in
            guard try hasBooks(handle) else { return [] }
            let statement = try PreparedStatement(
                """
                SELECT DISTINCT connection_id, instrument_id, channel FROM book_checkpoint
                ORDER BY connection_id, instrument_id, channel
                """,
                on: handle,
                path: path
            )
            var places: [BookPlace] = []
            while try statement.step() {
                places.append(
                    BookPlace(
                        connectionID: statement.integer(0),
                        instrumentID: statement.integer(1),
                        channel: statement.text(2)
                    )
                )
            }
            return places
        }
    }

    /// The newest stored states of a book before `time`, the newest first, at most `limit`.
    ///
    /// `opened` is when the connection was opened: no state is older.
    package func bookStates(
        of place: BookPlace,
        from opened: UnixNanoseconds,
        before time: UnixNanoseconds,
        limit: Int
    ) throws(ArchiveError) -> [BookCheckpointRow] {
        try bookStates(
            of: place,
            """
            ts_recv >= ? AND ts_recv < ? ORDER BY ts_recv DESC, message_index DESC, item DESC
            """,
            [opened.rawValue, time.rawValue],
            limit: limit
        )
    }

    /// The first stored states of a book from `time` on and before `end` with a valid book, in order, at most `limit`.
    package func validBookStates(
        of place: BookPlace,
        from time: UnixNanoseconds,
        before end: UnixNanoseconds,
        limit: Int
    ) throws(ArchiveError) -> [BookCheckpointRow] {
        try bookStates(
            of: place,
            "ts_recv >= ? AND ts_recv < ? AND state = 1 ORDER BY ts_recv, message_index, item",
            [time.rawValue, end.rawValue],
            limit: limit
        )
    }

    private func bookStates(
        of place: BookPlace,
        _ condition: String,
        _ parameters: [Int64],
        limit: Int
    ) throws(ArchiveError) -> [BookCheckpointRow] {
        try read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                """
                SELECT \(BookCheckpointRow.columns) FROM book_checkpoint
                WHERE instrument_id = ? AND channel = ? AND connection_id = ? AND \(condition) LIMIT \(limit)
                """,
                on: handle,
                path: path
            )
            statement.bind(1, place.instrumentID)
            statement.bind(2, place.channel)
            statement.bind(3, place.connectionID)
            for (index, value) in parameters.enumerated() { statement.bind(Int32(4 + index), value) }
            var rows: [BookCheckpointRow] = []
            while try statement.step() { rows.append(BookCheckpointRow(statement)) }
            return rows
        }
    }

    /// False for a recording of a schema before 6.
    private func hasBooks(_ handle: OpaquePointer?) throws(ArchiveError) -> Bool {
        try RowQueries.hasTable("book_checkpoint", on: handle, path: path)
    }
}

/// Where the states of an order book are stored: a connection may have several books of one instrument.
package struct BookPlace: Hashable, Sendable {
    package let connectionID: Int64
    package let instrumentID: Int64
    /// The venue's name for the channel.
    package let channel: String
}

extension BookCheckpointRow {
    /// All columns but the book itself.
    static let facts = """
        connection_id, instrument_id, channel, ts_recv, message_index, item, ts_event, state, cause, expected, found,
        is_verifiable, applied_count, resync_count, checksum_count, checksum_failure_count
        """
    static let columns = facts + ", book"

    /// Reads a row of ``columns``.
    init(_ row: PreparedStatement) {
        self.init(
            connectionID: row.integer(0),
            instrumentID: row.integer(1),
            channel: row.text(2),
            tsRecv: UnixNanoseconds(row.integer(3)),
            messageIndex: row.integer(4),
            item: row.integer(5),
            tsEvent: row.optionalInteger(6).map { UnixNanoseconds($0) },
            isValid: row.integer(7) == 1,
            cause: row.text(8),
            isVerifiable: row.integer(11) == 1
        )
        expected = row.optionalInteger(9)
        found = row.optionalInteger(10)
        counts.applied = row.integer(12)
        counts.resyncs = row.integer(13)
        counts.checksums = row.integer(14)
        counts.checksumFailures = row.integer(15)
        book = row.isNull(16) ? nil : row.bytes(16)
    }
}
