package import JournalFormat
package import MarketModel

/// Finishes what a killed process left unfinished.
extension ArchiveWriter {
    /// The connections with a journal key.
    package func journaledConnections() async throws(ArchiveError) -> [JournaledConnection] {
        try await rows(JournaledConnection.query) { JournaledConnection($0) }
    }

    /// The first stored block of a connection and its last ones, in total about `payloadBytesMax` of payload, in order.
    ///
    /// A dialect must read these before it can continue in the middle of a connection.
    package func contextBlocks(
        connectionID: Int64,
        payloadBytesMax: Int64
    ) async throws(ArchiveError) -> [DecodedBlock] {
        let blocks = try await rows(
            """
            WITH numbered AS (
                SELECT *, row_number() OVER (ORDER BY first_message_index) AS number,
                    sum(payload_bytes) OVER (ORDER BY first_message_index DESC) AS bytes_behind
                FROM message_block WHERE connection_id = ?1)
            SELECT \(StoredBlock.columns) FROM numbered WHERE number = 1 OR bytes_behind - payload_bytes < ?2
            ORDER BY first_message_index
            """,
            [connectionID, payloadBytesMax]
        ) { StoredBlock($0) }
        let decoder = BlockDecoder()
        var decoded: [DecodedBlock] = []
        for block in blocks { decoded.append(try block.decoded(by: decoder, path: path)) }
        return decoded
    }

    /// The time of the last stored message of a feed; `nil` if it has none.
    package func lastMessageTime(feedID: Int64) async throws(ArchiveError) -> UnixNanoseconds? {
        try await rows(
            """
            SELECT max(b.ts_last) FROM connection c JOIN message_block b ON b.connection_id = c.connection_id
            WHERE c.feed_id = ?
            """,
            [feedID]
        ) { $0.optionalInteger(0).map { UnixNanoseconds($0) } }.first ?? nil
    }

    /// The open gaps of a feed, including those of feeds with the same name and venue in earlier sessions; of all feeds
    /// if `nil`.
    package func openGaps(feedID: Int64? = nil) async throws(ArchiveError) -> [GapRow] {
        try await rows(
            """
            SELECT gap_id, session_id, feed_id, connection_id, instrument_id, ts_from, cause, detail
            FROM gap WHERE ts_to IS NULL AND (?1 IS NULL OR feed_id IN (SELECT other.feed_id FROM feed other JOIN feed one
                ON one.name = other.name AND one.venue = other.venue WHERE one.feed_id = ?1))
            ORDER BY gap_id
            """,
            [feedID]
        ) {
            GapRow(
                gapID: $0.integer(0),
                sessionID: $0.integer(1),
                feedID: $0.optionalInteger(2),
                connectionID: $0.optionalInteger(3),
                instrumentID: $0.optionalInteger(4),
                tsFrom: UnixNanoseconds($0.integer(5)),
                cause: $0.text(6),
                detail: $0.optionalText(7)
            )
        }
    }

    /// The id of the session that a feed belongs to.
    package func sessionID(ofFeed feedID: Int64) async throws(ArchiveError) -> Int64 {
        let ids = try await rows("SELECT session_id FROM feed WHERE feed_id = ?", [feedID]) { $0.integer(0) }
        guard let id = ids.first else {
            throw ArchiveError(
                code: .corrupted,
                path: path,
                detail: "'\(path)' has no feed \(feedID), to which the journal refers"
            )
        }
        return id
    }

    /// Reopens a session that has ended, so that ``endKilledSessions(opensGaps:)`` ends it again.
    package func reopenSession(_ sessionID: Int64) async throws(ArchiveError) {
        _ = try await perform { connection throws(ArchiveError) in
            try connection.run(
                """
                UPDATE session SET ts_end = NULL, end_cause = NULL, messages_received = NULL, messages_sent = NULL,
                    quote_count = NULL, trade_count = NULL, margin_update_count = NULL, bar_count = NULL,
                    event_count = NULL, oddity_count = NULL, gap_count = NULL
                WHERE session_id = ? AND ts_end IS NOT NULL
                """
            ) { $0.bind(1, sessionID) }
        }
    }

    /// Ends the sessions of killed recorders in one transaction, and returns their number.
    ///
    /// The caller holds the archive's lock, so no session can be running. The connections end with their last message,
    /// and a gap for each recorded feed stays open from there; see ``KilledFeeds``.
    ///
    /// If `opensGaps` is false, the feeds continue, and nothing is missing from there on.
    package func endKilledSessions(opensGaps: Bool = true) async throws(ArchiveError) -> Int {
        try await perform { connection throws(ArchiveError) in
            if opensGaps { try KilledFeeds(connection).declare() }
            return Int(try connection.endKilled(.record))
        }
    }

    /// Removes all journal keys: the journal has nothing more of these connections, and continued ones get new rows.
    package func forgetJournalKeys() async throws(ArchiveError) {
        _ = try await perform { connection throws(ArchiveError) in
            try connection.run("UPDATE connection SET journal_key = NULL") { _ in }
        }
    }

    /// Reads a few rows on the writer's connection.
    private func rows<Row: Sendable>(
        _ sql: String,
        _ parameters: [Int64?] = [],
        _ row: @escaping @Sendable (PreparedStatement) -> Row
    ) async throws(ArchiveError) -> [Row] {
        try await perform { connection throws(ArchiveError) in
            let statement = try PreparedStatement(sql, on: connection.handle, path: connection.path)
            for (index, parameter) in parameters.enumerated() { statement.bind(Int32(index + 1), parameter) }
            var rows: [Row] = []
            while try statement.step() { rows.append(row(statement)) }
            return rows
        }
    }
}
